"""What tests of sockets share: a conversation that remembers, a door to it, raw clients, client frames."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.frames import Frame, Opcode

from hubbub.dialects.contract import Request
from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.sessions.contract import Accepted, Carrier, Connection, Headers, Refusal
from hubbub.sessions.origins import readable_by
from hubbub.transports.websocket.handshake import accept_token

DEADLINE_S = 60.0
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HEAD = {
    "Host": "hubbub.test",
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}


STREAMS: dict[str, Carrier] = {
    "/sse": "sse",
    "/lines": "http_stream",
    "/xhr": "xhr",
    "/events": "eventsource",
}
"""Which paths lead to which kind of stream."""


class Recorder:
    """Remember what the transport tells, and echo if asked to."""

    connection: Connection

    def __init__(self, *, echo: bool = False) -> None:
        self.echo = echo
        self.packets: list[Packet] = []
        self.told: list[str] = []
        self.closes: list[Close] = []

    def opened(self, connection: Connection) -> None:
        self.connection = connection
        self.told.append("opened")

    def received(self, packet: Packet) -> None:
        self.packets.append(packet)
        if self.echo:
            self.connection.send(packet)

    def heard(self) -> None:
        self.told.append("heard")

    def congested(self) -> None:
        self.told.append("congested")

    def drained(self) -> None:
        self.told.append("drained")

    def closed(self, close: Close) -> None:
        self.closes.append(close)


@dataclass
class Door:
    """Let everybody in at `/ws` and at streams, refuse `/closed`; remember who asked for what.

    Pages of `http://evil` may not ask for a stream.
    """

    echo: bool = False
    subprotocol: str | None = None
    sessions: list[Recorder] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    offered: list[Sequence[str]] = field(default_factory=list)

    def admit(
        self, request: Request, offered: Sequence[str], carrier: Carrier = "websocket"
    ) -> Accepted | Refusal | None:
        if request.path in {"/broken", "/sse/broken"}:
            raise LookupError("the doorkeeper has a fault")
        if request.path in {"/closed", "/sse/closed"}:
            return Refusal(403, "Nobody may come in here.", (("X-Why", "closed"),))
        if not request.path.startswith("/ws" if carrier == "websocket" else tuple(STREAMS)):
            return None
        self.requests.append(request)
        self.offered.append(offered)
        self.sessions.append(Recorder(echo=self.echo))
        return Accepted(self.sessions[-1], self.subprotocol)

    def stream(self, path: str) -> Carrier | None:
        return next((STREAMS[begin] for begin in STREAMS if path.startswith(begin)), None)

    def greet(self, headers: Mapping[str, str]) -> Headers | Refusal:
        origin = headers.get("origin")
        return Refusal(403, "Not from there.") if origin == "http://evil" else readable_by(origin)


def client_frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv1: bool = False, mask: bool = True
) -> bytes:
    """Make a frame as a client sends it, by an implementation that is not ours."""
    data = Frame(Opcode(opcode), payload, fin=fin).serialize(mask=mask)
    return bytes((data[0] | 0x40 * rsv1,)) + data[1:]


def handshake(path: str = "/ws", **headers: str | None) -> bytes:
    """Make an opening handshake; a header given as None is left out. Underscores stand for dashes."""
    chosen: dict[str, str | None] = {**HEAD}
    for name, value in headers.items():
        chosen[name.replace("_", "-")] = value
    lines = [f"{name}: {value}" for name, value in chosen.items() if value is not None]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


class RawClient:
    """A TCP connection whose every byte the test decides."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await asyncio.wait_for(self.writer.drain(), DEADLINE_S)

    async def until(self, end: bytes) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(end), DEADLINE_S)

    async def exactly(self, size: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size), DEADLINE_S)

    async def rest(self) -> bytes:
        """Return everything up to the end; fails where the server resets the connection."""
        return await asyncio.wait_for(self.reader.read(-1), DEADLINE_S)

    async def upgrade(self, path: str = "/ws", **headers: str | None) -> bytes:
        """Open a WebSocket; return the head of the response."""
        await self.send(handshake(path, **headers))
        head = await self.until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert accept_token(KEY).encode() in head
        return head


@asynccontextmanager
async def raw_client(port: int) -> AsyncIterator[RawClient]:
    """Connect to a port of loopback."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, until the deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.002)
