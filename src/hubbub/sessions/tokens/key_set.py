"""A key server's document (JWK Set, RFC 7517) as keys that can be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from jwt import PyJWTError
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from hubbub.dialects.payloads import decode_json
from hubbub.sessions.tokens.keys import Key, algorithms_of

KeySet: TypeAlias = Mapping[str, Mapping[str, Key]]
"""Keys by their name (`kid`), and by the algorithms that each is for."""

KEY_COUNT: Final = 100
"""Keys of the largest document that is taken; real ones have two or three."""

_KINDS: Final[Mapping[str, tuple[Any, tuple[str, ...]]]] = {
    "RSA": (RSAAlgorithm.from_jwk, ("n", "e")),
    "EC": (ECAlgorithm.from_jwk, ("crv", "x", "y")),
    "OKP": (OKPAlgorithm.from_jwk, ("crv", "x")),
}
"""How each kind is read, and its public members; others, which would make a private key, are left out."""


class _Document(msgspec.Struct):
    keys: list[dict[str, Any]]


_DOCUMENT = msgspec.json.Decoder(_Document)


def read_key_set(document: bytes) -> KeySet:
    """Return the keys that tokens may be signed with.

    What is not for signatures, weak, nameless, secret (`oct`) or unknown is left out: other programs may
    need it. Raises ValueError, in words for an operator, where nothing can be used.
    """
    try:
        described = decode_json(_DOCUMENT, document).keys
    except (UnicodeDecodeError, msgspec.DecodeError):
        raise ValueError("what it says is no set of keys") from None
    if len(described) > KEY_COUNT:
        raise ValueError(f"it has more than {KEY_COUNT} keys")
    found: dict[str, dict[str, Key]] = {}
    for jwk in described:
        for name, algorithm, key in _usable(jwk):
            found.setdefault(name, {}).setdefault(algorithm, key)
    if not found:
        raise ValueError("it has no key that tokens can be signed with")
    return found


def _usable(jwk: dict[str, Any]) -> Iterator[tuple[str, str, Key]]:
    """Yield what the key may be used for (RFC 7517 section 4)."""
    name, uses = jwk.get("kid"), jwk.get("key_ops", ["verify"])
    if not isinstance(name, str) or not name or jwk.get("use", "sig") != "sig":
        return
    if not isinstance(uses, list) or "verify" not in uses:
        return
    try:
        read, members = _KINDS[jwk["kty"]]
        key: Key = read({"kty": jwk["kty"]} | {member: jwk[member] for member in members})
        algorithms = algorithms_of(key)
    except (PyJWTError, UnsupportedAlgorithm, KeyError, ValueError, TypeError, AttributeError):
        return
    for algorithm in algorithms:
        if jwk.get("alg", algorithm) == algorithm:
            yield name, algorithm, key
