"""Making tokens, for those who try things out; an application makes its own, with any JWT library."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from hubbub.sessions.tokens.keys import ALGORITHMS, UnfitKey, algorithms_of, shared_secret
from hubbub.sessions.tokens.sealed import seal


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who can sign, with one algorithm."""

    algorithm: str
    sign: Callable[[bytes], bytes]

    def token(self, claims: Mapping[str, object], name: str = "") -> str:
        """Return a signed token; `name` is that of the key (`kid`), where it has one."""
        header = {"alg": self.algorithm, "typ": "JWT"} | ({"kid": name} if name else {})
        return seal(header, json.dumps(claims).encode(), self.sign)


def secret_signer(secret: str) -> Signer:
    """Return who signs with a shared secret. Raises UnfitKey."""
    key = shared_secret(secret)
    return Signer("HS256", partial(ALGORITHMS["HS256"].sign, key=key))


def key_signer(pem: str) -> Signer:
    """Return who signs with a private key in PEM form, by the first algorithm it fits. Raises UnfitKey."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise UnfitKey("is locked with a password; unlock it first (openssl pkey)") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UnfitKey("is not a private key in PEM form (BEGIN PRIVATE KEY)") from None
    algorithm = algorithms_of(key.public_key())[0]
    return Signer(algorithm, partial(ALGORITHMS[algorithm].sign, key=key))
