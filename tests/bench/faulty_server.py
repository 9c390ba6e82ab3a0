"""A tiny WebSocket server that is honest or faulty in one known way, to see that the bench notices."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

Behaviour = Callable[[int, int, str], list[str]]
"""What subscriber number `who` is sent when message number `which` (both from 0) is published."""

VICTIM = 1
STRUCK = 3


def honest(who: int, which: int, text: str) -> list[str]:
    return [text]


def drops(who: int, which: int, text: str) -> list[str]:
    return [] if (who, which) == (VICTIM, STRUCK) else [text]


def doubles(who: int, which: int, text: str) -> list[str]:
    return [text, text] if (who, which) == (VICTIM, STRUCK) else [text]


def swaps() -> Behaviour:
    held: list[str] = []

    def behave(who: int, which: int, text: str) -> list[str]:
        if (who, which) == (VICTIM, STRUCK):
            held.append(text)
            return []
        if who == VICTIM and held:
            return [text, held.pop()]
        return [text]

    return behave


class FaultyServer:
    """Send every text to every connection, as `behaviour` has it; close all after `lifetime` messages."""

    def __init__(self, behaviour: Behaviour, *, refuses: bool = False, lifetime: int = 0) -> None:
        self._behaviour = behaviour
        self._refuses = refuses
        self._lifetime = lifetime
        self._members: list[ServerConnection] = []
        self._published = 0

    async def __call__(self, connection: ServerConnection) -> None:
        self._members.append(connection)
        async for text in connection:
            which = self._published
            self._published += 1
            for who, member in enumerate(self._members):
                for out in self._behaviour(who, which, str(text)):
                    await member.send(out)
            if self._published == self._lifetime:
                for member in self._members:
                    await member.close(4000, "enough")

    def judge(self, connection: ServerConnection, request: Request) -> Response | None:
        if self._refuses:
            return connection.respond(HTTPStatus.FORBIDDEN, "no\n")
        return None


@contextmanager
def up(server: FaultyServer) -> Iterator[int]:
    """Run a server in a thread of its own; give its port."""
    started = threading.Event()
    stage: list[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = []

    async def main() -> None:
        listening: Server
        async with serve(
            server, "127.0.0.1", 0, process_request=server.judge, compression=None
        ) as listening:
            port = next(iter(listening.sockets)).getsockname()[1]
            done = asyncio.Event()
            stage.append((asyncio.get_running_loop(), done, port))
            started.set()
            await done.wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    assert started.wait(10)
    loop, done, port = stage[0]
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(20)
