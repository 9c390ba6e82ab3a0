"""Those who take messages from a queue, and die, refuse and forget; and one who sends them. By STOMP."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.dialects.stomp.heard import Heard, read

QUEUE = "/queue/work"
ANSWER_S = 20.0
LOOK_S = 0.5
"""Seconds after which somebody without work looks whether all is done."""
AWAY = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError, EOFError)
"""What a client meets when its worker dies, or is not there yet."""


class Line:
    """One connection, whose frames the test reads itself."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._receipts = count(1)
        self.messages: list[Heard] = []

    async def say(self, command: str, body: str = "", **headers: str) -> None:
        lines = [f"{name.replace('_', '-')}:{value}" for name, value in headers.items()]
        await self._socket.send("\n".join([command, *lines, "", f"{body}\0"]))

    async def hear(self, patience_s: float = ANSWER_S) -> Heard:
        """Return the next frame, and keep it where it is a message."""
        async with asyncio.timeout(patience_s):
            while (data := await self._socket.recv()) == "\n":
                pass
        heard = read(data.encode() if isinstance(data, str) else data)
        assert heard.command != "ERROR", heard
        if heard.command == "MESSAGE":
            self.messages.append(heard)
        return heard

    async def done(self, command: str, body: str = "", **headers: str) -> None:
        """Say a frame, and wait for its receipt. Raises one of `AWAY` where nobody can know."""
        receipt = f"r-{next(self._receipts)}"
        await self.say(command, body, receipt=receipt, **headers)
        while (await self.hear()).headers.get("receipt-id") != receipt:
            pass


@asynccontextmanager
async def line(port: int, login: str) -> AsyncIterator[Line]:
    """Be connected to some worker, until the socket is cut."""
    url = f"ws://127.0.0.1:{port}/stomp"
    socket = await connect(url, compression=None, max_queue=None, close_timeout=0.1, proxy=None)
    try:
        made = Line(socket)
        await made.say("CONNECT", accept_version="1.2", login=login)
        await made.hear()
        yield made
    finally:
        socket.transport.abort()


class Boss:
    """Send numbers, each until it is stored."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.sent = 0

    async def send(self, messages: int, is_enough: Callable[[], bool]) -> None:
        while self.sent < messages:
            try:
                async with line(self._port, "boss") as made:
                    while self.sent < messages:
                        if is_enough():
                            await asyncio.sleep(0.01)
                            continue
                        body = json.dumps(
                            {"id": f"{self.sent}"}
                        )  # sent again, it is the same message
                        await made.done("SEND", body, destination=QUEUE)
                        self.sent += 1
            except AWAY:
                await asyncio.sleep(0.05)


class Books:
    """What became of each message, as those who took them know it."""

    def __init__(self) -> None:
        self.done: Counter[int] = Counter()
        self.unsure: Counter[int] = Counter()
        """Acknowledged, but the connection ended before that was answered."""
        self.refused = self.forgotten = self.lives = 0

    def handled(self) -> set[int]:
        return {*self.done, *self.unsure}


class Hand:
    """Take messages; refuse some, and leave the connection with some."""

    def __init__(self, port: int, books: Books, seed: int) -> None:
        self._port = port
        self._books = books
        self._chance = random.Random(seed)

    async def work(self, is_over: Callable[[], bool]) -> None:
        while not is_over():
            self._books.lives += 1
            try:
                async with line(self._port, "hand") as made:
                    await self._live(made, is_over)
            except AWAY:
                await asyncio.sleep(0.05)

    async def _live(self, made: Line, is_over: Callable[[], bool]) -> None:
        ask = {"ack": "client-individual", "prefetch_count": "5"}
        await made.done("SUBSCRIBE", id="w", destination=QUEUE, **ask)
        while not is_over():
            if not made.messages:
                with suppress(TimeoutError):
                    await made.hear(LOOK_S)
                continue
            message = made.messages.pop(0)
            fate = self._chance.random()
            if fate < 0.02:
                self._books.forgotten += 1
                return
            if fate < 0.1:
                self._books.refused += 1
                await made.done("NACK", id=message.headers["ack"])
                continue
            number = int(json.loads(message.body)["id"])
            self._books.unsure[number] += 1
            await made.done("ACK", id=message.headers["ack"])
            self._books.unsure[number] -= 1
            self._books.done[number] += 1
