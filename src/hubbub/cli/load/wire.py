"""The client's side of the WebSocket wire (RFC 6455): a handshake, masked frames out, plain frames in."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator

from websockets.utils import apply_mask

from hubbub.cli.load.plan import LoadError
from hubbub.transports.websocket.frames import (
    CONTINUATION,
    EIGHT_BYTES,
    FIN,
    LONG,
    MASKED,
    OPCODE,
    TWO_BYTES,
    VERY_LONG,
)
from hubbub.transports.websocket.handshake import accept_token

_HEAD_MAX = 16 * 1024
_FRAME_MAX = 16 * 1024 * 1024


def handshake(host: str, resource: str) -> tuple[bytes, str]:
    """Return an opening request, and the accept value that answers it (RFC 6455 section 4.1)."""
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    request = (
        f"GET {resource} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    return request.encode(), accept_token(key)


def accepted(data: bytes, accept: str) -> int | None:
    """Return where the answer to a handshake ends, or None while its end has not come.

    Raises LoadError when the server refuses, or does not speak WebSocket.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        if len(data) > _HEAD_MAX:
            raise LoadError("the server answers the handshake with endless headers")
        return None
    first, *headers = data[:end].decode("latin-1").split("\r\n")
    version, _, status = first.partition(" ")
    if not version.startswith("HTTP/"):
        raise LoadError("what answers there is not a web server")
    if not status.startswith("101"):
        raise LoadError(f"the server refused the WebSocket handshake with HTTP {status.strip()}")
    fields = {name.strip().lower(): value.strip() for name, _, value in map(_split, headers)}
    if fields.get("sec-websocket-accept") != accept:
        raise LoadError("the server's answer to the WebSocket handshake is wrong")
    return end + 4


def _split(header: str) -> tuple[str, str, str]:
    return header.partition(":")


def frame(opcode: int, payload: bytes) -> bytes:
    """Make one final frame, masked, as clients send them."""
    mask = secrets.token_bytes(4)
    size = len(payload)
    if size < LONG:
        head = bytes((FIN | opcode, MASKED | size))
    elif size < 1 << 16:
        head = bytes((FIN | opcode, MASKED | LONG)) + TWO_BYTES.pack(size)
    else:
        head = bytes((FIN | opcode, MASKED | VERY_LONG)) + EIGHT_BYTES.pack(size)
    return head + mask + apply_mask(payload, mask)


class Frames:
    """Cut a server's bytes into messages and control frames."""

    __slots__ = ("_message", "_opcode", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._message = b""
        self._opcode = CONTINUATION

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield (opcode, payload) of each message and control frame that `data` completes.

        Raises LoadError when the server breaks the protocol.
        """
        data = self._rest + data if self._rest else data
        at, end = 0, len(data)
        while end - at >= 2:
            first, size = data[at], data[at + 1]
            body = at + 2
            if size & MASKED:
                raise LoadError("the server masked a frame, which only clients do")
            if size == LONG:
                if end - at < 4:
                    break
                size = TWO_BYTES.unpack_from(data, body)[0]
                body = at + 4
            elif size == VERY_LONG:
                if end - at < 10:
                    break
                size = EIGHT_BYTES.unpack_from(data, body)[0]
                body = at + 10
                if size > _FRAME_MAX:
                    raise LoadError(f"the server sent a frame of {size} bytes")
            if end < body + size:
                break
            at = body + size
            opcode, payload = first & OPCODE, data[body:at]
            if first & FIN and opcode != CONTINUATION:
                yield opcode, payload
                continue
            if opcode != CONTINUATION:
                self._opcode, self._message = opcode, b""
            self._message += payload
            if first & FIN:
                yield self._opcode, self._message
        self._rest = data[at:]
