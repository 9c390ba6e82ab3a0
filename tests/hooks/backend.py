"""A real HTTP backend on loopback that does what the test says, down to the byte."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Manner = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """Which of the backend's connections it came over, from 1."""

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value


def response(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


def answering(answer: object, status: str = "200 OK", *headers: str) -> Manner:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    async def answer_it(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(response(body, status, *headers))

    return answer_it


def saying(raw: bytes, *, then_close: bool = True) -> Manner:
    async def say(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        if then_close:
            writer.close()

    return say


async def silent(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Never answer."""


async def hang_up(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.close()


@dataclass
class Backend:
    """Answer each request as `manners` says, in turn; the last manner stays."""

    manners: list[Manner] = field(default_factory=lambda: [answering({"result": {}})])
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def behave(self, *manners: Manner) -> None:
        self.manners = list(manners)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._writers.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                asked = await self._read(reader, number)
                self.asked.append(asked)
                manner = self.manners.pop(0) if len(self.manners) > 1 else self.manners[0]
                await manner(asked, writer)
                await writer.drain()
        writer.close()
        self._writers.discard(writer)

    async def _read(self, reader: asyncio.StreamReader, number: int) -> Asked:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(":", 1) for line in head[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Asked(head[0].split(" ")[1], headers, body, number)

    def drop_all(self) -> None:
        """Cut every connection."""
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def running(
    *manners: Manner, tls: ssl.SSLContext | None = None, port: int = 0
) -> AsyncIterator[Backend]:
    backend = Backend()
    if manners:
        backend.behave(*manners)
    server = await asyncio.start_server(backend.serve, "127.0.0.1", port, ssl=tls)
    backend.port = server.sockets[0].getsockname()[1]
    try:
        yield backend
    finally:
        server.close()
        backend.drop_all()
        await server.wait_closed()
        await asyncio.sleep(0)
