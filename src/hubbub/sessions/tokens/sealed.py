"""A signed token as its parts (JWS compact serialization, RFC 7515 section 7.1), not yet believed."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from hubbub.dialects.payloads import decode_json
from hubbub.errors import InvalidToken

_SHAPE = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")


class Header(msgspec.Struct, frozen=True):
    """What a token says about its signature; nothing of it is signed by anybody we know yet."""

    alg: str
    kid: str | None = None
    crit: msgspec.Raw = msgspec.Raw()


_HEADER = msgspec.json.Decoder(Header)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A token's parts: whether `signature` is that of `signed`, a key must tell."""

    algorithm: str
    kid: str
    payload: bytes
    signed: bytes
    signature: bytes


def unseal(token: str, limit: int) -> Sealed:
    """Take a token apart.

    Args:
        token: three parts with dots between them. limit: bytes of the largest.

    Raises InvalidToken for what is no signed token, and for one with an extension (`crit`) that must be
    understood, because none is (RFC 7515 section 4.1.11).
    """
    if len(token) > limit:
        raise InvalidToken(f"it has more than {limit} bytes")
    shape = _SHAPE.fullmatch(token)
    if shape is None:
        raise InvalidToken("it is not three parts of base64url with dots between them")
    try:
        head, payload, signature = (_decoded(part) for part in shape.groups())
        header = decode_json(_HEADER, head)
    except (binascii.Error, UnicodeDecodeError, msgspec.DecodeError):
        raise InvalidToken("its header cannot be read") from None
    if bytes(header.crit):
        raise InvalidToken("its header has extensions that must be understood, and are not")
    signed = token[: shape.end(2)].encode()
    return Sealed(header.alg, header.kid or "", payload, signed, signature)


def seal(header: dict[str, str], payload: bytes, sign: Callable[[bytes], bytes]) -> str:
    """Make a token of a header and a payload."""
    signed = _encoded(msgspec.json.encode(header)) + b"." + _encoded(payload)
    return (signed + b"." + _encoded(sign(signed))).decode()


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
