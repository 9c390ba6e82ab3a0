"""An echo over the real listener and the real WebSocket layer, for Autobahn and for measurements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import uvicorn

from hubbub.dialects.contract import Request
from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.server.listener import Listener
from hubbub.sessions.contract import Accepted, Carrier, Connection, Headers
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.websocket.protocol import WebSocketSettings

MESSAGE_LIMIT = 32 * 1024 * 1024


class Echo:
    """Send every message back, and read no faster than the peer does."""

    connection: Connection

    def opened(self, connection: Connection) -> None:
        self.connection = connection

    def received(self, packet: Packet) -> None:
        self.connection.send(packet)

    def heard(self) -> None:
        pass

    def congested(self) -> None:
        self.connection.pause_reading()

    def drained(self) -> None:
        self.connection.resume_reading()

    def closed(self, close: Close) -> None:
        del self.connection


class EchoDoor:
    """Let everybody in."""

    def admit(
        self, request: Request, offered: Sequence[str], carrier: Carrier = "websocket"
    ) -> Accepted:
        return Accepted(Echo())

    def stream(self, path: str) -> None:
        return None

    def greet(self, headers: Mapping[str, str]) -> Headers:
        return ()


@asynccontextmanager
async def echo_server() -> AsyncIterator[int]:
    """Run an echo server on a free port of loopback; give the port."""
    settings = ListenerSettings(websocket=WebSocketSettings(message_limit=MESSAGE_LIMIT))
    listener = Listener(EchoDoor(), settings)
    async with serving(listener) as port:
        yield port


@asynccontextmanager
async def serving(listener: Listener) -> AsyncIterator[int]:
    """Run a listener in front of an app that knows nothing, on a free port of loopback; give the port."""

    async def nothing(scope: object, receive: object, send: object) -> None:
        raise RuntimeError("an echo server has no pages")

    config = uvicorn.Config(
        nothing, port=0, http=listener.http_class(), ws="none", lifespan="off", log_level="critical"
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        for websocket in list(listener.carriers):
            websocket.abort()
        await asyncio.wait_for(server.shutdown(), 5)
