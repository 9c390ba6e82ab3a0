from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey

from hubbub.sessions.tokens.keys import ALGORITHMS, HMAC, RSA, fits, read_keys, shared_secret
from hubbub.sessions.tokens.sealed import unseal
from tests.sessions.tokens.issuer import (
    PREVIOUS,
    SECRET,
    PrivateKey,
    believing,
    ec_key,
    eddsa_key,
    private_pem,
    public_pem,
    rsa_key,
    token,
)

RSA_PEM = public_pem(rsa_key())
SIGNERS: list[tuple[str, str, PrivateKey]] = [
    *[("rsa_public_key", name, rsa_key()) for name in RSA],
    ("ecdsa_public_key", "ES256", ec_key()),
    ("ecdsa_public_key", "ES384", ec_key(ec.SECP384R1)),
    ("ecdsa_public_key", "ES512", ec_key(ec.SECP521R1)),
    ("eddsa_public_key", "EdDSA", eddsa_key()),
]


def faults(**settings: object) -> dict[str, str]:
    return dict(read_keys(believing(**settings))[1])


def test_nothing_but_what_proves_something_is_known() -> None:
    assert set(ALGORITHMS) == {
        *("HS256", "HS384", "HS512", "RS256", "RS384", "RS512"),
        *("ES256", "ES384", "ES512", "EdDSA"),
    }


@pytest.mark.parametrize(("name", "algorithm", "key"), SIGNERS, ids=[each[1] for each in SIGNERS])
def test_a_key_is_for_its_own_algorithms(name: str, algorithm: str, key: PrivateKey) -> None:
    (known,), wrong = read_keys(believing(**{name: public_pem(key)}))
    assert wrong == []
    assert known.algorithms == (RSA if name == "rsa_public_key" else (algorithm,))
    text = token({"sub": "ann"}, key, algorithm)
    assert fits(unseal(text, 8192), known.key)
    middle = len(text) - 20
    forged = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    assert not fits(unseal(forged, 8192), known.key)
    assert not fits(unseal(text[:-4], 8192), known.key)


def test_secrets_are_for_hmac_alone_and_the_old_one_has_an_end() -> None:
    (new, old), wrong = read_keys(
        believing(
            hmac_secret=SECRET,
            hmac_previous_secret=PREVIOUS,
            hmac_previous_until=50,
        )
    )
    assert (wrong, new.key, old.key) == ([], SECRET.encode(), PREVIOUS.encode())
    assert [name for name in ALGORITHMS if new.counts(name, 1e12)] == list(HMAC)
    assert [old.counts("HS256", now) for now in (0, 49.9, 50)] == [True, True, False]
    (forever,), _ = read_keys(believing(hmac_previous_secret=PREVIOUS))
    assert forever.counts("HS512", 1e12)


def test_a_key_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(RSA_PEM)
    assert len(read_keys(believing(rsa_public_key=str(file)))[0]) == 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("rsa_public_key", "no-such-file.pem", "nor a file that can be read: No such file"),
        ("rsa_public_key", "\0", "nor a file that can be read: embedded null byte"),
        ("rsa_public_key", "/", "nor a file that can be read: Is a directory"),
        ("rsa_public_key", "-----BEGIN PUBLIC KEY-----\nAAAA", "not a public key in PEM form"),
        ("rsa_public_key", private_pem(rsa_key()), "is a private key"),
        ("rsa_public_key", public_pem(rsa_key(bits=1024)), "has 1024 bits"),
        ("rsa_public_key", public_pem(ec_key()), "is a key for ES256, and must be one for RS256"),
        (
            "ecdsa_public_key",
            RSA_PEM,
            "is a key for RS256, RS384, RS512, and must be one for ES256",
        ),
        ("ecdsa_public_key", public_pem(ec_key(ec.SECP256K1)), "of a kind that signs no tokens"),
        ("eddsa_public_key", public_pem(ec_key()), "must be one for EdDSA"),
        ("eddsa_public_key", public_pem(Ed448PrivateKey.generate()), "of a kind that signs no"),
        ("hmac_secret", RSA_PEM, "is a key of another kind, and no secret"),
        ("hmac_secret", '{"kty": "oct", "k": "AAAA"}', "and no secret"),
        ("hmac_previous_secret", RSA_PEM, "and no secret"),
        ("hmac_previous_until", 7, "needs hmac_previous_secret"),
        ("jwks_url", "ftp://keys.example", "must be a URL that begins with http"),
        ("jwks_url", "https://", "must be a URL"),
        ("jwks_url", "https://[::1", "must be a URL"),
        ("jwks_url", "https://keys.example:0", "must be a URL"),
        ("user_claim", "", "must not be empty"),
    ],
)
def test_what_is_no_key_is_told_without_showing_it(name: str, value: object, words: str) -> None:
    told = faults(**{name: value})
    assert list(told) == [name]
    assert words in told[name]
    assert len(str(value)) < 9 or str(value) not in told[name]


def test_a_file_that_is_no_text_is_no_key(tmp_path: Path) -> None:
    file = tmp_path / "key.der"
    file.write_bytes(b"\xff\xfe" * 100)
    assert "not a public key" in faults(rsa_public_key=str(file))["rsa_public_key"]


def test_all_mistakes_are_told() -> None:
    told = faults(rsa_public_key="x", ecdsa_public_key="y", jwks_url="z", user_claim="")
    assert list(told) == ["rsa_public_key", "ecdsa_public_key", "jwks_url", "user_claim"]


def test_any_text_is_a_secret() -> None:
    assert shared_secret("secret") == b"secret"
    assert shared_secret("秘密") == "秘密".encode()
