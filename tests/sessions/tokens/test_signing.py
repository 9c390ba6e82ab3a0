from __future__ import annotations

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from hubbub.sessions.tokens.keys import UnfitKey
from hubbub.sessions.tokens.signing import key_signer, secret_signer
from tests.sessions.tokens.issuer import (
    SECRET,
    PrivateKey,
    ec_key,
    eddsa_key,
    private_pem,
    public_pem,
    rsa_key,
)

CLAIMS = {"sub": "张", "n": [1, None]}


def read(text: str, key: str, algorithm: str) -> dict[str, Any]:
    opened = jwt.decode_complete(text, key, [algorithm], {"enforce_minimum_key_length": True})
    assert opened["payload"] == CLAIMS
    header: dict[str, Any] = opened["header"]
    return header


def test_a_shared_secret() -> None:
    text = secret_signer(SECRET).token(CLAIMS)
    assert read(text, SECRET, "HS256") == {"alg": "HS256", "typ": "JWT"}


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa_key(), "RS256"),
        (ec_key(), "ES256"),
        (ec_key(ec.SECP384R1), "ES384"),
        (ec_key(ec.SECP521R1), "ES512"),
        (eddsa_key(), "EdDSA"),
    ],
)
def test_private_keys(key: PrivateKey, algorithm: str) -> None:
    text = key_signer(private_pem(key)).token(CLAIMS, "k1")
    header = {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    assert read(text, public_pem(key), algorithm) == header


LOCKED = ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw"))


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        ("", "is not a private key in PEM form"),
        (public_pem(ec_key()), "is not a private key in PEM form"),
        (LOCKED.decode(), "is locked with a password"),
        (private_pem(rsa_key(bits=1024)), "has 1024 bits"),
        (private_pem(ec_key(ec.SECP256K1)), "of a kind that signs no tokens"),
    ],
)
def test_what_is_no_key_is_told(pem: str, words: str) -> None:
    with pytest.raises(UnfitKey, match=words):
        key_signer(pem)


def test_a_public_key_is_no_secret() -> None:
    with pytest.raises(UnfitKey):
        secret_signer(public_pem(rsa_key()))
