"""A conversation whose server speaks for us: what WebSockets and streams over plain ASGI events share.

The server's call of the application is the one task of a connection, and reads; a second one writes, only
while there is something to be written, because ASGI's `send` waits. Dead peers are the server's business.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

import structlog
from starlette.types import Message as AsgiEvent
from starlette.types import Receive, Send

from hubbub.errors import ABORTED, LOST, SHUTDOWN, Close
from hubbub.model import Packet
from hubbub.sessions.contract import Conversation

_log = structlog.get_logger(__name__)

FAREWELL_S = 1.0
"""Seconds in which a server that cancels us may still take our last words."""
_LOW_WATER = 4
"""A congested carrier has drained when its backlog is below this fraction of the high water mark."""


class Bounds(Protocol):
    """What bounds a carrier."""

    @property
    def close_timeout_s(self) -> float:
        """Return how long an end may take, in seconds."""
        ...

    @property
    def high_water(self) -> int:
        """Return the backlog in bytes above which a conversation is congested."""
        ...


class EventCarrier:
    """Carry a conversation (`sessions.contract.Connection`) over a server's `receive` and `send`.

    A kind of carrier says how it listens, and what events its bytes and its end become.
    """

    __slots__ = (
        "_backlog",
        "_bounds",
        "_close",
        "_congested",
        "_conversation",
        "_limit",
        "_queue",
        "_send",
        "_writer",
        "frame",
        "write",
    )

    frame: Callable[[Packet], bytes]
    write: Callable[[bytes], None]

    def __init__(self, conversation: Conversation, bounds: Bounds, send: Send) -> None:
        self._conversation: Conversation | None = conversation
        self._bounds = bounds
        self._send = send
        self._limit: asyncio.Timeout | None = None
        self._queue: deque[bytes | Close] = deque()
        self._backlog = 0
        self._congested = False
        self._writer: asyncio.Task[None] | None = None
        self._close: Close | None = None
        """Why it ends, as soon as it does."""
        self.write = self._enqueue

    # ── what a kind of carrier says ─────────────────────────────────────────────────────────────

    async def _listen(self, conversation: Conversation, receive: Receive) -> None:
        """Hand on what the peer says, and return when it has left."""
        raise NotImplementedError

    def _events(self, data: bytes) -> Iterable[AsgiEvent]:
        """Return what tells the server to write bytes that `frame` made."""
        raise NotImplementedError

    def _last(self, close: Close) -> AsgiEvent:
        """Return what tells the server to end."""
        raise NotImplementedError

    # ── its life ────────────────────────────────────────────────────────────────────────────────

    async def carry(self, receive: Receive) -> None:
        """Be the connection until it ends; the server closes the socket when this returns."""
        conversation = self._conversation
        if conversation is None:
            return
        try:
            async with asyncio.timeout(None) as self._limit:
                conversation.opened(self)
                await self._listen(conversation, receive)
        except TimeoutError:
            self._close = self._close or ABORTED
        except asyncio.CancelledError:
            await self._take_leave()
            raise
        finally:
            self._end()

    def _end_within(self, seconds: float) -> None:
        """Return from `carry` after some seconds unless it ends before."""
        limit = self._limit
        if limit is None:
            return
        deadline = asyncio.get_running_loop().time() + seconds
        when = limit.when()
        if when is None or deadline < when:
            limit.reschedule(deadline)

    async def _take_leave(self) -> None:
        """Say that we end, because a server cancels what has not ended when it shuts down."""
        if self._close is None:
            self._close = SHUTDOWN
            self._stop_writing()
            with suppress(Exception):
                async with asyncio.timeout(FAREWELL_S):
                    await self._send(self._last(SHUTDOWN))

    def _end(self) -> None:
        self._limit = None
        self._close = self._close or LOST
        self._stop_writing()
        self._tell_closed(self._close)

    def _tell_closed(self, close: Close) -> None:
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.closed(close)

    # ── from the conversation (sessions.contract.Connection) ────────────────────────────────────

    says_close: bool

    def send(self, packet: Packet) -> None:
        """Frame a packet and queue it; ignored once closing."""
        self.write(self.frame(packet))

    def ping(self) -> None:
        """Take the peer for alive: watching it is the server's business, whose end ends us."""
        if self._conversation is not None:
            self._conversation.heard()

    def close(self, close: Close) -> None:
        """End behind all that is queued, as soon as the peer has seen it or the time is over. Idempotent."""
        if self._close is None:
            self._close = close
            self._queue.append(close)
            self._begin_writing()
            self.resume_reading()  # the peer's end stands behind what was left unread
            self._end_within(self._bounds.close_timeout_s)

    def abort(self) -> None:
        """Drop all that is queued, and end."""
        self._close = self._close or ABORTED
        self._queue.clear()
        self._end_within(0.0)

    def backlog(self) -> int:
        """Return the bytes that the server has not taken yet."""
        return self._backlog

    def pause_reading(self) -> None:
        """Take no more from the server; without effect where nothing is read."""

    def resume_reading(self) -> None:
        """Read on."""

    # ── writing ─────────────────────────────────────────────────────────────────────────────────

    def _enqueue(self, data: bytes) -> None:
        if self._close is not None:
            return
        self._queue.append(data)
        self._backlog += len(data)
        self._begin_writing()
        if self._backlog > self._bounds.high_water and not self._congested:
            self._congested = True
            if self._conversation is not None:
                self._conversation.congested()

    def _begin_writing(self) -> None:
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    def _stop_writing(self) -> None:
        self._queue.clear()
        if self._writer is not None:
            self._writer.cancel()

    async def _write(self) -> None:
        """Send what is queued, in order."""
        try:
            while self._queue:
                item = self._queue.popleft()
                if isinstance(item, Close):
                    await self._send(self._last(item))
                    return
                for event in self._events(item):
                    await self._send(event)
                self._backlog -= len(item)
                self._check_drained()
        except Exception as fault:  # noqa: BLE001 - each server says in its own words that the peer is gone
            _log.debug("a client could not be written to", fault=repr(fault))
            self.abort()
        finally:
            self._writer = None

    def _check_drained(self) -> None:
        if self._congested and self._backlog < self._bounds.high_water // _LOW_WATER:
            self._congested = False
            if self._conversation is not None:
                self._conversation.drained()
