from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from hypothesis import given
from hypothesis import strategies as some

from hubbub.sessions.tokens.key_set import KEY_COUNT, read_key_set
from hubbub.sessions.tokens.keys import fits
from hubbub.sessions.tokens.sealed import unseal
from tests.sessions.tokens.issuer import PrivateKey, ec_key, eddsa_key, jwk, rsa_key, token

GOOD = jwk(ec_key(), "good")


def read(*keys: object) -> dict[str, list[str]]:
    """Return the algorithms of each key beside a good one."""
    found = read_key_set(json.dumps({"keys": [GOOD, *keys]}).encode())
    return {name: list(algorithms) for name, algorithms in found.items() if name != "good"}


@pytest.mark.parametrize(
    ("key", "algorithms"),
    [
        (rsa_key(), ["RS256", "RS384", "RS512"]),
        (ec_key(), ["ES256"]),
        (ec_key(ec.SECP384R1), ["ES384"]),
        (ec_key(ec.SECP521R1), ["ES512"]),
        (eddsa_key(), ["EdDSA"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_keys_of_all_kinds_open_what_their_owners_sealed(
    key: PrivateKey, algorithms: list[str]
) -> None:
    found = read_key_set(json.dumps({"keys": [jwk(key, "k")]}).encode())
    assert list(found["k"]) == algorithms
    for algorithm in algorithms:
        sealed = unseal(token({"sub": "ann"}, key, algorithm), 8192)
        assert fits(sealed, found["k"][algorithm])


def test_use_and_alg_are_respected() -> None:
    rsa = rsa_key()
    assert read(jwk(rsa, "k", use="sig", alg="RS384")) == {"k": ["RS384"]}
    assert read(jwk(rsa, "k", key_ops=["verify"])) == {"k": ["RS256", "RS384", "RS512"]}
    for members in (
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"key_ops": 7},
        {"alg": "PS256"},
        {"alg": "HS256"},
        {"alg": "ES256"},
        {"alg": 1},
    ):
        assert read(jwk(rsa, "k", **members)) == {}


def test_one_name_may_have_a_key_for_each_algorithm() -> None:
    assert read(jwk(rsa_key(), "k", alg="RS256"), jwk(ec_key(), "k")) == {"k": ["RS256", "ES256"]}


def test_a_private_key_shown_by_mistake_is_its_public_half() -> None:
    shown: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key(), as_dict=True)
    shown.pop("key_ops")
    found = read_key_set(json.dumps({"keys": [shown | {"kid": "k"}]}).encode())
    assert not hasattr(found["k"]["RS256"], "sign")


ED448 = jwt.algorithms.OKPAlgorithm.to_jwk(Ed448PrivateKey.generate().public_key(), as_dict=True)
K1 = jwt.algorithms.ECAlgorithm.to_jwk(ec_key(ec.SECP256K1).public_key(), as_dict=True)
SECRET = base64.urlsafe_b64encode(b"s" * 32).decode()


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": SECRET, "kid": "k"},
        jwk(rsa_key(bits=1024), "k"),
        jwk(rsa_key(), "k") | {"n": "A" * 20_000},
        jwk(rsa_key(), "k") | {"n": "_" * 100_000},
        jwk(rsa_key(), "k") | {"e": "AQ"},
        jwk(rsa_key(), "k") | {"n": 7},
        jwk(ec_key(), "k") | {"x": GOOD["y"]},
        jwk(ec_key(), "k") | {"crv": "P-384"},
        jwk(ec_key(), "k") | {"crv": ["P-256"]},
        jwk(eddsa_key(), "k") | {"x": "AAAA"},
        ED448 | {"kid": "k"},
        K1 | {"kid": "k"},
        jwk(ec_key(), ""),
        jwk(ec_key(), "k") | {"kid": 1},
        jwk(ec_key(), "k") | {"kty": "XYZ"},
        jwk(ec_key(), "k") | {"kty": ["EC"]},
        {"kid": "k", "kty": "RSA"},
        {"kid": "k"},
        {},
    ],
    ids=lambda key: str(key.get("kty")),
)
def test_what_cannot_be_used_is_left_out(key: dict[str, Any]) -> None:
    begun = time.process_time()
    assert read(key) == {}
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "no set of keys"),
        (b"<html>", "no set of keys"),
        (b"\xff", "no set of keys"),
        (b'{"keys": [{"kid": "\xff"}]}', "no set of keys"),
        (b"[]", "no set of keys"),
        (b"{}", "no set of keys"),
        (b'{"keys": {}}', "no set of keys"),
        (b'{"keys": [1]}', "no set of keys"),
        (b'{"keys": [{"a": ' + b"[" * 9000, "no set of keys"),
        (b'{"keys": []}', "no key that tokens can be signed with"),
        (json.dumps({"keys": [GOOD] * (KEY_COUNT + 1)}).encode(), "more than 100 keys"),
    ],
)
def test_what_is_no_set_of_keys_is_told(document: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_key_set(document)


VALUES = some.text(max_size=50) | some.binary(max_size=70).map(
    lambda data: base64.urlsafe_b64encode(data).decode()
)
ANYTHING = VALUES | some.none() | some.integers() | some.lists(VALUES, max_size=2)
JWKS = some.fixed_dictionaries(
    {
        "kid": some.just("k") | ANYTHING,
        "kty": some.sampled_from(["RSA", "EC", "OKP", "oct"]) | ANYTHING,
    },
    optional={
        "crv": some.sampled_from(["P-256", "P-384", "P-521", "Ed25519", "Ed448"]) | ANYTHING,
        **dict.fromkeys(("n", "e", "x", "y", "d", "use", "alg", "key_ops"), ANYTHING),
    },
)


@given(some.lists(JWKS, max_size=3))
def test_a_lying_server_is_nothing_worse_than_useless(keys: list[dict[str, Any]]) -> None:
    read(*keys)
