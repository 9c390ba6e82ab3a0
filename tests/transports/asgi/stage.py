"""An ASGI server without sockets: what it is told is kept, and the test says when it takes it."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Message

from tests.transports.wire import until

EVERYBODY = {"subprotocols": [], "headers": [], "query_string": b"", "root_path": ""}


class Server:
    """Hand events to an application, and keep what it sends."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: list[Message] = []
        self.taking = asyncio.Event()
        self.taking.set()
        self.fault: Exception | None = None

    async def receive(self) -> Message:
        return await self.events.get()

    async def send(self, event: Message) -> None:
        await self.taking.wait()
        if self.fault is not None:
            raise self.fault
        self.sent.append(event)

    def say(self, kind: str, **values: object) -> None:
        """Let the application receive something."""
        self.events.put_nowait({"type": kind, **values})

    async def told(self, count: int) -> list[Message]:
        """Return what the application sent, once there is so much of it."""
        await until(lambda: len(self.sent) >= count)
        return self.sent


def websocket(path: str = "/ws", **values: object) -> dict[str, Any]:
    """Return the scope of a WebSocket, as a server gives it."""
    scope = {"type": "websocket", "path": path, "raw_path": path.encode(), **EVERYBODY}
    return scope | {"extensions": {"websocket.http.response": {}}} | values
