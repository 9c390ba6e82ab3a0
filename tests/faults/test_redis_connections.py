"""Connections that break while everything is in use: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from hubbub.brokers.contract import Outcome
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import SystemClock
from hubbub.errors import BrokerUnavailable
from hubbub.model import Retention
from tests.brokers.redis.healer import Healer, until
from tests.servers import RedisServer

pytestmark = pytest.mark.faults

ALL = Retention(100_000, 300.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as server:
        yield server


def patient(server: RedisServer) -> RedisSettings:
    """Return settings of a node that waits for a busy machine."""
    return RedisSettings(url=server.url, command_timeout_s=60.0)


@asynccontextmanager
async def started(
    settings: RedisSettings, receiver: Healer, node: str = "node"
) -> AsyncIterator[RedisBroker]:
    broker = RedisBroker(settings, SystemClock())
    await broker.start(node, receiver)
    await receiver.follow(broker)
    try:
        yield broker
    finally:
        await broker.close()


@asynccontextmanager
async def striking(
    server: RedisServer, kind: str, every_s: float = 0.1
) -> AsyncIterator[Counter[str]]:
    """Kill all connections of a kind again and again, and count the strikes."""
    strikes: Counter[str] = Counter()

    async def strike() -> None:
        while True:
            await asyncio.sleep(every_s)
            killed = await asyncio.to_thread(server.cli, "CLIENT", "KILL", "TYPE", kind)
            strikes["killed"] += int(killed)

    task = asyncio.create_task(strike())
    try:
        yield strikes
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def numbers(least: int, enough: Callable[[], bool]) -> Iterator[bytes]:
    """Count up to `least`, and on until `enough()` has been struck."""
    number = 0
    while number < least or not enough():
        yield b"%d" % number
        number += 1


async def publish_many(
    broker: RedisBroker,
    channel: str,
    payloads: Iterable[bytes],
    in_flight: int,
    retention: Retention,
) -> tuple[list[bytes], list[bytes]]:
    """Publish with so many under way at a time; return what was acknowledged, and what failed."""
    left = iter(payloads)
    stored: list[bytes] = []
    failed: list[bytes] = []

    async def publisher() -> None:
        for payload in left:
            try:
                await broker.log.publish(channel, payload, retention)
            except BrokerUnavailable:
                failed.append(payload)
            else:
                stored.append(payload)

    await asyncio.gather(*(publisher() for _ in range(in_flight)))
    return stored, failed


async def test_a_feed_killed_again_and_again_misses_nothing(server: RedisServer) -> None:
    """Every 100 ms the subscription connection dies; with recovery each entry is seen once, in order."""
    healer = Healer("room", ALL)
    async with started(patient(server), healer) as broker:
        async with striking(server, "pubsub") as strikes:
            payloads = numbers(20_000, lambda: strikes["killed"] >= 3 and healer.restored >= 3)
            stored, failed = await publish_many(broker, "room", payloads, 64, ALL)
        await until(lambda: broker.health().ok)
        await healer.settle()

    assert failed == []
    assert [entry.offset for entry in healer.seen] == list(range(1, len(stored) + 1))
    assert {entry.payload for entry in healer.seen} == set(stored)
    assert set(healer.outcomes) == {Outcome.OK}


@pytest.mark.parametrize("size", [0, 10, 1000])
async def test_a_command_connection_killed_while_publishing_doubles_nothing(
    server: RedisServer, size: int
) -> None:
    """What was acknowledged is in the channel once; what was not, at most once; offsets have no hole."""
    retention = Retention(size, 300.0)
    healer = Healer("room", retention)
    async with started(patient(server), healer) as broker:
        async with striking(server, "normal", 0.05) as strikes:
            payloads = numbers(8_000, lambda: strikes["killed"] >= 3)
            stored, failed = await publish_many(broker, "room", payloads, 32, retention)
        last = await broker.log.publish("room", b"last", retention)
        await until(lambda: bool(healer.seen) and healer.seen[-1].payload == b"last")
        seen = Counter(entry.payload for entry in healer.seen)

    assert [entry.offset for entry in healer.seen] == list(range(1, last.position.offset + 1))
    assert max(seen.values()) == 1
    assert set(stored) <= set(seen)
    assert failed == []


async def test_order_survives_a_killed_connection(server: RedisServer) -> None:
    """Publishes made without waiting keep the order of the calls through any number of reconnects."""
    healer = Healer("room", ALL)
    async with started(patient(server), healer) as broker:
        async with striking(server, "normal", 0.03) as strikes:
            futures = []
            for number in numbers(9_000, lambda: strikes["killed"] >= 3):
                futures.append(broker.log.publish("room", number, ALL))
                if number.endswith(b"99"):
                    await asyncio.sleep(0.005)
            stored = await asyncio.gather(*futures)
        count = len(stored)
        await until(lambda: len(healer.seen) == count)

    assert [one.position.offset for one in stored] == list(range(1, count + 1))
    assert [int(entry.payload) for entry in healer.seen] == list(range(count))


@pytest.mark.parametrize("size", [0, 1000])
async def test_what_was_stuck_in_a_given_up_connection_is_not_executed_after_its_repetition(
    server: RedisServer, size: int
) -> None:
    """A server that hangs with our commands unread executes them once, on one connection or the other."""
    retention = Retention(size, 300.0)
    healer = Healer("room", retention)
    async with started(patient(server), healer) as broker:
        server.pause()
        futures = [broker.log.publish("room", b"%d" % number, retention) for number in range(50)]
        await asyncio.sleep(0)
        broker._commands.drop("given up by a test")
        # The kernel accepts the new connection for the stopped server, and takes its greeting.
        await asyncio.sleep(0.3)
        server.resume()
        stored = await asyncio.gather(*futures)
        await broker.log.publish("room", b"last", retention)
        await until(lambda: bool(healer.seen) and healer.seen[-1].payload == b"last")

    assert [one.position.offset for one in stored] == list(range(1, 51))
    assert [entry.payload for entry in healer.seen] == [*(b"%d" % n for n in range(50)), b"last"]


async def test_lost_scripts_are_loaded_again_without_losing_order(server: RedisServer) -> None:
    """SCRIPT FLUSH costs a reconnect and nothing else."""
    healer = Healer("room", ALL)
    async with started(patient(server), healer) as broker:
        futures = []
        for number in range(2_000):
            futures.append(broker.log.publish("room", b"%d" % number, ALL))
            if number % 500 == 100:
                await asyncio.to_thread(server.cli, "SCRIPT", "FLUSH")
        stored = await asyncio.gather(*futures)
        await until(lambda: len(healer.seen) == 2_000)

    assert [one.position.offset for one in stored] == list(range(1, 2_001))
    assert [int(entry.payload) for entry in healer.seen] == list(range(2_000))
