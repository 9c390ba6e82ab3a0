"""Tokens: signed statements (JWT, RFC 7519) of an application's own backend about who its client is."""
