"""JSON in which nothing is written as null, as many languages do with what was left empty.

Those who speak to Centrifugo are used to it that null is as good as a member that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from msgspec import Raw

T = TypeVar("T")

PAYLOADS: Final = frozenset({"data", "info", "params"})
"""Members that belong to the application, in all requests: what is in them stays as it is."""
DEPTH_LIMIT = 16
"""Levels that are looked at: requests have fewer."""

_NULL = b"null"
_lines = msgspec.json.Decoder(Raw).decode_lines
_members = msgspec.json.Decoder(dict[str, Raw]).decode
_items = msgspec.json.Decoder(list[Raw]).decode
_encode = msgspec.json.Encoder().encode


def decode_lenient(decode: Callable[[bytes], T], data: bytes) -> T:
    """Return what `decode` makes of JSON, or of that JSON without its nulls where it does not like it.

    Raises msgspec.DecodeError, for what of the latter is nested too deeply as well.
    """
    try:
        return decode(data)
    except msgspec.DecodeError:
        if _NULL not in data:
            raise
    try:
        return decode(without_nulls(data))
    except RecursionError:
        raise msgspec.DecodeError("JSON is nested too deeply") from None


def without_nulls(data: bytes) -> bytes:
    """Return JSON values, one on each line, without members that are null.

    Raises msgspec.DecodeError for what is no JSON.
    """
    return b"\n".join(bytes(_bare(value, DEPTH_LIMIT)) for value in _lines(data))


def _bare(value: Raw, depth: int) -> Raw:
    first = bytes(value).lstrip()[:1]
    if not depth or first not in {b"{", b"["}:
        return value
    if first == b"[":
        return Raw(_encode([_bare(each, depth - 1) for each in _items(value)]))
    members = {
        name: each if name in PAYLOADS else _bare(each, depth - 1)
        for name, each in _members(value).items()
        if name in PAYLOADS or bytes(each) != _NULL
    }
    return Raw(_encode(members))
