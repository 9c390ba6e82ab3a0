"""Wire bytes back to messages, for carriers whose server makes the frames itself.

Fan-out hands final wire bytes to every carrier, many frames joined into one object; ASGI takes messages. So
this carrier's frame is `plain_frame`, an unmasked RFC 6455 frame: it can be split again without a look at
payloads, and raw WebSockets without compression share it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from hubbub.transports.websocket.frames import (
    BINARY,
    EIGHT_BYTES,
    LONG,
    OPCODE,
    TEXT,
    TWO_BYTES,
)

Message: TypeAlias = str | bytes
"""A text or a binary message."""


def unframe(data: bytes) -> Iterator[Message]:
    """Yield what whole frames of our own making say; those for control are left out."""
    at = 0
    while at < len(data):
        opcode, size = data[at] & OPCODE, data[at + 1]
        at += 2
        if size == LONG:
            size = TWO_BYTES.unpack_from(data, at)[0]
            at += 2
        elif size > LONG:
            size = EIGHT_BYTES.unpack_from(data, at)[0]
            at += 8
        payload = data[at : at + size]
        at += size
        if opcode == TEXT:
            yield payload.decode()
        elif opcode == BINARY:
            yield payload


class Unframer:
    """Split each bytes object once, however many carriers were handed it one after the other."""

    __slots__ = ("_data", "_messages")

    def __init__(self) -> None:
        self._data = b""
        self._messages: Sequence[Message] = ()

    def messages(self, data: bytes) -> Sequence[Message]:
        """Return the messages of whole frames of our own making."""
        if data is not self._data:
            self._messages = tuple(unframe(data))
            self._data = data
        return self._messages
