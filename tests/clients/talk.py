"""The Centrifuge protocol by hand, over a WebSocket that is not ours: for what no SDK would ever say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 60.0


class Talk:
    """A connection whose commands the test decides; pushes are kept, pings are answered while it reads."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)
        self._replies: list[dict[str, Any]] = []
        self.pushes: list[dict[str, Any]] = []
        self.answers = True
        """Whether pings are answered."""

    async def say(self, text: str | bytes) -> None:
        """Send a frame as it is."""
        await self._socket.send(text)

    async def ask(self, method: str, /, **fields: object) -> dict[str, Any]:
        """Send a command, and return the whole reply."""
        number = next(self._ids)
        await self.say(json.dumps({"id": number, method: fields}))
        return await self.reply(number)

    async def result(self, method: str, /, **fields: object) -> dict[str, Any]:
        """Send a command that must be granted, and return its result."""
        reply = await self.ask(method, **fields)
        assert method in reply, reply
        result: dict[str, Any] = reply[method]
        return result

    async def error(self, method: str, /, **fields: object) -> int:
        """Send a command that must be refused, and return the error's code."""
        reply = await self.ask(method, **fields)
        assert "error" in reply, reply
        return int(reply["error"]["code"])

    async def verdict(self, method: str, /, **fields: object) -> int:
        """Send a command, and return the code that refuses it or closes the connection; 0: granted."""
        try:
            reply = await self.ask(method, **fields)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, "it broke off"
            return closed.rcvd.code
        return int(reply["error"]["code"]) if "error" in reply else 0

    async def reply(self, number: int) -> dict[str, Any]:
        """Return the reply to a command, whatever comes before it."""
        while True:
            for reply in self._replies:
                if reply["id"] == number:
                    self._replies.remove(reply)
                    return reply
            await self._read()

    async def push(self, kind: str) -> dict[str, Any]:
        """Return the next push of a kind, and forget those before it."""
        while True:
            while self.pushes:
                push = self.pushes.pop(0)
                if kind in push:
                    return push
            await self._read()

    async def end(self) -> tuple[int, str]:
        """Wait until the server closes the connection, and return its code and reason."""
        try:
            while True:
                await self._read()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, "it broke off"
            return closed.rcvd.code, closed.rcvd.reason

    async def _read(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            frame = await self._socket.recv()
        assert isinstance(frame, str)
        for line in frame.split("\n"):
            said = json.loads(line)
            if said == {}:
                if self.answers:
                    await self.say("{}")
            elif "id" in said:
                self._replies.append(said)
            else:
                self.pushes.append(said["push"])


@asynccontextmanager
async def talking(
    port: int, path: str = "/connection/websocket", origin: str | None = None
) -> AsyncIterator[Talk]:
    """Open a connection, on which nobody introduced themselves yet."""
    where = f"ws://127.0.0.1:{port}{path}"
    headers = {"Origin": origin} if origin else {}
    async with connect(where, proxy=None, additional_headers=headers) as socket:
        yield Talk(socket)
