"""The WebSocket wire format (RFC 6455 section 5), without I/O: bytes of a client to events.

Between messages a reader holds nothing. Amid one it holds what arrived, unmasked, and how much is missing, so
that a message costs the same however finely it is cut. Everything that can be judged early is: a frame by
its first two bytes, its size before its payload, text while it arrives.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from hubbub.errors import INVALID_TEXT, PROTOCOL_ERROR, TOO_BIG, ProtocolViolation
from hubbub.model import Packet
from hubbub.transports.websocket.deflate import inflate
from hubbub.transports.websocket.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    CONTROL,
    EIGHT_BYTES,
    FIN,
    LENGTH,
    LONG,
    MASKED,
    MAX_CONTROL_PAYLOAD,
    NO_STATUS,
    OPCODE,
    PING,
    PONG,
    RSV1,
    RSV2_AND_RSV3,
    TEXT,
    TWO_BYTES,
    VERY_LONG,
)

try:
    from websockets.speedups import apply_mask
except ImportError:  # the package was installed without its compiled part
    from websockets.utils import apply_mask

_WHOLE_TEXT, _WHOLE_BINARY = FIN | TEXT, FIN | BINARY
_KNOWN = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_SENDABLE = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})
_new_decoder = codecs.getincrementaldecoder("utf-8")


class PingFrame(NamedTuple):
    """The peer wants `payload` back in a PONG."""

    payload: bytes


class PongFrame(NamedTuple):
    """The peer answers a PING, or gives a sign of life unasked."""

    payload: bytes


class CloseFrame(NamedTuple):
    """The peer says goodbye; `code` is 1005 where it gives none. No frame may follow."""

    code: int
    reason: str


Event: TypeAlias = Packet | PingFrame | PongFrame | CloseFrame


class FrameReader:
    """Read the frames of one client.

    Args:
        limit: the largest message, in bytes, before compression.
        inflates: whether compressed messages were negotiated.
    """

    __slots__ = ("_frame", "_head", "_inflates", "_limit", "_message")

    def __init__(self, limit: int, *, inflates: bool = False) -> None:
        self._limit = limit
        self._inflates = inflates
        self._head = b""
        self._frame: _PartialFrame | None = None
        self._message: _PartialMessage | None = None

    @property
    def idle(self) -> bool:
        """Tell whether the last byte fed ended a message, or a frame between messages."""
        return self._frame is None and self._message is None and not self._head

    def feed(self, data: bytes) -> Iterator[Event]:
        """Yield what `data` completes, in order; exhaust it before feeding on, or feed no more.

        Raises ProtocolViolation, after what came before the offence; feed nothing more then.
        """
        if self._head:
            data = self._head + data
            self._head = b""
        at, end = 0, len(data)
        while at < end:
            frame = self._frame
            if frame is not None:
                piece = data[at : at + frame.missing]
                at += len(piece)
            else:
                if end - at < 2:
                    break
                first, size = data[at], data[at + 1]
                if not size & MASKED:
                    raise ProtocolViolation(PROTOCOL_ERROR, "a client must mask its frames")
                size &= LENGTH
                self._check_head(first, size)
                body = at + (6 if size < LONG else 8 if size == LONG else 14)
                if end < body:
                    break
                if size == LONG:
                    size = TWO_BYTES.unpack_from(data, at + 2)[0]
                elif size == VERY_LONG:
                    size = EIGHT_BYTES.unpack_from(data, at + 2)[0]
                self._check_size(first, size)
                at = body + size
                if at <= end:
                    payload = apply_mask(data[body:at], data[body - 4 : body]) if size else b""
                    event = self._whole_frame(first, payload)
                    if event is not None:
                        yield event
                    continue
                frame = self._frame = self._begin_frame(first, size, data[body - 4 : body])
                piece, at = data[body:], end
            event = self._part_of_frame(frame, piece)
            if event is not None:
                yield event
        if at < end:
            self._head = data[at:]

    # ── judging ─────────────────────────────────────────────────────────────────────────────────

    def _check_head(self, first: int, size: int) -> None:
        """Judge a frame by its first two bytes (RFC 6455 sections 5.2, 5.4, 5.5; RFC 7692 section 6)."""
        opcode = first & OPCODE
        if opcode not in _KNOWN:
            raise ProtocolViolation(PROTOCOL_ERROR, f"opcode {opcode} is reserved")
        if first & RSV2_AND_RSV3:
            raise ProtocolViolation(PROTOCOL_ERROR, "a reserved bit is set")
        if first & RSV1 and not (self._inflates and opcode in {TEXT, BINARY}):
            raise ProtocolViolation(PROTOCOL_ERROR, "the compression bit has no place here")
        if opcode >= CONTROL:
            if not first & FIN:
                raise ProtocolViolation(PROTOCOL_ERROR, "a control frame must not be fragmented")
            if size > MAX_CONTROL_PAYLOAD:
                raise ProtocolViolation(PROTOCOL_ERROR, "a control frame holds at most 125 bytes")
        elif (opcode == CONTINUATION) != (self._message is not None):
            detail = (
                "there is no message to continue" if opcode == 0 else "the last message goes on"
            )
            raise ProtocolViolation(PROTOCOL_ERROR, detail)

    def _check_size(self, first: int, size: int) -> None:
        """Judge a frame's size before any of its payload is kept."""
        if first & CONTROL:
            return
        message, limit = self._message, self._limit
        if (message is not None and message.compressed) or first & RSV1:
            limit += (limit >> 10) + 64  # deflate adds a little where it finds nothing to compress
        if message is not None:
            limit -= len(message.body)
        if size > limit:
            if size >> 63:
                raise ProtocolViolation(PROTOCOL_ERROR, "a frame's length has its highest bit set")
            raise ProtocolViolation(TOO_BIG, f"the limit is {self._limit} bytes")

    # ── putting together ────────────────────────────────────────────────────────────────────────

    def _whole_frame(self, first: int, payload: bytes) -> Event | None:
        """Return what a frame completes that is there from its first to its last byte."""
        if first == _WHOLE_TEXT:
            if not payload.isascii():
                _check_text(payload)
            return Packet(payload)
        if first == _WHOLE_BINARY:
            return Packet(payload, binary=True)
        if first & CONTROL:
            return _control(first & OPCODE, payload)
        message = self._message
        if message is None:
            message = self._message = _PartialMessage(first)
        message.add(payload)
        return self._finish_message(message) if first & FIN else None

    def _begin_frame(self, first: int, size: int, mask: bytes) -> _PartialFrame:
        """Begin a frame whose end is not there yet, and with it perhaps a message."""
        if first & CONTROL:
            return _PartialFrame(first, size, mask, _PartialMessage(BINARY))
        if self._message is None:
            self._message = _PartialMessage(first)
        return _PartialFrame(first, size, mask, self._message)

    def _part_of_frame(self, frame: _PartialFrame, piece: bytes) -> Event | None:
        """Take the next piece of an incomplete frame; return what it completes."""
        message = frame.message
        message.add(frame.unmask(piece))
        if frame.missing:
            return None
        self._frame = None
        if frame.first & CONTROL:
            return _control(frame.first & OPCODE, bytes(message.body))
        return self._finish_message(message) if frame.first & FIN else None

    def _finish_message(self, message: _PartialMessage) -> Packet:
        """Return the packet of a message that is all there."""
        self._message = None
        data = message.end()
        if message.compressed:
            data = inflate(data, self._limit)
            if not message.binary:
                _check_text(data)
        return Packet(data, message.binary)


class _PartialFrame:
    """A frame whose payload is still arriving."""

    __slots__ = ("_mask", "first", "message", "missing")

    def __init__(self, first: int, size: int, mask: bytes, message: _PartialMessage) -> None:
        self.first = first
        self.missing = size
        self.message = message
        self._mask = mask

    def unmask(self, piece: bytes) -> bytes:
        """Unmask the next piece; the mask turns with every byte (RFC 6455 section 5.3)."""
        mask = self._mask
        turn = len(piece) & 3
        self._mask = mask[turn:] + mask[:turn]
        self.missing -= len(piece)
        return apply_mask(piece, mask)


class _PartialMessage:
    """A message that is still arriving: its bytes so far, and a check of its text as far as they go."""

    __slots__ = ("_decoder", "binary", "body", "compressed")

    def __init__(self, first: int) -> None:
        self.body = bytearray()
        self.binary = first & OPCODE == BINARY
        self.compressed = bool(first & RSV1)
        self._decoder = None if self.binary or self.compressed else _new_decoder()

    def add(self, payload: bytes) -> None:
        """Add unmasked bytes. Raises ProtocolViolation as soon as they cannot become valid text."""
        self.body += payload
        if self._decoder is not None:
            try:
                self._decoder.decode(payload)
            except UnicodeDecodeError as error:
                raise _invalid_text(error) from None

    def end(self) -> bytes:
        """Return all bytes. Raises ProtocolViolation where they end amid a character."""
        if self._decoder is not None:
            try:
                self._decoder.decode(b"", final=True)
            except UnicodeDecodeError as error:
                raise _invalid_text(error) from None
        return bytes(self.body)


def _check_text(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise _invalid_text(error) from None


def _invalid_text(error: UnicodeDecodeError) -> ProtocolViolation:
    return ProtocolViolation(INVALID_TEXT, f"a text is not UTF-8: {error.reason}")


def _control(opcode: int, payload: bytes) -> Event:
    """Return the event of a whole control frame (RFC 6455 section 5.5)."""
    if opcode == PONG:
        return PongFrame(payload)
    if opcode == PING:
        return PingFrame(payload)
    if not payload:
        return CloseFrame(NO_STATUS, "")
    if len(payload) == 1:
        raise ProtocolViolation(PROTOCOL_ERROR, "a close code has two bytes")
    code: int = TWO_BYTES.unpack_from(payload)[0]
    if not (code in _SENDABLE or 3000 <= code < 5000):
        raise ProtocolViolation(PROTOCOL_ERROR, f"close code {code} must not be sent")
    _check_text(payload[2:])
    return CloseFrame(code, payload[2:].decode())
