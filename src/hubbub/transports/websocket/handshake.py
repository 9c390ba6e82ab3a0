"""The opening handshake (RFC 6455 section 4.2), without I/O: headers to an offer, decisions to bytes."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1

from hubbub.sessions.contract import Refusal
from hubbub.transports.requests import split_list
from hubbub.transports.websocket.deflate import Agreement

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_SIZE = 16
_VERSION = "13"


@dataclass(frozen=True, slots=True)
class Offer:
    """A valid handshake: its `accept` token, and what the client offers to speak.

    `subprotocols` are in the client's order, without empty names; `extensions` is the header as it came.
    """

    accept: str
    subprotocols: tuple[str, ...]
    extensions: str


def read_offer(method: bytes, http_version: str, headers: Mapping[str, str]) -> Offer | Refusal:
    """Judge a request that asks for an upgrade (RFC 6455 section 4.2.1).

    Args:
        headers: folded, so that a header that came twice is seen as a list, and refused where one is due.
    """
    refusal = _refuse_request(method, http_version, headers) or _refuse_upgrade(headers)
    if refusal is not None:
        return refusal
    subprotocols = split_list(headers.get("sec-websocket-protocol", ""))
    return Offer(
        accept_token(headers["sec-websocket-key"]),
        tuple(subprotocols),
        headers.get("sec-websocket-extensions", ""),
    )


def _refuse_request(method: bytes, http_version: str, headers: Mapping[str, str]) -> Refusal | None:
    if method != b"GET":
        return Refusal(405, "A WebSocket handshake is a GET request.", (("Allow", "GET"),))
    if http_version != "1.1":
        return Refusal(400, "A WebSocket handshake needs HTTP/1.1.")
    if "host" not in headers or "," in headers["host"]:
        return Refusal(400, "A request needs exactly one Host header.")
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        return Refusal(400, "A WebSocket handshake has no body.")
    return None


def _refuse_upgrade(headers: Mapping[str, str]) -> Refusal | None:
    upgrade = headers.get("upgrade", "")
    if "websocket" not in split_list(upgrade.lower()):
        return Refusal(400, "The Upgrade header must name websocket.")
    if "upgrade" not in split_list(headers.get("connection", "").lower()):
        return Refusal(400, "The Connection header must name Upgrade.")
    version = headers.get("sec-websocket-version", "")
    if version != _VERSION:
        asked = (
            f", not {version[:20]}" if version else "; the Sec-WebSocket-Version header is missing"
        )
        wanted = (("Upgrade", "websocket"), ("Sec-WebSocket-Version", _VERSION))
        return Refusal(426, f"This server speaks WebSocket version {_VERSION}{asked}.", wanted)
    if not _is_key(headers.get("sec-websocket-key", "")):
        return Refusal(400, "The Sec-WebSocket-Key header must hold 16 bytes in base64.")
    return None


def _is_key(value: str) -> bool:
    try:
        return len(b64decode(value, validate=True)) == _KEY_SIZE
    except (binascii.Error, ValueError):
        return False


def accept_token(key: str) -> str:
    """Return the proof that the handshake was understood (RFC 6455 section 4.2.2)."""
    return b64encode(sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()).decode()


def accept_response(offer: Offer, subprotocol: str | None, agreement: Agreement | None) -> bytes:
    """Make the response that opens the WebSocket."""
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {offer.accept}",
    ]
    if subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    if agreement is not None:
        lines.append(f"Sec-WebSocket-Extensions: {agreement.answer}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
