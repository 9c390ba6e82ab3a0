"""A real server whose WebSockets end in conversations that remember."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from websockets.asyncio.client import connect

from hubbub.server.listener import Listener
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.websocket.protocol import WebSocketSettings
from tests.conformance.echo_server import serving
from tests.transports.wire import Door, RawClient, Recorder, raw_client, until

LIMIT = 64 * 1024


@dataclass
class Stage:
    """A server and what it knows."""

    port: int
    door: Door
    listener: Listener

    @asynccontextmanager
    async def raw(self, **headers: str) -> AsyncIterator[tuple[RawClient, Recorder]]:
        """Open a WebSocket of which the test decides every byte; give it with its conversation."""
        async with raw_client(self.port) as client:
            await client.upgrade(**headers)
            yield client, self.door.sessions[-1]

    def connect(self, **options: str | None) -> connect:
        """Open a WebSocket of an implementation that is not ours."""
        return connect(f"ws://127.0.0.1:{self.port}/ws", proxy=None, max_size=None, **options)  # type: ignore[arg-type]


@asynccontextmanager
async def staged(
    websocket: WebSocketSettings | None = None, *, echo: bool = False
) -> AsyncIterator[Stage]:
    """Run a server."""
    door = Door(echo=echo)
    chosen = websocket or WebSocketSettings(message_limit=LIMIT, close_timeout_s=5)
    listener = Listener(door, ListenerSettings(websocket=chosen))
    async with serving(listener) as port:
        yield Stage(port, door, listener)
        for session in door.sessions:
            await until(lambda session=session: len(session.closes) == 1)  # type: ignore[misc]
