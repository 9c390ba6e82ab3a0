"""One cell of the matrix for PyPI `centrifuge-python`: clients that note what happens to them."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import jwt
from centrifuge import CentrifugeError, Client  # type: ignore[import-untyped]

from tests.clients.api import call
from tests.clients.engines import Site
from tests.e2e.road import Road

PATIENCE_S = 60.0

_numbers = count(1)


async def until(what: str, fact: Callable[[], Any]) -> Any:  # noqa: ANN401 (whatever the fact is)
    """Wait until `fact()` gives something true, and return it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := fact()):
        assert time.monotonic() < deadline, f"in vain: {what}"
        await asyncio.sleep(0.01)
    return value


class Notebook:
    """Be the event handler of a client or a subscription, and note every event with its context."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Callable[[Any], Awaitable[None]]:
        if not name.startswith("on_"):
            raise AttributeError(name)

        async def note(context: object) -> None:
            self.notes.append((name.removeprefix("on_"), context))

        return note

    def of(self, event: str) -> list[Any]:
        """Return the contexts of one event, in order."""
        return [context for name, context in self.notes if name == event]

    async def first(self, event: str) -> Any:  # noqa: ANN401 (the SDK's contexts)
        """Wait for an event, and return its first context."""
        return (await until(event, lambda: self.of(event)))[0]


class Room(Notebook):
    """A subscription, and its notes."""

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self._cell = cell
        self.subscription: Any = None

    def seen(self) -> list[Any]:
        """Return what the subscriber was shown, in order."""
        return [self._cell.unpack(each.pub.data) for each in self.of("publication")]

    async def shows(self, number: int) -> None:
        """Wait until that many publications were shown."""
        await until(f"{number} publications", lambda: len(self.seen()) >= number)


class Actor(Notebook):
    """A client of the SDK."""

    def __init__(self, cell: Cell, port: int, **options: object) -> None:
        super().__init__()
        self._cell = cell
        self.client = Client(
            f"ws://127.0.0.1:{port}/connection/websocket",
            events=self,
            use_protobuf=cell.binary,
            min_reconnect_delay=0.02,
            max_reconnect_delay=0.2,
            proxy=None,
            **options,
        )

    async def connected(self) -> Actor:
        """Wait until it is connected."""
        await self.client.connect()
        await self.client.ready(PATIENCE_S)
        return self

    async def ask(self, channel: str, **options: object) -> Room:
        """Subscribe without waiting for the answer."""
        room = Room(self._cell)
        room.subscription = self.client.new_subscription(
            channel,
            events=room,
            min_resubscribe_delay=0.02,
            max_resubscribe_delay=0.2,
            **options,
        )
        await room.subscription.subscribe()
        return room

    async def follow(self, channel: str, **options: object) -> Room:
        """Subscribe."""
        room = await self.ask(channel, **options)
        await room.subscription.ready(PATIENCE_S)
        return room

    async def publish(self, channel: str, value: object) -> None:
        """Publish a value."""
        await self.client.publish(channel, self._cell.pack(value))

    async def rpc(self, method: str, value: object) -> Any:  # noqa: ANN401 (whatever it answers)
        """Call a method of the application."""
        return self._cell.unpack((await self.client.rpc(method, self._cell.pack(value))).data)


async def settle() -> None:
    """Wait until all tasks have ended: the SDK closes its sockets in some that nobody waits for."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=PATIENCE_S)


class Cell:
    """The SDK in one encoding, against one server, with all that a scenario needs there."""

    def __init__(self, site: Site, stack: AsyncExitStack, *, binary: bool) -> None:
        self.site = site
        self.binary = binary
        self._stack = stack
        stack.push_async_callback(settle)

    def channel(self, namespace: str) -> str:
        """Return the name of a channel that nobody else uses."""
        return f"{namespace}:py-{os.getpid()}-{next(_numbers)}"

    def token(self, **claims: object) -> str:
        """Make a token of these claims."""
        return jwt.encode({"exp": int(time.time()) + 600, **claims}, self.site.secret, "HS256")

    def actor(self, user: str, *, road: Road | None = None, **options: object) -> Actor:
        """Return a client that does not connect yet; `token` or `get_token` take the usual one's place."""
        claims = options.pop("claims", {})
        assert isinstance(claims, dict)
        if "get_token" not in options:
            options.setdefault("token", self.token(sub=user, **claims))
        port = int(road.url.rstrip("/").rpartition(":")[2]) if road else self.site.served.port
        actor = Actor(self, port, **options)
        self._stack.push_async_callback(actor.client.disconnect)
        return actor

    async def road(self) -> Road:
        """Return a road to the server that can be cut."""
        return await self._stack.enter_async_context(Road(self.site.served.port))

    def pack(self, value: object) -> object:
        """Return a value as the SDK wants it: Protobuf carries bytes."""
        return json.dumps(value).encode() if self.binary else value

    def unpack(self, data: Any) -> Any:  # noqa: ANN401 (whatever the payload is)
        """Return the value of a payload."""
        if not self.binary:
            return data
        return json.loads(data) if data else None

    async def api(self, method: str, **body: object) -> dict[str, Any]:
        """Call a method of the server's API, and return its result."""
        site = self.site
        return await asyncio.to_thread(lambda: call(site.served.port, method, site.key, **body))


async def code_of(doing: Awaitable[object]) -> int:
    """Return the code with which something is refused."""
    try:
        await doing
    except CentrifugeError as refused:
        return int(refused.code)
    raise AssertionError("it was not refused")


def numbers(first: int, last: int) -> list[dict[str, int]]:
    return [{"n": n} for n in range(first, last + 1)]


async def two(cell: Cell) -> tuple[Actor, Actor]:
    return await cell.actor("zhang").connected(), await cell.actor("li").connected()
