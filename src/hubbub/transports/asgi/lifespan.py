"""The life of an app inside somebody else's program: it starts once and ends once, whoever says when.

That may be the host's lifespan, the server's (where we are its root application), or, where a host has none,
the first request.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import structlog
from starlette.types import Receive, Send

from hubbub.errors import LifecycleError

_log = structlog.get_logger(__name__)

LOOK_S = 0.05
"""Seconds between two looks at whether the last sockets are gone; they tell nobody."""


class Node(Protocol):
    """What is started and ended."""

    loop: asyncio.AbstractEventLoop | None
    """Where it runs; None where it does not."""

    async def start(self) -> None:
        """Start. Raises BrokerUnavailable, and LifecycleError where it runs already or has ended."""
        ...

    async def drain(self, seconds: float) -> None:
        """Let nobody in any more, and close all sessions in batches over `seconds`."""
        ...

    async def stop(self) -> None:
        """End everything."""
        ...


class Socket(Protocol):
    """A client's connection, as far as its end goes."""

    def abort(self) -> None:
        """Drop it now."""
        ...


class Life:
    """Start and end a node in a host's event loop.

    Args:
        node: what lives.
        drain_s: seconds over which sessions are closed at the end.
        farewell_s: seconds that clients may then take to close their side.
    """

    __slots__ = ("_drain_s", "_farewell", "_farewell_s", "_lazy", "_node", "_starting", "sockets")

    def __init__(self, node: Node, drain_s: float, farewell_s: float) -> None:
        self._node = node
        self._drain_s = drain_s
        self._farewell_s = farewell_s
        self._starting: asyncio.Task[None] | None = None
        self._farewell: asyncio.Task[None] | None = None
        self._lazy = False
        self.sockets: set[Socket] = set()
        """Connections whose socket is not gone yet."""

    # ── beginning ───────────────────────────────────────────────────────────────────────────────

    async def ensure(self) -> None:
        """Start for a request that comes before anybody started it; one start serves all that wait for it.

        Raises BrokerUnavailable; the next request tries again. Raises LifecycleError in another event loop.
        """
        if self._starting is None:
            if self._node.loop is asyncio.get_running_loop() or self._farewell is not None:
                return
            self._starting = asyncio.get_running_loop().create_task(self._start_lazily())
        starting = self._starting
        try:
            await asyncio.shield(starting)
        finally:
            if starting.done() and self._starting is starting:
                self._starting = None

    async def _start_lazily(self) -> None:
        await self._begin()
        self._lazy = True
        _log.warning(
            "started by its first request, because no lifespan did: what is on its way when the process "
            "ends may be lost; give the host lifespan=app.lifespan"
        )

    async def _begin(self) -> None:
        await self._node.start()
        self._farewell = None
        self._lazy = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run from entering to leaving. Raises BrokerUnavailable, LifecycleError."""
        await self._begin()
        try:
            yield
        finally:
            await self._end()

    # ── ending ──────────────────────────────────────────────────────────────────────────────────

    async def leave(self) -> None:
        """Close all sessions, wait until their sockets are gone, and drop the rest; the first call does it.

        A node that no lifespan will end is ended too.
        """
        if self._farewell is None:
            self._farewell = asyncio.get_running_loop().create_task(self._leave())
        await asyncio.shield(self._farewell)

    async def _leave(self) -> None:
        await self._node.drain(self._drain_s)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._farewell_s
        while self.sockets and loop.time() < deadline:  # noqa: ASYNC110 - sockets tell nobody
            await asyncio.sleep(LOOK_S)
        for socket in list(self.sockets):
            socket.abort()
        if self._lazy:
            await self._node.stop()

    async def _end(self) -> None:
        await self.leave()
        await self._node.stop()

    # ── the server's lifespan ───────────────────────────────────────────────────────────────────

    async def follow(self, receive: Receive, send: Send) -> None:
        """Start and end when the server says so (ASGI, lifespan protocol)."""
        await receive()
        try:
            await self._begin()
        except Exception as fault:  # noqa: BLE001 - the server says it, and does not start
            await send({"type": "lifespan.startup.failed", "message": f"hubbub: {fault}"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        try:
            await self._end()
        except Exception as fault:  # noqa: BLE001 - the server says it
            await send({"type": "lifespan.shutdown.failed", "message": f"hubbub: {fault}"})
            return
        await send({"type": "lifespan.shutdown.complete"})


def claim(here: asyncio.AbstractEventLoop | None) -> asyncio.AbstractEventLoop:
    """Return the running loop for a node that is to start, given the one in which it runs already, if any.

    Raises LifecycleError, saying what to do instead.
    """
    loop = asyncio.get_running_loop()
    if here is None:
        return loop
    if here is loop:
        raise LifecycleError(
            "it runs already: start it once, by lifespan=app.lifespan or async with app.running()"
        )
    if here.is_closed():
        raise LifecycleError(
            "the event loop that it ran in was closed before it was stopped; where a test client made that "
            "loop, use it as a context manager (with TestClient(host) as client), so that lifespans run"
        )
    raise LifecycleError(
        "it runs in another event loop: an app belongs to one loop at a time; make one for each"
    )


def reachable(where: asyncio.AbstractEventLoop | None) -> asyncio.AbstractEventLoop:
    """Return the loop in which a node runs, for a thread that is going to wait for it.

    Raises LifecycleError where it runs nowhere, or where waiting would stop an event loop.
    """
    if where is None:
        raise LifecycleError("it does not run: give the host lifespan=app.lifespan")
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return where
    raise LifecycleError(
        "this thread has an event loop, which must not wait: await app.publish(...)"
    )
