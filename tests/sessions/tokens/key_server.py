"""A key server on loopback that does what a test wants, at the level of bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Return a whole HTTP response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def key_set(*keys: dict[str, Any]) -> bytes:
    """Return the answer that has these keys."""
    return answer(json.dumps({"keys": keys}).encode())


class KeyHouse:
    """Answer every request with `says`; while `open` is not set, with nothing."""

    def __init__(self) -> None:
        self.says: Iterable[bytes] = ()
        self.open = asyncio.Event()
        self.open.set()
        self.asked = 0
        self.url = ""
        self.headers = b""

    def says_keys(self, *keys: dict[str, Any]) -> None:
        self.says = [key_set(*keys)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.headers = await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            await self.open.wait()
            for part in self.says:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def key_house() -> AsyncIterator[KeyHouse]:
    """Run a key server while the block runs."""
    house = KeyHouse()
    server = await asyncio.start_server(house.serve, "127.0.0.1", 0)
    house.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    try:
        yield house
    finally:
        house.says = ()
        house.open.set()
        server.close()
        await server.wait_closed()
