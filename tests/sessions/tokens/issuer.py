"""Somebody who makes tokens, by PyJWT alone: what Hubbub reads is judged by what others write."""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pydantic import TypeAdapter

from hubbub.sessions.tokens import TokenSettings

SECRET = "a secret of thirty-two characters, or more"
PREVIOUS = "the secret that was in use until yesterday"
NOW = 1_700_000_000
"""When a JumpingClock begins."""

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey | Ed448PrivateKey


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


@cache
def eddsa_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def public_pem(key: PrivateKey) -> str:
    form = PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(Encoding.PEM, form).decode()


def private_pem(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def token(
    claims: Mapping[str, Any],
    key: PrivateKey | str = SECRET,
    algorithm: str = "HS256",
    headers: dict[str, Any] | None = None,
) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jwt.encode(dict(claims), key, algorithm, headers)


def handmade(header: object, payload: object, signature: bytes = b"") -> str:
    """Make a token as nobody should."""

    def part(value: object) -> str:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    return f"{part(header)}.{part(payload)}.{part(signature)}"


def believing(**settings: object) -> TokenSettings:
    """Return settings as a file says them."""
    return TypeAdapter(TokenSettings).validate_python(settings)


def shared(**settings: object) -> TokenSettings:
    """Return settings that believe whoever knows SECRET."""
    return believing(hmac_secret=SECRET, **settings)


def jwk(key: PrivateKey, kid: str, **members: object) -> dict[str, Any]:
    """Return a public key as a key server shows it."""
    kinds: dict[type, Any] = {
        rsa.RSAPrivateKey: jwt.algorithms.RSAAlgorithm,
        ec.EllipticCurvePrivateKey: jwt.algorithms.ECAlgorithm,
        Ed25519PrivateKey: jwt.algorithms.OKPAlgorithm,
    }
    shown = next(form for kind, form in kinds.items() if isinstance(key, kind))
    described: dict[str, Any] = shown.to_jwk(key.public_key(), as_dict=True)
    described.pop("key_ops", None)
    return described | {"kid": kid} | members
