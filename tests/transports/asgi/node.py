"""A node that does nothing but say what was done to it, and a real uvicorn in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.asyncio.client import connect

from hubbub.errors import SHUTDOWN
from hubbub.transports.asgi.application import AsgiApp
from hubbub.transports.asgi.carriage import Hosting
from hubbub.transports.asgi.lifespan import Life, claim
from hubbub.transports.listening import ListenerSettings
from tests.transports.wire import DEADLINE_S, Door

TAKING = {"ws": "websockets-sansio", "http": "httptools"}
"""Options of a uvicorn that lets transports go."""
EVENTS = {"ws": "wsproto", "http": "h11"}
"""Options of one that does not."""


def visit(port: int, path: str = "/ws", **options: Any) -> connect:  # noqa: ANN401
    """Open a WebSocket by an implementation that is not ours."""
    return connect(f"ws://127.0.0.1:{port}{path}", proxy=None, **options)


@dataclass
class Node:
    """Keep what was done; `fault` is what the next start raises."""

    doors: Door = field(default_factory=Door)
    done: list[str] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None
    fault: Exception | None = None
    starting_s: float = 0.0

    async def start(self) -> None:
        self.loop = claim(self.loop)
        self.done.append("start")
        await asyncio.sleep(self.starting_s)
        fault, self.fault = self.fault, None
        if fault is not None:
            self.loop = None
            raise fault

    async def drain(self, seconds: float) -> None:
        self.done.append("drain")
        for session in self.doors.sessions:
            session.connection.close(SHUTDOWN)

    async def stop(self) -> None:
        if self.loop is not None:
            self.done.append("stop")
        self.loop = None

    async def site(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)
        await send({"type": "http.response.body", "body": b"the site"})


def application(
    node: Node, settings: ListenerSettings | None = None, **hosting: bool
) -> tuple[AsgiApp, Life]:
    """Return the application of a node, and the life that it has in its host."""
    life = Life(node, 0.0, 1.0)
    return AsgiApp(node, life, Hosting(settings or ListenerSettings(), **hosting)), life


@dataclass
class Running:
    """A uvicorn in this event loop."""

    server: uvicorn.Server
    port: int

    @property
    def connections(self) -> set[Any]:
        return self.server.server_state.connections


@asynccontextmanager
async def uvicorned(app: ASGIApp, **options: Any) -> AsyncIterator[Running]:  # noqa: ANN401
    """Run an application as `uvicorn app:app` does, on a free port, from entering to leaving."""
    chosen: dict[str, Any] = {"log_config": None, "log_level": "error", "port": 0, **options}
    server = uvicorn.Server(uvicorn.Config(app, **chosen))
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not server.started:
                await asyncio.sleep(0.005)
        yield Running(server, server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        await asyncio.wait_for(serving, DEADLINE_S)
