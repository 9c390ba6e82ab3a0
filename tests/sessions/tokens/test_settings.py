from __future__ import annotations

import pytest

from hubbub.sessions.tokens import TokenSettings
from tests.sessions.tokens.issuer import believing


@pytest.mark.parametrize(
    "name",
    [
        "hmac_secret",
        "hmac_previous_secret",
        "rsa_public_key",
        "ecdsa_public_key",
        "eddsa_public_key",
        "jwks_url",
    ],
)
def test_any_key_makes_tokens_believed_and_none_shows(name: str) -> None:
    settings = believing(**{name: "hush"})
    assert settings.configured
    assert "hush" not in repr(settings)


def test_without_keys_none_are() -> None:
    assert not TokenSettings().configured
    assert not believing(audience="a", issuer="b", hmac_previous_until=7).configured
