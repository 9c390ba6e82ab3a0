"""A client that polls, without requests."""

from __future__ import annotations

from hubbub.dialects.socketio.conversation import SocketIoDialect
from hubbub.framings.conversation import EngineIo
from hubbub.sessions.operations.commands import handle
from hubbub.sessions.polls.polled import PolledConnection
from hubbub.sessions.session import Session
from tests.hub.stage import turn
from tests.sessions.stage import Floor

NOTHING = b"6"


class Polled:
    """A client that polls."""

    def __init__(self, place: Floor) -> None:
        self.gone: list[PolledConnection] = []
        dialect = EngineIo(SocketIoDialect(1024), ("websocket",), 1024)
        self.session = Session(place.services, dialect, handle)
        self.connection = PolledConnection(self.session, self.gone.append)
        self.session.opened(self.connection)

    async def poll(self, nonce: str = "") -> bytes:
        return await self.connection.poll(nonce, 0.01)

    async def say(self, *packets: str) -> None:
        await self.connection.take("\x1e".join(packets).encode())
        await turn(10)

    async def connect(self) -> Polled:
        assert (await self.poll()).startswith(b'0{"sid":')
        await self.say("40")
        assert (await self.poll()).startswith(b'40{"sid":')
        return self
