"""A stream on a raw transport, from a conversation: no task, no queue, no timer while it is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast

from hubbub.errors import ABORTED, LOST, Close
from hubbub.model import Packet
from hubbub.sessions.contract import Conversation
from hubbub.transports.streams.wires import Wire

TALKATIVE = Close(1002, "nothing may follow the request of a stream")

REST_LIMIT = 16 * 1024
"""Bytes that a client may say of its next request before this one has its end."""

Head: TypeAlias = Callable[[bool], bytes]
"""Make the head of a response, given whether another request may follow on its connection."""


class Back(Protocol):
    """Where connections go behind a stream's end: to HTTP."""

    closing: bool
    """Whether no other request should follow, because the server drains."""

    def come_back(self, transport: asyncio.Transport, rest: bytes) -> None:
        """Take a transport, with what the client has said already."""
        ...


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What all streams of a worker share.

    Args:
        request_limit: bytes of the request's body, and of one of those that follow beside the stream; above
            it, 413.
        close_timeout_s: how long the peer may take to read what is queued for it when the stream ends.
        high_water: the backlog in bytes above which a conversation is congested.
    """

    request_limit: int = 64 * 1024
    close_timeout_s: float = 5.0
    high_water: int = 64 * 1024


class StreamProtocol(asyncio.Protocol):
    """Carry a conversation (`sessions.contract.Connection`) over a response.

    Args:
        conversation: who talks; told `opened` by `connection_made`.
        wire: how packets are written.
        on_lost: called with this connection once it has its socket no more.
        head: makes the response's, given whether another request may follow, where that is written with the
            first packet and not before.
        back: takes the transport at the end; None: it is closed.
    """

    __slots__ = (
        "_back",
        "_close",
        "_conversation",
        "_head",
        "_on_lost",
        "_paused",
        "_rest",
        "_settings",
        "_timer",
        "_transport",
        "_wire",
        "frame",
        "write",
    )

    says_close: bool = False

    frame: Callable[[Packet], bytes]
    write: Callable[[bytes], None]

    def __init__(
        self,
        conversation: Conversation,
        wire: Wire,
        settings: StreamSettings,
        on_lost: Callable[[StreamProtocol], None] | None = None,
        head: Head | None = None,
        back: Back | None = None,
    ) -> None:
        self._conversation: Conversation | None = conversation
        self._wire = wire
        self._settings = settings
        self._on_lost = on_lost
        self._head = head
        self._back = back
        self._rest = b""
        self._paused = False
        """Whether the peer has yet to read what was written."""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._close: Close | None = None
        """Why it ends, as soon as it does."""
        self.frame = wire.frame
        self.write = _drop

    # ── from the transport ──────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin on a transport."""
        stream = cast(asyncio.Transport, transport)
        self._transport = stream
        self.write = self._begin if self._head is not None else stream.write
        stream.set_write_buffer_limits(high=self._settings.high_water)
        if self._conversation is not None:
            self._conversation.opened(self)

    def data_received(self, data: bytes) -> None:
        """Keep what may be the next request; else end where a client goes on talking.

        Blank lines behind its request do not matter.
        """
        if self._back is not None and len(self._rest) + len(data) <= REST_LIMIT:
            self._rest += data
        elif data.strip(b"\r\n"):
            self._back = None
            self._tell_closed(TALKATIVE)
            self.close(TALKATIVE)

    def eof_received(self) -> None:
        """Let the transport close: nobody reads any more."""
        self._close = self._close or LOST
        self._limit_time()

    def pause_writing(self) -> None:
        """Tell that the peer reads too slowly."""
        self._paused = True
        if self._conversation is not None:
            self._conversation.congested()

    def resume_writing(self) -> None:
        """Tell that the peer has caught up."""
        self._paused = False
        if self._conversation is not None:
            self._conversation.drained()
        if self._close is not None:
            self._go_back()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and drop all references, so that nothing waits for the garbage collector."""
        self._back = None
        self._leave()

    # ── from the conversation (sessions.contract.Connection) ────────────────────────────────────

    def send(self, packet: Packet) -> None:
        """Frame a packet and write it; ignored once closing."""
        if self._close is None:
            self.write(self.frame(packet))

    def ping(self) -> None:
        """Write what readers skip, where there is such a thing.

        They say nothing, so that a socket that takes all is the only sign of life. It does not for long when
        the peer's network is gone (see `server.sockets.UNHEARD_S`).
        """
        if self._close is None:
            if self._wire.ping:
                self.write(self._wire.ping)
            if self._conversation is not None and not self.backlog():
                self._conversation.heard()

    def close(self, close: Close) -> None:
        """End the response behind all that is queued; why, the dialect has said. Idempotent."""
        transport = self._transport
        if self._close is not None or transport is None:
            return
        self._close = close
        self.write(self._wire.end)
        self.write = _drop
        if self._back is None:
            transport.close()
            self._limit_time()
        elif self._paused:
            self._limit_time()  # until then it may be resumed
        else:
            asyncio.get_running_loop().call_soon(self._go_back)

    def abort(self) -> None:
        """Drop the socket and all that is queued."""
        if self._transport is not None:
            self._close = self._close or ABORTED
            self._transport.abort()

    def backlog(self) -> int:
        """Return the bytes that the socket has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def pause_reading(self) -> None:
        """Do nothing: what the client says comes beside the stream."""

    def resume_reading(self) -> None:
        """Do nothing, likewise."""

    # ── inside ──────────────────────────────────────────────────────────────────────────────────

    def _begin(self, data: bytes) -> None:
        """Write the head and the first that is said."""
        head, self._head = self._head, None
        if self._back is not None and self._back.closing:
            self._back = None
        if self._transport is not None and head is not None:
            self.write = self._transport.write
            self.write(head(self._back is not None) + self._wire.begin + data)

    def _go_back(self) -> None:
        """Give the transport back, on which another request may come: once the peer has read the answer."""
        transport, back = self._transport, self._back
        if transport is None or self._paused or transport.is_closing():
            return
        if back is None:  # it went on talking meanwhile
            transport.close()
            self._limit_time()
            return
        self._back = None
        self._leave()
        back.come_back(transport, self._rest)

    def _leave(self) -> None:
        """Be without a transport."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._transport = None
        self._tell_closed(self._close or LOST)
        self.write = _drop
        on_lost, self._on_lost = self._on_lost, None
        if on_lost is not None:
            on_lost(self)

    def _limit_time(self) -> None:
        """Drop the socket after a while unless it ends before."""
        if self._timer is None and self._transport is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._settings.close_timeout_s, self._transport.abort)

    def _tell_closed(self, close: Close) -> None:
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.closed(close)


def _drop(data: bytes) -> None:
    """Take the place of `write` where there is no socket."""
