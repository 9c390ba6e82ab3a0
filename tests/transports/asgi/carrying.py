"""A conversation over a carrier whose server takes things when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.types import Send

from hubbub.errors import Close
from hubbub.transports.asgi.carrier import EventCarrier
from hubbub.transports.asgi.unframing import Unframer
from hubbub.transports.asgi.websocket import AsgiWebSocket
from hubbub.transports.websocket.protocol import WebSocketSettings
from tests.transports.asgi.stage import Server
from tests.transports.wire import Recorder, until

SETTINGS = WebSocketSettings(message_limit=1000, close_timeout_s=0.05, high_water=1000)

Make = Callable[[Recorder, Send], EventCarrier]


def websocket_of(settings: WebSocketSettings) -> Make:
    """Return what makes a WebSocket with these bounds."""
    return lambda talk, send: AsgiWebSocket(talk, settings, Unframer(), send)


class Stage:
    """A conversation over a server."""

    def __init__(self, make: Make) -> None:
        self.server = Server()
        self.talk = Recorder()
        self.carrier = make(self.talk, self.server.send)
        self.task = asyncio.create_task(self.carrier.carry(self.server.receive))

    async def ended(self) -> list[Close]:
        """Wait until the carrier has nothing left to do, and return how the conversation was closed."""
        await asyncio.wait_for(self.task, 30)
        return self.talk.closes


@asynccontextmanager
async def carrying(make: Make | WebSocketSettings = SETTINGS) -> AsyncIterator[Stage]:
    """Carry a conversation, over a WebSocket unless `make` makes something else."""
    stage = Stage(websocket_of(make) if isinstance(make, WebSocketSettings) else make)
    await until(lambda: "opened" in stage.talk.told)
    try:
        yield stage
    finally:
        stage.server.taking.set()
        stage.task.cancel()
        await asyncio.gather(stage.task, return_exceptions=True)
        assert len(stage.talk.closes) == 1
