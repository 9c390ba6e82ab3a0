"""Requests that receive what a session says: a response that ends once it has taken enough."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from hubbub.errors import NORMAL, Close
from hubbub.framings.sockjs import frames
from hubbub.model import Packet
from hubbub.sessions.contract import Connection
from hubbub.sessions.polls.intermittent import IntermittentConnection
from hubbub.sessions.session import Session


class Host(Protocol):
    """Where such requests go."""

    def arrive(self, receiver: StreamReceiver) -> None:
        """Bring a request to its session, or begin one."""
        ...

    def lose(self, receiver: StreamReceiver) -> None:
        """Learn that a client gave up a request before it had an end."""
        ...


class OrderedReceiver:
    """Be a request (`sessions.polls.intermittent.Receiver`) that came to another node."""

    __slots__ = ("said",)

    single: bool = True

    def __init__(self) -> None:
        self.said: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        """What it takes; b"" where it ends with nothing."""

    def take(self, lines: bytes) -> bool:
        """Bring frames to the other node, the first ones alone."""
        if not self.said.done():
            self.said.set_result(lines)
        return False

    def finish(self) -> None:
        """End the request."""
        self.take(b"")

    def backlog(self) -> int:
        """Return 0: the other node sees to it that its client reads."""
        return 0


class StreamReceiver:
    """Be what a response says (`sessions.contract.Conversation`), and what a session says it to (`Receiver`).

    Args:
        key: whose it is. candidate: makes who talks, if this request begins a session; None: no request may.
        limit: bytes after which the response ends (0: with the first frame), because the page keeps them all.
        host: where it goes.
    """

    __slots__ = (
        "_host",
        "_limit",
        "_slow",
        "_stream",
        "_taken",
        "candidate",
        "connection",
        "key",
        "single",
        "work",
    )

    def __init__(
        self, key: str, candidate: Callable[[], Session] | None, limit: int, host: Host
    ) -> None:
        self.key = key
        self.candidate = candidate
        """Dropped once it is not needed: a request that waits need not keep its headers."""
        self.single = not limit
        self.connection: IntermittentConnection | None = None
        """What it receives from, where that is here."""
        self.work: asyncio.Future[None] | None = None
        """What looks for the session, or brings what it says from elsewhere."""
        self._host = host
        self._limit = limit
        self._slow: asyncio.Future[None] | None = None
        self._stream: Connection | None = None
        self._taken = 0

    @property
    def is_open(self) -> bool:
        """Tell whether anything can be said."""
        return self._stream is not None

    # ── from the session (sessions.polls.intermittent.Receiver) ───────────────────────────────────────

    def take(self, lines: bytes) -> bool:
        """Write frames; tell whether there may be more."""
        if self._stream is None:
            return False
        self._stream.send(Packet(lines))
        self._taken += len(lines)
        return self._taken < self._limit

    def finish(self) -> None:
        """End the response."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close(NORMAL)

    def backlog(self) -> int:
        """Return the bytes that the socket has not taken yet."""
        return 0 if self._stream is None else self._stream.backlog()

    def join(self, connection: IntermittentConnection) -> None:
        """Receive from a session that is here."""
        self.connection, self.candidate = connection, None
        connection.receive(self)

    def say(self, close: Close) -> None:
        """Tell why there is nothing to receive, and end."""
        self.take(frames.line(frames.closing(close)))
        self.finish()

    def part(self) -> None:
        """End without news, so that the client asks again; a request that takes a frame takes a heartbeat."""
        if self.single:
            self.take(frames.line(frames.HEARTBEAT))
        self.finish()

    async def catches_up(self, within_s: float) -> bool:
        """Wait for a client that reads too slowly; tell whether it has caught up within so many seconds."""
        if self._slow is not None:
            await asyncio.wait((self._slow,), timeout=within_s)
        return self._slow is None

    # ── from the transport (sessions.contract.Conversation) ─────────────────────────────────────

    def opened(self, connection: Connection) -> None:
        """Look for the session."""
        self._stream = connection
        self._host.arrive(self)

    def received(self, packet: Packet) -> None:
        """Ignore it: what a client says comes in requests of its own."""

    def heard(self) -> None:
        """Take a sign of life."""
        if self.connection is not None:
            self.connection.session.heard()

    def congested(self) -> None:
        """Learn that the client reads too slowly."""
        if self.connection is not None:
            self.connection.session.congested()
        elif self._slow is None:
            self._slow = asyncio.get_running_loop().create_future()

    def drained(self) -> None:
        """Learn that the client has caught up."""
        if self.connection is not None:
            self.connection.session.drained()
        slow, self._slow = self._slow, None
        if slow is not None and not slow.done():
            slow.set_result(None)

    def closed(self, close: Close) -> None:
        """Learn that the response is over: unless it was ended here, its client has gone."""
        stream, self._stream = self._stream, None
        if stream is not None:
            self._host.lose(self)
