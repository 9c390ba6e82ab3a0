"""A key server's old key and its new one, and what they sign."""

from __future__ import annotations

from hubbub.sessions.tokens import TokenSettings, Verifier
from tests.sessions.tokens.issuer import believing, ec_key, jwk, rsa_key, token
from tests.sessions.tokens.key_server import KeyHouse

OLD, NEW = jwk(rsa_key(), "old"), jwk(ec_key(), "new")
BY_OLD = token({"sub": "ann"}, rsa_key(), "RS256", {"kid": "old"})
BY_NEW = token({"sub": "bob"}, ec_key(), "ES256", {"kid": "new"})
BY_NOBODY = token({"sub": "eve"}, rsa_key(1), "RS256", {"kid": "unknown"})


def settings(house: KeyHouse, **more: object) -> TokenSettings:
    return believing(jwks_url=house.url, jwks_cache_s=600, jwks_interval_s=5, **more)


async def user(known: Verifier, text: str) -> str:
    return (await known.connection(text)).grant.user
