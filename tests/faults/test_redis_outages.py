"""A Redis that is away, hangs, comes back empty or old, or refuses: told clearly, and healed without help."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hubbub.brokers.contract import Ghost, HistoryQuery, Outcome
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import Bounds, RedisSettings
from hubbub.clock import SystemClock
from hubbub.errors import BrokerUnavailable
from hubbub.model import Retention
from tests.brokers.redis.ageing import age
from tests.brokers.redis.healer import Healer, until
from tests.servers import RedisServer

pytestmark = pytest.mark.faults

ALL = Retention(100_000, 300.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture
def settings(server: RedisServer) -> RedisSettings:
    return RedisSettings(url=server.url, command_timeout_s=60.0, retry_most_s=0.2)


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


async def test_a_pause_of_five_seconds_loses_and_doubles_nothing(server: RedisServer) -> None:
    """CLIENT PAUSE: what is published meanwhile waits, and then everything is there once, in order."""
    healer = Healer("room", ALL)
    async with started(RedisSettings(url=server.url, command_timeout_s=60.0), healer) as broker:
        futures = [broker.log.publish("room", b"before", ALL)]
        server.cli("CLIENT", "PAUSE", 5000)
        began = time.monotonic()
        number = 0
        while time.monotonic() < began + 5.2:
            futures.append(broker.log.publish("room", b"%d" % number, ALL))
            number += 1
            await asyncio.sleep(0.01)
        stored = await asyncio.gather(*futures)
        await until(lambda: broker.health().ok)
        await healer.settle()

    assert [one.position.offset for one in stored] == list(range(1, number + 2))
    assert [entry.payload for entry in healer.seen[1:]] == [b"%d" % n for n in range(number)]


async def test_a_hanging_server_is_noticed_and_its_return_too(
    server: RedisServer, settings: RedisSettings
) -> None:
    """A server that keeps its connections and answers nothing fails the probe; health says so, then heals."""
    healer = Healer("room", ALL)
    quick = replace(settings, probe_silence_s=0.3, probe_timeout_s=0.5, command_timeout_s=2.0)
    async with started(quick, healer) as broker:
        assert broker.health().ok
        server.pause()
        await until(lambda: not broker.health().ok)
        reason = broker.health().reason
        with pytest.raises(BrokerUnavailable):
            await broker.log.publish("room", b"x", ALL)
        server.resume()
        await until(lambda: broker.health().ok)
        restored = healer.restored
        stored = await broker.log.publish("room", b"y", ALL)
        await until(lambda: bool(healer.seen) and healer.seen[-1].payload == b"y")

    assert "probe" in reason or "not answer" in reason
    assert restored >= 1
    # What became of the refused one was unknown: at most once.
    assert stored.position.offset in (1, 2)


async def test_a_server_that_comes_back_empty_starts_new_epochs(
    server: RedisServer, settings: RedisSettings
) -> None:
    """Everything is gone: positions say EPOCH, subscriptions stand, presence can be written again."""
    healer = Healer("room", ALL)
    async with started(settings, healer) as broker:
        old = await broker.log.publish("room", b"1", ALL)
        await broker.presence.enter("room", "s1", b"ann")
        server.restart(empty=True)
        await until(lambda: healer.restored >= 1 and broker.health().ok)
        await broker.presence.enter("room", "s1", b"ann")
        found = await broker.log.recover("room", old.position, 100, ALL)
        new = await broker.log.publish("room", b"2", ALL)
        await until(lambda: any(entry.payload == b"2" for entry in healer.seen))
        members = await broker.presence.members("room")

    assert found.outcome is Outcome.EPOCH
    assert found.top.epoch == new.position.epoch != old.position.epoch
    assert new.position.offset == 1
    # The lease came back with the feed, before the hub had to renew it.
    assert members == {"s1": b"ann"}


async def test_a_server_that_comes_back_old_is_ahead_and_then_a_fork(
    server: RedisServer, settings: RedisSettings
) -> None:
    """A restored dump re-issues offsets: positions beyond it are AHEAD, and then a FORK, never OK."""
    healer = Healer("other", ALL)
    async with started(settings, healer) as broker:
        for number in range(3):
            await broker.log.publish("room", b"%d" % number, ALL)
        server.keep_copy()
        lost = [await broker.log.publish("room", b"lost", ALL) for _ in range(2)]
        server.restore_copy()
        await until(lambda: healer.restored >= 1 and broker.health().ok)
        ahead = await broker.log.recover("room", lost[-1].position, 100, ALL)
        again = [await broker.log.publish("room", b"new", ALL) for _ in range(3)]
        at_top = await broker.log.recover("room", lost[0].position, 100, ALL)
        below = await broker.log.recover("room", lost[1].position, 100, ALL)

    assert ahead.outcome is Outcome.AHEAD
    assert again[0].position.offset == lost[0].position.offset
    assert again[0].position.epoch == lost[0].position.epoch
    assert (at_top.outcome, below.outcome) == (Outcome.FORK, Outcome.FORK)


async def test_publishing_waits_through_a_short_outage(
    server: RedisServer, settings: RedisSettings
) -> None:
    """Away for less than the time limit: nobody notices."""
    healer = Healer("room", ALL)
    async with started(settings, healer) as broker:
        server.keep_copy()
        server.kill()
        futures = [broker.log.publish("room", b"%d" % number, ALL) for number in range(100)]
        subscribing = asyncio.create_task(broker.feed.subscribe(["later"]))
        await asyncio.sleep(0.3)
        assert not broker.health().ok
        server.restore_copy()
        stored = await asyncio.gather(*futures)
        await subscribing
        await until(lambda: len(healer.seen) == 100)

    assert [one.position.offset for one in stored] == list(range(1, 101))


async def test_a_long_outage_is_refused_and_healed(
    server: RedisServer, settings: RedisSettings
) -> None:
    """Away for longer: every waiting call raises with the reason, and after the return all is well."""
    healer = Healer("room", ALL)
    async with started(replace(settings, command_timeout_s=1.0), healer) as broker:
        await broker.log.publish("room", b"1", ALL)
        server.cli("SHUTDOWN", "NOSAVE")
        server.stop()
        began = time.monotonic()
        results = await asyncio.gather(
            broker.log.publish("room", b"2", ALL),
            broker.log.tops(["room"]),
            broker.log.history("room", HistoryQuery(1), ALL),
            broker.feed.announce("room", b"3"),
            broker.feed.subscribe(["another"]),
            broker.presence.members("room"),
            broker.presence.renew(),
            return_exceptions=True,
        )
        took_s = time.monotonic() - began
        health = broker.health()
        server.start()
        await until(lambda: broker.health().ok)
        await broker.log.publish("room", b"4", ALL)
        await until(lambda: any(entry.payload == b"4" for entry in healer.seen))

    assert all(isinstance(result, BrokerUnavailable) for result in results)
    told = ("cannot connect", "closed the connection")
    assert all(any(words in str(result) for words in told) for result in results)
    assert took_s > 0.9
    assert not health.ok
    assert "refused" in health.reason


async def test_the_queue_is_bounded(server: RedisServer, settings: RedisSettings) -> None:
    """Beyond the bound, in commands or in bytes, a publish is refused at once; the others wait."""
    healer = Healer("room", ALL)
    bounds = Bounds(queue_commands=10, queue_bytes=1000)
    async with started(replace(settings, bounds=bounds), healer) as broker:
        server.kill()
        await until(lambda: not broker.health().ok)
        waiting = [broker.log.publish("room", b"x" * 90, ALL) for _ in range(10)]
        with pytest.raises(BrokerUnavailable, match="10 commands already wait"):
            await broker.log.publish("room", b"y", ALL)
        assert not any(future.done() for future in waiting)
        server.start()
        await asyncio.gather(*waiting)
        with pytest.raises(BrokerUnavailable, match="already wait"):
            await broker.log.publish("room", b"x" * 1001, ALL)
        assert (await broker.log.publish("room", b"x" * 1000, ALL)).position.offset == 11


async def test_presence_that_was_reaped_meanwhile_is_asked_for_again(
    server: RedisServer, settings: RedisSettings
) -> None:
    """A node that slept through its lease learns at its next renewal that it must write its members again."""
    sleeper, other = Healer("room", ALL), Healer("room", ALL)
    async with (
        started(settings, sleeper, "sleeper") as broker,
        started(settings, other, "other") as two,
    ):
        await broker.presence.enter("room", "s1", b"ann")
        for _ in range(2):
            age(server, 0.6 * settings.node_lease_s)
            await two.presence.renew()
        ghosts = await two.presence.reap()
        await broker.presence.renew()

        assert list(ghosts) == [Ghost("room", "s1", b"ann")]
        assert sleeper.restored == 1
        await broker.presence.enter("room", "s1", b"ann")
        assert await two.presence.members("room") == {"s1": b"ann"}


async def refusal(broker: RedisBroker) -> str:
    with pytest.raises(BrokerUnavailable) as caught:
        await broker.log.publish("room", b"x", ALL)
    return str(caught.value)


async def test_refusals_are_explained(server: RedisServer, settings: RedisSettings) -> None:
    """Full memory, a foreign key, a failing disk, a replica: each says what is wrong; then all is well."""
    healer = Healer("room", ALL)
    # The replica is told when the time is over, because it might become the master meanwhile.
    async with started(replace(settings, command_timeout_s=2.0), healer) as broker:
        server.cli("CONFIG", "SET", "maxmemory", "1")
        assert "memory is full" in await refusal(broker)
        server.cli("CONFIG", "SET", "maxmemory", "0")

        server.cli("SET", "hubbub:{0}:m:theirs", "x")
        with pytest.raises(BrokerUnavailable, match="holds something"):
            await broker.log.tops(["theirs"])

        server.cli("CONFIG", "SET", "min-replicas-to-write", "1")
        assert "too few replicas" in await refusal(broker)
        server.cli("CONFIG", "SET", "min-replicas-to-write", "0")

        server.cli("REPLICAOF", "127.0.0.1", "1")
        assert "must name the master" in await refusal(broker)
        server.cli("REPLICAOF", "NO", "ONE")

        await until(lambda: broker.health().ok)
        assert (await broker.log.publish("room", b"y", ALL)).position.offset == 1
