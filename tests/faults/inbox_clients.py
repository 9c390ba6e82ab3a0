"""A user who is hardly ever connected, and one who writes to that user, over plain WebSockets."""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

ANSWER_S = 20.0
"""Seconds after which an answer is given up; whether it was done is then unknown."""
IN_FLIGHT = 100
"""Messages that wait for an answer at once."""
LEFT = 20
"""Messages that are acknowledged only in a later life of the connection, at most."""

_AWAY = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError, EOFError)
"""What a client meets when its worker dies, or is not there yet."""


class Line:
    """One connection in the JSON format: questions with their answers, and what comes by itself."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.pushed: deque[dict[str, Any]] = deque()
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        with suppress(*_AWAY):
            async for text in self.socket:
                said = json.loads(text)
                waiting = self._asked.pop(said.get("id", 0), None)
                if waiting is None:
                    self.pushed.append(said)
                elif not waiting.done():
                    waiting.set_result(said)
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError())

    async def ask(self, name: str, **body: object) -> dict[str, Any]:
        """Return what an operation answers. Raises one of `_AWAY`, or AssertionError for an error."""
        self._number += 1
        number = self._number
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"type": f"hubbub.{name}", "id": number, **body}))
        async with asyncio.timeout(ANSWER_S):
            said = await answer
        if said["type"] == "error" and said.get("temporary"):
            raise ConnectionResetError(said["message"])
        assert said["type"] == "answer", said
        data: dict[str, Any] = said["data"]
        return data

    async def wait(self, seconds: float) -> None:
        """Let time pass, or the connection end."""
        await asyncio.wait((self._reading,), timeout=seconds)

    async def close(self) -> None:
        self.socket.transport.abort()
        self._reading.cancel()
        await asyncio.wait((self._reading,))


@asynccontextmanager
async def line(port: int, user: str, device: str = "") -> AsyncIterator[Line]:
    """Be connected to some worker, as one device of a user, until the socket is cut."""
    query = f"format=json&user={user}" + (f"&device={device}" if device else "")
    url = f"ws://127.0.0.1:{port}/ws/{quote(f'#{user}')}?{query}"
    socket = await connect(url, compression=None, max_queue=None, close_timeout=0.1)
    one = Line(socket)
    try:
        yield one
    finally:
        await one.close()


class Writer:
    """Send numbers, each once, whatever happens to the connection."""

    def __init__(self, port: int, user: str, to: str) -> None:
        self.sent = 0
        self._port, self._user, self._to = port, user, to

    async def send(self, numbers: int, paused: Callable[[], bool]) -> None:
        """Send the numbers from 0 on; `paused` says that enough waits at the other end."""
        waiting = deque(range(numbers))
        while waiting:
            with suppress(*_AWAY):
                async with line(self._port, self._user) as one:
                    await self._send_all(one, waiting, paused)
            await asyncio.sleep(0.01)

    async def _send_all(self, one: Line, waiting: deque[int], paused: Callable[[], bool]) -> None:
        while waiting:
            while paused():
                await asyncio.sleep(0.01)
            some = [waiting[at] for at in range(min(IN_FLIGHT, len(waiting)))]
            sending = [
                one.ask("send", user=self._to, data={"number": n}, key=f"key-{n}") for n in some
            ]
            outcomes = await asyncio.gather(*sending, return_exceptions=True)
            for number, outcome in zip(some, outcomes, strict=True):
                if not isinstance(outcome, BaseException):
                    waiting.remove(number)
                    self.sent += 1
            for outcome in outcomes:
                if isinstance(outcome, BaseException):
                    raise outcome  # what got no answer is sent again, with the same key


class Reader:
    """Handle each message once, while the connection comes and goes every few milliseconds.

    What is handled is acknowledged one by one and in any order, some of it only later. `handled` counts how
    often each message was; `numbers` are what they said, by their offsets.
    """

    def __init__(self, port: int, user: str, seed: int) -> None:
        self.lives = 0
        self.pulls = 0
        self.repeats = 0
        self.refused = 0
        self.handled: dict[str, int] = {}
        self.numbers: dict[int, int] = {}
        self.acknowledged: set[int] = set()
        self._port, self._user = port, user
        self._chance = random.Random(seed)
        self._left: set[int] = set()

    async def live(self, until: Callable[[], bool]) -> None:
        """Come and go until `until` says that it is over."""
        while not until():
            with suppress(*_AWAY):
                async with line(self._port, self._user, "phone") as one:
                    self.lives += 1
                    await one.wait(self._chance.uniform(0.005, 0.05))
                    await self._handle(one)

    async def _handle(self, one: Line) -> None:
        came: list[int] = []
        while one.pushed:
            said = one.pushed.popleft()
            if said["type"] == "message":
                came += self._take(said["offset"], said["tags"]["id"], said["data"])
            elif said["type"] == "subscribed" and not said.get("recovered", True):
                came += await self._pull(one)
        chosen = sorted(self._left) + came
        self._left = set()
        self._chance.shuffle(chosen)
        late = self._chance.randrange(min(LEFT, len(chosen)) + 1)
        self._left, now = set(chosen[:late]), chosen[late:]
        if now:
            self._left |= set(now)  # until it is answered, nothing is known
            await one.ask("inbox_ack", offsets=now[:1000])
            self.acknowledged |= set(now[:1000])
            self._left -= set(now[:1000])

    async def _pull(self, one: Line) -> list[int]:
        """Take what was too much to be given at once."""
        self.pulls += 1
        page = await one.ask("inbox_pull", device="phone")
        assert not page.get("lost"), page
        came: list[int] = []
        for letter in page["messages"]:
            assert letter["offset"] not in self.acknowledged, "an acknowledged message came again"
            came += self._take(letter["offset"], letter["id"], letter["data"])
        return came

    def _take(self, offset: int, id: str, data: dict[str, int]) -> list[int]:
        """Handle a message that is new; return its offset where it is to be acknowledged."""
        if offset in self.numbers:
            self.repeats += 1
            assert self.numbers[offset] == data["number"], "an offset was given twice"
            return [] if offset in self.acknowledged or offset in self._left else [offset]
        self.numbers[offset] = data["number"]
        self.handled[id] = self.handled.get(id, 0) + 1
        return [offset]
