"""How a payload of one kind reads in a protocol that knows another: JSON, text, or bytes.

Whoever publishes has a JSON value, a text or bytes; whoever receives may only know one of them. A text
becomes a JSON string, bytes become a JSON string of base64, and a JSON string becomes its text where no
JSON is spoken.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.model import Kind

T = TypeVar("T")

_JSON = Kind.JSON
_TEXT = Kind.TEXT

_encode = msgspec.json.Encoder().encode
_RAW = msgspec.json.Decoder(msgspec.Raw)
_STRING = msgspec.json.Decoder(str)

_SPACE = b" \t\r\n"
_ESCAPE = re.compile(
    rb"(\\[^u]"  # another escape, so that the u of an escaped backslash is not taken for one
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"  # a pair
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"  # half a pair
)
_REPLACEMENT = rb"\ufffd"


def decode_json(decoder: msgspec.json.Decoder[T], data: bytes) -> T:
    r"""Decode JSON as browsers write it: half a surrogate pair (`"\ud83d"`) counts as U+FFFD.

    A text that was cut in the middle of an emoji is written like that by `JSON.stringify`, and it is no
    reason to turn its sender away.

    Raises msgspec.DecodeError, for nesting beyond the interpreter's limit too.
    """
    try:
        return _decode_whole(decoder, data)
    except RecursionError:
        raise msgspec.DecodeError("JSON is nested too deeply") from None


def _decode_whole(decoder: msgspec.json.Decoder[T], data: bytes) -> T:
    try:
        return decoder.decode(data)
    except msgspec.DecodeError:
        whole = whole_characters(data)
        if whole == data:
            raise
        return decoder.decode(whole)


def whole_characters(data: bytes) -> bytes:
    """Replace escaped halves of surrogate pairs, and leave everything else as it is."""
    return _ESCAPE.sub(lambda match: match[1] or _REPLACEMENT, data)


def json_container(data: bytes) -> bytes | None:
    """Return `data` if it is a JSON object or array (RFC 8259), else None.

    It comes back unchanged but for half surrogate pairs, see `decode_json`.
    """
    return json_value(data) if data.lstrip(_SPACE)[:1] in {b"{", b"["} else None


def json_value(data: bytes) -> bytes | None:
    """Return `data` if it is any JSON in UTF-8 (RFC 8259), else None; see `json_container`."""
    try:
        data.decode()
        decode_json(_RAW, data)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return None
    return whole_characters(data) if b"\\u" in data else data


def payload_of(value: bytes, encoding: str) -> tuple[bytes, Kind]:
    """Return the payload that a JSON value is, or (`base64`) a string of which says it.

    Raises Refused (107) for what is no base64.
    """
    if not encoding:
        return whole_characters(value), Kind.JSON
    try:
        return a2b_base64(decode_json(_STRING, value), strict_mode=True), Kind.BINARY
    except (msgspec.DecodeError, Base64Error, ValueError):
        raise Refused(BAD_REQUEST_ERROR, "data is not base64 (RFC 4648 section 4)") from None


def embedded(data: bytes) -> msgspec.Raw | None:
    """Return JSON on one line, to be written into other JSON as it is; None for nothing."""
    if not data:
        return None
    # Raw newlines can only be space between tokens, and some protocols divide messages by them.
    return msgspec.Raw(data.replace(b"\n", b"") if b"\n" in data else data)


def as_json(data: bytes, kind: Kind) -> bytes:
    """Return a payload as JSON on one line: a text as a string, bytes as a string of base64."""
    if kind is _JSON:
        if b"\n" in data:
            data = data.replace(b"\n", b"")
        return data or b"null"
    if kind is _TEXT:
        return _encode(data.decode("utf-8", "replace"))
    return b'"' + b2a_base64(data, newline=False) + b'"'


def as_one(arguments: Sequence[object]) -> tuple[bytes, Kind]:
    """Return arguments as one payload: one as it is, none as null, several as an array.

    Bytes that are not alone are base64. Raises TypeError for what no JSON can hold.
    """
    if len(arguments) != 1:
        return _encode(arguments or None), _JSON
    (argument,) = arguments
    if isinstance(argument, bytes):
        return argument, Kind.BINARY
    return _encode(argument), _JSON


def as_text(data: bytes) -> bytes:
    """Return JSON as people read it: a string without its quotes and escapes, anything else unchanged.

    Raises UnicodeDecodeError for a string that is not UTF-8, which no text message may carry (RFC 6455 8.1).
    """
    if data[:1] != b'"':
        return data
    try:
        return decode_json(_STRING, data).encode()
    except msgspec.DecodeError:
        return data
