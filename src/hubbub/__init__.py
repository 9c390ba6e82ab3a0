"""Hubbub, a realtime messaging server: every client, one hub."""
