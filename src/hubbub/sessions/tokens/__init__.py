"""Tokens: signed statements (JWT, RFC 7519) of an application's own backend about who its client is."""

from hubbub.sessions.tokens.claims import ConnectionClaims, SubscriptionClaims
from hubbub.sessions.tokens.settings import TokenSettings
from hubbub.sessions.tokens.verifier import Verifier

__all__ = ["ConnectionClaims", "SubscriptionClaims", "TokenSettings", "Verifier"]
