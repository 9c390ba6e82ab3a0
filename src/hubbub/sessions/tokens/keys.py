"""Keys, and the algorithms that fit each: a token's header never decides how a key is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import InvalidKeyError
from jwt.algorithms import Algorithm, get_default_algorithms

from hubbub.sessions.tokens.sealed import Sealed
from hubbub.sessions.tokens.settings import TokenSettings

Key: TypeAlias = bytes | RSAPublicKey | ec.EllipticCurvePublicKey | Ed25519PublicKey

Fault: TypeAlias = tuple[str, str]
"""A setting's name, and words for the operator that go on after it."""

HMAC: Final = ("HS256", "HS384", "HS512")
RSA: Final = ("RS256", "RS384", "RS512")
CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
EDDSA: Final = "EdDSA"
ALGORITHMS: Final[Mapping[str, Algorithm]] = {
    name: get_default_algorithms()[name] for name in (*HMAC, *RSA, *CURVES.values(), EDDSA)
}
"""All that are known here; `none` is not among them."""

RSA_BITS: Final = range(2048, 8193)
"""Sizes of RSA keys that are neither weak nor so large that checking a signature hurts."""
PEM_LIMIT: Final = 64 * 1024
"""Bytes of the largest key file that is read."""


class UnfitKey(ValueError):
    """Say in words for an operator what is wrong with a key; the words go on after its name."""


@dataclass(frozen=True, slots=True)
class LocalKey:
    """A key that the operator configured, until some unix second (0: for ever)."""

    key: Key
    algorithms: tuple[str, ...]
    until: int = 0

    def counts(self, algorithm: str, now: float) -> bool:
        """Tell whether signatures of this algorithm may be checked with it now."""
        return algorithm in self.algorithms and (not self.until or now < self.until)


def fits(sealed: Sealed, key: Key) -> bool:
    """Tell whether the token was signed with this key; its algorithm must be one of the key's."""
    return ALGORITHMS[sealed.algorithm].verify(sealed.signed, key, sealed.signature)


def algorithms_of(key: object) -> tuple[str, ...]:
    """Return which algorithms a key is for.

    Raises UnfitKey for a weak key, and for one of a kind that no token is signed with.
    """
    if isinstance(key, bytes):
        return HMAC
    if isinstance(key, RSAPublicKey):
        if key.key_size not in RSA_BITS:
            raise UnfitKey(
                f"has {key.key_size} bits; an RSA key has {RSA_BITS[0]} to {RSA_BITS[-1]}"
            )
        return RSA
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
        return (CURVES[key.curve.name],)
    if isinstance(key, Ed25519PublicKey):
        return (EDDSA,)
    raise UnfitKey("is a key of a kind that signs no tokens")


_PUBLIC: Final[Mapping[str, tuple[str, ...]]] = {
    "rsa_public_key": RSA,
    "ecdsa_public_key": tuple(CURVES.values()),
    "eddsa_public_key": (EDDSA,),
}


def read_keys(settings: TokenSettings) -> tuple[list[LocalKey], list[Fault]]:
    """Return the configured keys, and what is wrong with the settings; values are never shown."""
    keys: list[LocalKey] = []
    faults: list[Fault] = []
    for name, read in _readers(settings):
        try:
            keys.append(read())
        except UnfitKey as fault:
            faults.append((name, str(fault)))
    if settings.hmac_previous_until and not settings.hmac_previous_secret.get_secret_value():
        faults.append(("hmac_previous_until", "needs hmac_previous_secret, whose end it is"))
    if settings.jwks_url and not _is_web_address(settings.jwks_url):
        faults.append(("jwks_url", "must be a URL that begins with http:// or https://"))
    if not settings.user_claim:
        faults.append(("user_claim", "must not be empty"))
    return keys, faults


def _readers(settings: TokenSettings) -> Iterator[tuple[str, Callable[[], LocalKey]]]:
    secret = settings.hmac_secret.get_secret_value()
    if secret:
        yield "hmac_secret", partial(_shared, secret)
    secret = settings.hmac_previous_secret.get_secret_value()
    if secret:
        yield "hmac_previous_secret", partial(_shared, secret, settings.hmac_previous_until)
    for name, allowed in _PUBLIC.items():
        value = getattr(settings, name)
        if value:
            yield name, partial(_public, value, allowed)


def _shared(secret: str, until: int = 0) -> LocalKey:
    return LocalKey(shared_secret(secret), HMAC, until)


def shared_secret(secret: str) -> bytes:
    """Return a secret as a key. Raises UnfitKey for nothing, and for a public key, which everybody has."""
    if not secret:
        raise UnfitKey("is empty")
    try:
        key: bytes = ALGORITHMS["HS256"].prepare_key(secret)
    except InvalidKeyError:
        raise UnfitKey("is a key of another kind, and no secret") from None
    return key


def _public(value: str, allowed: tuple[str, ...]) -> LocalKey:
    """Read a public key, from PEM text or from the file that has it."""
    text = _pem(value)
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise UnfitKey("is not a public key in PEM form (BEGIN PUBLIC KEY)") from None
    algorithms = algorithms_of(key)
    if not set(algorithms) <= set(allowed):
        raise UnfitKey(
            f"is a key for {', '.join(algorithms)}, and must be one for {', '.join(allowed)}"
        )
    assert isinstance(key, Key)  # noqa: S101 - algorithms_of knows no others
    return LocalKey(key, algorithms)


def is_pem(value: str) -> bool:
    """Tell whether this is a key's text, and not the file that it is in."""
    return "-----BEGIN" in value


def _pem(value: str) -> str:
    text = value
    if not is_pem(value):
        try:
            with Path(value).open(encoding="ascii", errors="replace") as file:
                text = file.read(PEM_LIMIT)
        except (OSError, ValueError) as fault:
            reason = getattr(fault, "strerror", fault)
            raise UnfitKey(f"is neither PEM text nor a file that can be read: {reason}") from None
    if "PRIVATE KEY" in text:
        raise UnfitKey("is a private key; a server needs the public one only")
    return text


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
