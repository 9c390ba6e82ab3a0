"""A WebSocket on a raw transport, towards a conversation: no task, no queue, no timer while it is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from hubbub.errors import ABORTED, LOST, Close, ProtocolViolation
from hubbub.model import Packet
from hubbub.sessions.contract import Conversation
from hubbub.transports.websocket.codec import CloseFrame, FrameReader, PingFrame, PongFrame
from hubbub.transports.websocket.deflate import Agreement
from hubbub.transports.websocket.frames import (
    PING_FRAME,
    PONG,
    build_frame,
    close_frame,
    deflated_frame,
    plain_frame,
)

LINGER_TLS_S = 1.0
"""Seconds to read on behind a broken frame over TLS, which cannot be half-closed."""

_LONE_PONG = b"\x8a\x80"
_LONE_PONG_SIZE = 6
_OPEN, _CLOSING, _DISCARDING, _GONE = range(4)


@dataclass(frozen=True, slots=True)
class WebSocketSettings:
    """What all WebSockets of a worker share.

    Args:
        message_limit: the largest message in bytes, before compression; larger ones end with 1009.
        compression: whether permessage-deflate is negotiated with clients that offer it.
        close_timeout_s: how long the peer may take to answer a CLOSE, and to read what is queued for it.
        high_water: the backlog in bytes above which a conversation is congested.
    """

    message_limit: int = 256 * 1024
    compression: bool = True
    close_timeout_s: float = 5.0
    high_water: int = 64 * 1024


class WebSocketProtocol(asyncio.Protocol):
    """Carry a conversation (`sessions.contract.Connection`) over an upgraded transport.

    A conversation learns its end when nothing more may be written: before the CLOSE frame goes out where the
    peer leaves or breaks the protocol, and with the socket's end otherwise.

    Args:
        conversation: who talks; told `opened` by `connection_made`.
        agreement: the compression that was negotiated, if any.
        on_lost: called with this connection once its socket is gone.
    """

    __slots__ = (
        "_close",
        "_conversation",
        "_on_lost",
        "_reader",
        "_settings",
        "_stage",
        "_timer",
        "_transport",
        "frame",
        "write",
    )

    says_close: bool = True

    frame: Callable[[Packet], bytes]
    write: Callable[[bytes], None]

    def __init__(
        self,
        conversation: Conversation,
        settings: WebSocketSettings,
        agreement: Agreement | None = None,
        on_lost: Callable[[WebSocketProtocol], None] | None = None,
    ) -> None:
        self._conversation: Conversation | None = conversation
        self._settings = settings
        self._on_lost = on_lost
        self._reader = FrameReader(settings.message_limit, inflates=agreement is not None)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._close: Close | None = None
        self._stage = _GONE
        self.frame = (
            deflated_frame if agreement is not None and agreement.compresses else plain_frame
        )
        self.write = _drop

    # ── from the transport ──────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin on a transport whose handshake has been answered."""
        stream = cast(asyncio.Transport, transport)
        self._transport = stream
        self._stage = _OPEN
        self.write = stream.write
        stream.set_write_buffer_limits(high=self._settings.high_water)
        if self._conversation is not None:
            self._conversation.opened(self)

    def data_received(self, data: bytes) -> None:
        """Read frames, and hand on what they complete."""
        conversation = self._conversation
        reader = self._reader
        if (
            len(data) == _LONE_PONG_SIZE
            and data.startswith(_LONE_PONG)
            and conversation is not None
            and reader.idle
        ):
            conversation.heard()
            return
        if self._stage >= _DISCARDING:
            return
        silent = True
        try:
            for event in reader.feed(data):
                silent = False
                if type(event) is not Packet:
                    self._control(cast(PingFrame | PongFrame | CloseFrame, event))
                elif self._stage == _OPEN and conversation is not None:
                    conversation.received(event)
                if self._stage >= _DISCARDING:
                    return
        except ProtocolViolation as violation:
            self._fail(violation)
            return
        if silent and self._conversation is not None:
            self._conversation.heard()

    def eof_received(self) -> None:
        """Let the transport close: the peer has left without a CLOSE, or after one."""
        self._close = self._close or LOST
        if self._stage == _OPEN:
            self._stage = _CLOSING
        self._limit_time(self._settings.close_timeout_s)

    def pause_writing(self) -> None:
        """Tell that the peer reads too slowly."""
        if self._conversation is not None:
            self._conversation.congested()

    def resume_writing(self) -> None:
        """Tell that the peer has caught up."""
        if self._conversation is not None:
            self._conversation.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and drop all references, so that nothing waits for the garbage collector."""
        self._stage = _GONE
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._transport = None
        self._tell_closed(self._close or LOST)
        self.write = _drop
        on_lost, self._on_lost = self._on_lost, None
        if on_lost is not None:
            on_lost(self)

    # ── from the conversation (sessions.contract.Connection) ────────────────────────────────────

    def send(self, packet: Packet) -> None:
        """Frame a packet and write it; ignored once closing."""
        if self._stage == _OPEN:
            self.write(self.frame(packet))

    def ping(self) -> None:
        """Send an empty PING; ignored once closing."""
        if self._stage == _OPEN:
            self.write(PING_FRAME)

    def close(self, close: Close) -> None:
        """Send CLOSE behind all that is queued, wait for the peer's, then end. Idempotent."""
        transport = self._transport
        if self._stage != _OPEN or transport is None:
            return
        self._stage = _CLOSING
        self._close = close
        self.write(close_frame(close))
        transport.resume_reading()  # the peer's CLOSE may stand behind what was left unread
        self._limit_time(self._settings.close_timeout_s)

    def abort(self) -> None:
        """Drop the socket and all that is queued."""
        if self._transport is not None:
            self._stage = _GONE
            self._close = self._close or ABORTED
            self._transport.abort()

    def backlog(self) -> int:
        """Return the bytes that the socket has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def pause_reading(self) -> None:
        """Stop reading, so that TCP slows the client down; ignored once closing."""
        if self._stage == _OPEN and self._transport is not None:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        if self._transport is not None:
            self._transport.resume_reading()

    # ── inside ──────────────────────────────────────────────────────────────────────────────────

    def _control(self, event: PingFrame | PongFrame | CloseFrame) -> None:
        """Answer a control frame (RFC 6455 section 5.5)."""
        if isinstance(event, CloseFrame):
            self._farewell(event)
            return
        if self._conversation is not None:
            self._conversation.heard()
        # A peer that pings but does not read gets no pongs on top of what it leaves unread already.
        if (
            isinstance(event, PingFrame)
            and self._stage == _OPEN
            and self.backlog() <= self._settings.high_water
        ):
            self.write(build_frame(PONG, event.payload))

    def _farewell(self, event: CloseFrame) -> None:
        """End after the peer's CLOSE, and answer it if it was the first (RFC 6455 section 5.5.1)."""
        answered = self._stage == _OPEN
        self._stage = _DISCARDING
        if answered:
            self._close = Close(event.code, event.reason)
            self._tell_closed(self._close)
            self.write(close_frame(Close(event.code, "")))
        if self._transport is not None:
            self._transport.close()
            self._limit_time(self._settings.close_timeout_s)

    def _fail(self, violation: ProtocolViolation) -> None:
        """Say what the peer did wrong, and end (RFC 6455 section 7.1.7).

        Closing the socket with unread input would reset it, and the reset may overtake the CLOSE frame. So
        only our side is closed, and what arrives is thrown away until the peer closes its own.
        """
        transport = self._transport
        if transport is None:
            return
        first = self._stage == _OPEN
        self._stage = _DISCARDING
        if not first:
            transport.close()
            return
        reason = violation.close.reason
        close = Close(
            violation.close.code, f"{reason}: {violation.detail}" if violation.detail else reason
        )
        self._close = close
        self._tell_closed(close)
        self.write(close_frame(close))
        transport.resume_reading()
        if transport.can_write_eof():
            transport.write_eof()
            self._limit_time(self._settings.close_timeout_s)
        else:
            self._limit_time(min(LINGER_TLS_S, self._settings.close_timeout_s))

    def _limit_time(self, seconds: float) -> None:
        """Drop the socket after some seconds unless it ends before."""
        if self._timer is None and self._transport is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._transport.abort)

    def _tell_closed(self, close: Close) -> None:
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.closed(close)


def _drop(data: bytes) -> None:
    """Take the place of `write` where there is no socket."""
