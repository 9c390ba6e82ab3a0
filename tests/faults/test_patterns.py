"""Patterns over real engines: two nodes, ten channels, and a feed that is cut again and again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from hubbub.brokers.contract import Broker
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.brokers.sqlite.broker import SqliteBroker
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.clock import SystemClock
from hubbub.hub.hub import Hub
from hubbub.hub.permissions.namespaces import Namespace, Namespaces
from hubbub.hub.settings import HubSettings
from tests.hub.stage import Listener, until
from tests.hub.test_patterns import SHOWN, seen
from tests.servers import RedisServer

pytestmark = pytest.mark.faults

ROOMS = [f"news:{number}" for number in range(10)]


@asynccontextmanager
async def hub_on(broker: Broker, node: str) -> AsyncIterator[Hub]:
    """Run one node that ticks quickly."""
    settings = HubSettings(linger_s=0.2, audit_interval_s=0.3)
    hub = Hub(broker, Namespaces(Namespace(patterns=True)), settings, SystemClock())
    await broker.start(node, hub)

    async def tick() -> None:
        while True:
            hub.tick()
            await asyncio.sleep(0.05)

    ticker = asyncio.create_task(tick())
    try:
        yield hub
    finally:
        ticker.cancel()
        await hub.close()
        await broker.close()


async def follow(hub: Hub, name: str, channel: str) -> Listener:
    listener = Listener(name)
    listener.encoding = SHOWN
    await hub.attach(listener, listener.wish(channel))
    return listener


def publish(hub: Hub, room: str, number: int) -> asyncio.Future[object]:
    return asyncio.ensure_future(hub.publish(room, json.dumps(number).encode()))


def count(listener: Listener) -> int:
    return listener.data.count(b"\n")


def by_room(listener: Listener) -> dict[str, list[object]]:
    """Return what came in each room, whose offsets have no hole and no repetition."""
    got: dict[str, list[object]] = {}
    for each in seen(listener):
        room = got.setdefault(each.channel or each.followed, [])
        room.append(each.data)
        assert each.offset == len(room)
    return got


def assert_whole(numbers: list[object]) -> None:
    """See all numbers of both nodes, each node's in its order; between the two there is none."""
    odd, even = ([n for n in numbers if isinstance(n, int) and n % 2 == rest] for rest in (1, 0))
    assert (odd, even) == ([*range(1, 202, 2)], [*range(2, 202, 2)])


async def test_a_feed_that_is_cut_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """While two nodes publish, their feeds are killed, and a name and another pattern come and go."""
    with RedisServer(tmp_path, socket_only=True) as server:
        settings = RedisSettings(url=server.url)
        async with AsyncExitStack() as nodes:
            one, two = [
                await nodes.enter_async_context(hub_on(RedisBroker(settings, SystemClock()), node))
                for node in ("one", "two")
            ]
            ann = await follow(one, "ann", "news:*")
            bob = await follow(two, "bob", "news:1")
            await asyncio.gather(*(publish(two, room, 1) for room in ROOMS))
            await until(lambda: count(ann) == len(ROOMS))
            published: list[asyncio.Future[object]] = []
            for number in range(2, 202):
                published += [publish(one if number % 2 else two, room, number) for room in ROOMS]
                if number % 40 == 0:
                    server.cli("CLIENT", "KILL", "TYPE", "pubsub")
                if number % 20 == 10:
                    cid = await follow(one, f"cid{number}", "news:3")
                    dan = await follow(one, f"dan{number}", "news:3*")
                elif number % 20 == 0:
                    one.detach(cid.info, "news:3", SHOWN)
                    one.detach(dan.info, "news:3*", SHOWN)
                await asyncio.sleep(0.005)
            await asyncio.gather(*published)
            await until(lambda: count(ann) >= 201 * len(ROOMS))
            await until(lambda: count(bob) >= 201)
            heals = one.statistics.heals

    at_ann, at_bob = by_room(ann), by_room(bob)
    assert (set(at_ann), set(at_bob)) == ({*ROOMS}, {"news:1"})
    for numbers in at_ann.values():
        assert_whole(numbers)
    assert at_bob["news:1"] == at_ann["news:1"]
    assert heals > 0


async def test_the_pattern_ends_and_the_name_goes_on(tmp_path: Path) -> None:
    """What a pattern brought comes by its name from then on, under traffic, without a gap or a repair."""
    with RedisServer(tmp_path, socket_only=True) as server:
        async with hub_on(RedisBroker(RedisSettings(url=server.url), SystemClock()), "one") as hub:
            ann = await follow(hub, "ann", "news:*")
            bob = await follow(hub, "bob", "news:1")
            published: list[asyncio.Future[object]] = []
            for number in range(1, 301):
                published += [publish(hub, room, number) for room in ROOMS[:3]]
                if number == 100:
                    hub.detach(ann.info, "news:*", SHOWN)
                await asyncio.sleep(0.003)
            await asyncio.gather(*published)
            await until(lambda: count(bob) >= 300)
            await until(lambda: server.cli("PUBSUB", "NUMPAT") == "0")
            channels = {each.name for each in hub._following}
            heals = hub.statistics.heals

    assert by_room(bob) == {"news:1": list(range(1, 301))}
    assert channels == {"news:1"}
    assert heals == 0


async def test_one_process_with_a_file_has_patterns_too(tmp_path: Path) -> None:
    broker = SqliteBroker(SqliteSettings(tmp_path / "hubbub.db"), SystemClock())
    async with hub_on(broker, "one") as hub:
        ann = await follow(hub, "ann", "news:*")
        bob = await follow(hub, "bob", "news:1")
        await asyncio.gather(
            *(publish(hub, room, number) for number in range(1, 51) for room in ROOMS)
        )
        await until(lambda: count(ann) >= 50 * len(ROOMS))

    assert by_room(ann) == {room: list(range(1, 51)) for room in ROOMS}
    assert by_room(bob) == {"news:1": list(range(1, 51))}
