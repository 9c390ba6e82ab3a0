"""What programs give in requests as bytes of ours: JSON as it is, or something in base64."""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64

import msgspec
from msgspec import Raw, UnsetType

from hubbub.dialects.payloads import decode_json
from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.http.api.requests import Json

_RAW = msgspec.json.Decoder(Raw)


def text_of(value: Raw) -> bytes:
    """Return a JSON value; it is UTF-8 throughout, which the decoder of the request did not look for.

    Raises Refused (107).
    """
    data = bytes(value)
    try:
        data.decode()
    except UnicodeDecodeError:
        raise Refused(BAD_REQUEST_ERROR, "the data is not UTF-8") from None
    return data


def bytes_of(name: str, text: str) -> bytes:
    """Return what the base64 of a field says. Raises Refused (107), which names the field."""
    try:
        return a2b_base64(text, strict_mode=True)
    except (Base64Error, ValueError):
        raise Refused(BAD_REQUEST_ERROR, f"{name} is not base64 (RFC 4648 section 4)") from None


def json_of(name: str, value: Json, base64: str = "") -> bytes:
    """Return JSON that a field has, as it is or in base64; b"" for nothing. Raises Refused (107)."""
    if not base64:
        return b"" if isinstance(value, UnsetType) else text_of(value)
    try:
        return text_of(decode_json(_RAW, bytes_of(f"b64{name}", base64)))
    except msgspec.DecodeError as fault:
        raise Refused(BAD_REQUEST_ERROR, f"b64{name} has no JSON in it: {fault}") from None
