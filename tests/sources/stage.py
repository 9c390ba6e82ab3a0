"""Nodes with both sources on a real Redis, and what their channels have seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis import Redis

from hubbub.app import Hubbub
from hubbub.clock import Clock
from hubbub.config import Settings
from hubbub.model import Publication
from tests.hub.stage import Listener
from tests.servers import RedisServer

ROOM = "stream:chat"
STREAM = "chat_stream"
DEADLINE_S = 60.0


def settings(redis: RedisServer, **changes: Any) -> Settings:  # noqa: ANN401 - any setting
    """Return what both examples together say; `stream` and `push` change the sources' own settings."""
    stream = {
        "name": "stream",
        "type": "redis_stream",
        "url": redis.url,
        "stream": STREAM,
        "channel": ROOM,
        **changes.pop("stream", {}),
    }
    push = {
        "name": "push",
        "type": "redis_pubsub",
        "url": redis.url,
        "prefix": "chat:",
        **changes.pop("push", {}),
    }
    values: dict[str, Any] = {
        "broker": "memory://",
        "sources": [stream, push],
        "namespaces": {
            "stream": {"source": "stream"},
            "chat": {"source": "push", "presence": False},
            "also": {"source": "push", "presence": False},
        },
        "hub": {"linger_s": 0.0},
    }
    return Settings.model_validate(values | changes)


@asynccontextmanager
async def node(
    redis: RedisServer,
    *,
    clock: Clock | None = None,
    **changes: Any,  # noqa: ANN401 - any setting
) -> AsyncIterator[Hubbub]:
    """Run a node in this process."""
    app = Hubbub(settings(redis, **changes), clock)
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


async def history(app: Hubbub, channel: str = ROOM) -> list[Publication]:
    """Return all that a channel keeps, oldest first."""
    found: list[Publication] = []
    while True:
        since = found[-1] if found else None
        position = None
        if since is not None:
            position = (await app.hub.broker.log.tops([channel]))[0]
            position = type(position)(position.epoch, since.offset)
        page = await app.hub.history(channel, 300, position, reverse=False)
        found += page.publications
        if not page.publications:
            return found


async def texts(app: Hubbub, channel: str = ROOM) -> list[str]:
    """Return the texts that a channel keeps, oldest first."""
    return [publication.data.decode() for publication in await history(app, channel)]


async def listen(app: Hubbub, channel: str, name: str = "ann") -> Listener:
    """Follow a channel, live when this returns."""
    listener = Listener(name)
    await app.hub.attach(listener, listener.wish(channel))
    return listener


async def until(fact: Callable[[], Any], seconds: float = DEADLINE_S) -> None:
    """Wait until `fact()` is true, or what it returns is; fail after a while."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = fact()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        assert asyncio.get_running_loop().time() < deadline, "it did not come true in time"
        await asyncio.sleep(0.01)


async def keeps(app: Hubbub, *expected: str, channel: str = ROOM) -> None:
    """Wait until a channel keeps as many texts as expected, and compare them."""

    async def enough() -> bool:
        return len(await texts(app, channel)) >= len(expected)

    await until(enough)
    assert await texts(app, channel) == list(expected)


def client(redis: RedisServer) -> Redis:
    """Return another program's connection."""
    return Redis.from_url(redis.url)


def xadd(redis: RedisServer, messages: Sequence[str | bytes], sender: str = "robot") -> None:
    """Write entries as any other program would, in one go."""
    with client(redis) as other:
        pipeline = other.pipeline(transaction=False)
        for message in messages:
            pipeline.xadd(STREAM, {"sender": sender, "message": message, "timestamp": "1700000000"})
        pipeline.execute()


def connections(redis: RedisServer, part: str = "") -> list[str]:
    """Return the names of our connections in CLIENT LIST that contain `part`, without the node's own."""
    with client(redis) as other:
        names = [one["name"] for one in other.client_list()]
    return sorted(
        name.rpartition(":")[2] for name in names if name.startswith("hubbub:") and part in name
    )
