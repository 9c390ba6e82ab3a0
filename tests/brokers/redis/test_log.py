"""What is this engine's own about the log: how it lies in Redis, and what it survives there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from hubbub.brokers.contract import HistoryQuery, Outcome
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import DAY_S, RedisSettings
from hubbub.clock import SystemClock
from hubbub.model import Position, Retention
from tests.brokers.redis.ageing import age
from tests.contracts.broker_stage import Recorder
from tests.servers import RedisServer

KEEP = Retention(100, 300.0)
META, STREAM = "hubbub:{0}:m:room", "hubbub:{0}:s:room"


@pytest.fixture
async def broker(settings: RedisSettings) -> AsyncIterator[RedisBroker]:
    broker = RedisBroker(replace(settings, idempotency_s=60.0), SystemClock())
    await broker.start("node", Recorder())
    yield broker
    await broker.close()


async def publish(broker: RedisBroker, count: int, retention: Retention = KEEP) -> list[Position]:
    futures = [broker.log.publish("room", b"%d" % number, retention) for number in range(count)]
    return [stored.position for stored in await asyncio.gather(*futures)]


async def offsets(broker: RedisBroker, query: HistoryQuery, retention: Retention) -> list[int]:
    page = await broker.log.history("room", query, retention)
    return [entry.offset for entry in page.entries]


async def test_everything_expires(broker: RedisBroker, server: RedisServer) -> None:
    """The stream by its age, the counter much later, the idempotency key by its time."""
    await broker.log.publish("room", b"x", KEEP, "key")
    stream, meta, key = (
        int(server.cli("PTTL", name)) / 1000 for name in (STREAM, META, "hubbub:{0}:i:4:room:key")
    )

    assert 290 < stream <= 300
    assert 29 * DAY_S < meta <= 30 * DAY_S
    assert 0 < key <= 60


async def test_the_counter_outlives_a_long_history_twice(
    broker: RedisBroker, server: RedisServer
) -> None:
    await publish(broker, 1, Retention(10, 100 * DAY_S))

    assert int(server.cli("PTTL", META)) / 1000 > 199 * DAY_S


@pytest.mark.parametrize(("size", "most"), [(0, 0), (1, 1), (200, 200), (201, 310), (1000, 1110)])
async def test_streams_are_trimmed(
    broker: RedisBroker, server: RedisServer, size: int, most: int
) -> None:
    """To the entry while they are short; a little above, which no reader sees, when they are long."""
    retention = Retention(size, 300.0)
    await publish(broker, 1500, retention)

    assert size <= int(server.cli("XLEN", STREAM)) <= most
    expected = list(range(1501 - size, 1501))
    assert await offsets(broker, HistoryQuery(5000), retention) == expected
    assert await offsets(broker, HistoryQuery(5000, None, True), retention) == expected[::-1]


async def test_age_is_found_by_halving(broker: RedisBroker, server: RedisServer) -> None:
    """However long the old part of the history is, and whichever way it is read."""
    await publish(broker, 700, Retention(2000, 300.0))
    age(server, 100)
    await publish(broker, 300, Retention(2000, 300.0))
    young = Retention(2000, 90.0)
    expected = list(range(701, 1001))

    assert await offsets(broker, HistoryQuery(5000), young) == expected
    assert await offsets(broker, HistoryQuery(5000, None, True), young) == expected[::-1]
    assert await offsets(broker, HistoryQuery(2, 10), young) == [701, 702]
    assert await offsets(broker, HistoryQuery(2, 702, True), young) == [701]
    assert await offsets(broker, HistoryQuery(2, 701, True), young) == []


async def test_a_counter_that_was_evicted_is_born_again(
    broker: RedisBroker, server: RedisServer
) -> None:
    """The entries of its former life do not stand in the way, and are not taken for the new one's."""
    old = (await publish(broker, 5))[-1]
    server.cli("DEL", META)
    found = await broker.log.recover("room", old, 100, KEEP)
    new = (await publish(broker, 2))[-1]

    assert (found.outcome, found.top.offset) == (Outcome.EPOCH, 0)
    assert found.top.epoch == new.epoch != old.epoch
    assert await offsets(broker, HistoryQuery(10), KEEP) == [1, 2]


async def test_a_history_that_was_evicted_is_a_gap(
    broker: RedisBroker, server: RedisServer
) -> None:
    old = (await publish(broker, 5))[2]
    server.cli("DEL", STREAM)
    found = await broker.log.recover("room", old, 100, KEEP)

    assert (found.outcome, found.top.offset) == (Outcome.GAP, 5)


async def test_a_counter_older_than_its_stream_decides(
    broker: RedisBroker, server: RedisServer
) -> None:
    """As after a partial restore: publishing goes on, and what is beyond the counter is dropped."""
    top = (await publish(broker, 5))[-1]
    server.cli("HSET", META, "o", 3)
    (stored,) = await publish(broker, 1)

    assert (stored.epoch, stored.offset) == (top.epoch, 4)
    assert await offsets(broker, HistoryQuery(10), KEEP) == [4]


async def test_large_offsets_stay_exact(broker: RedisBroker, server: RedisServer) -> None:
    """Beyond what a 32-bit number or Lua's way of printing numbers would hold."""
    await publish(broker, 1)
    server.cli("HSET", META, "o", 10**15)
    stored = await publish(broker, 3)
    found = await broker.log.recover("room", stored[0], 10, KEEP)

    assert [position.offset for position in stored] == [10**15 + 1, 10**15 + 2, 10**15 + 3]
    assert [entry.position for entry in found.entries] == stored[1:]


async def test_epochs_differ(broker: RedisBroker, server: RedisServer) -> None:
    """Born at the same time or one after the other in the same place, no two are the same."""
    born = await broker.log.tops([f"room:{number}" for number in range(500)])
    again = []
    for _ in range(20):
        server.cli("DEL", META)
        again += await broker.log.tops(["room"])
    epochs = [position.epoch for position in (*born, *again)]

    assert len(set(epochs)) == len(epochs)
    assert all(len(epoch) == 8 for epoch in epochs)


async def test_more_tops_than_one_look_takes(broker: RedisBroker) -> None:
    names = [f"room:{number}" for number in range(1_000)]
    await asyncio.gather(*(broker.log.publish(name, b"x", KEEP) for name in names[::3]))
    tops = await broker.log.tops(names)

    assert [top.offset for top in tops] == [int(number % 3 == 0) for number in range(1_000)]


async def test_a_long_life_of_history_is_no_overflow(broker: RedisBroker) -> None:
    (stored,) = await publish(broker, 1, Retention(10, 1e18))

    assert await offsets(broker, HistoryQuery(10), Retention(10, 1e18)) == [stored.offset]


async def test_a_channel_that_nobody_published_to_lives_while_it_is_asked_for(
    broker: RedisBroker, server: RedisServer
) -> None:
    """Names that anybody may invent take no room for long; one publication makes a channel of one."""

    def left_s() -> float:
        return int(server.cli("PTTL", META)) / 1000

    (top,) = await broker.log.tops(["room"])
    assert 200 < left_s() <= 300
    for ask in (
        lambda: broker.log.tops(["room"]),
        lambda: broker.log.recover("room", top, 10, KEEP),
        lambda: broker.log.history("room", HistoryQuery(10), KEEP),
    ):
        server.cli("PEXPIRE", META, 149_000)
        await ask()
        assert 200 < left_s() <= 300
        server.cli("PEXPIRE", META, 190_000)
        await ask()
        assert left_s() <= 190
    assert (await publish(broker, 1))[0].epoch == top.epoch
    await broker.log.tops(["room"])
    assert left_s() > 29 * DAY_S


async def test_what_is_too_old_goes_although_the_channel_is_busy(
    broker: RedisBroker, server: RedisServer
) -> None:
    """Readers do not see it anyway, now it is not there either. Foreign entries hinder nobody."""
    age = """
        local entries = redis.call('XRANGE', KEYS[1], '-', '+')
        redis.call('DEL', KEYS[1])
        for at, entry in ipairs(entries) do
          local frame, past = entry[2][2], string.rep('\\0', 8)
          if at <= 20 then frame = string.sub(frame, 1, 17) .. past .. string.sub(frame, 26) end
          redis.call('XADD', KEYS[1], entry[1], 'f', frame)
        end"""
    await publish(broker, 30)
    server.cli("EVAL", age, 1, STREAM)
    assert server.cli("XLEN", STREAM) == "30"
    await publish(broker, 1)
    assert server.cli("XLEN", STREAM) == "31"
    await publish(broker, 1)
    assert server.cli("XLEN", STREAM) == "12"
    assert await offsets(broker, HistoryQuery(100), KEEP) == list(range(21, 33))
    server.cli("DEL", STREAM)
    server.cli("XADD", STREAM, "1-0", "f", "x")
    places = await publish(broker, 16)
    assert [place.offset for place in places] == list(range(33, 49))
