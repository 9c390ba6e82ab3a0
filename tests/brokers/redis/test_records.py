"""What is this engine's own about records: the layout, and changes whose answer was lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from hubbub.brokers.records import KEPT, LOOK_MS, WITH_CHANNEL, Life
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import Bounds, RedisSettings
from hubbub.clock import SystemClock
from tests.brokers.redis.ageing import age
from tests.brokers.redis.healer import until
from tests.contracts.broker_stage import KEEP, Recorder
from tests.servers import RedisServer

LOOKS = "hubbub:{0}:records:looks"


@pytest.fixture
async def broker(settings: RedisSettings) -> AsyncIterator[RedisBroker]:
    quick = replace(settings, sweep_s=0.1, bounds=Bounds(records_at_once=10))
    broker = RedisBroker(quick, SystemClock())
    await broker.start("node", Recorder())
    yield broker
    await broker.close()


async def test_a_record_is_a_hash_and_a_name(broker: RedisBroker, server: RedisServer) -> None:
    await broker.records.put("cursor", "phone", b"7", KEPT)
    await broker.records.raise_to("cursor", "tablet", 12, KEPT)

    assert server.cli("HGETALL", "hubbub:{0}:r:cursor").split() == ["phone", "7", "tablet", "12"]
    assert server.cli("ZRANGE", "hubbub:{0}:records", "0", "-1") == "cursor"
    assert server.cli("EXISTS", LOOKS) == "0"
    await broker.records.remove("cursor", ["phone", "tablet"])
    assert server.cli("EXISTS", "hubbub:{0}:r:cursor", "hubbub:{0}:records") == "0"


async def test_a_record_that_ends_has_a_look_as_long_as_it_is_there(
    broker: RedisBroker, server: RedisServer
) -> None:
    records = broker.records
    for name, life in (("a", Life(60.0)), ("x:b", WITH_CHANNEL), ("c", Life(60.0)), ("d", KEPT)):
        await records.put(name, "f", b"1", life)
    assert server.cli("ZRANGE", LOOKS, "0", "-1").split() == ["ta", "tc", "cx:b"]
    await records.drop("x:b")
    await records.remove("a", ["f"])
    await records.release("c", "f", b"1")
    assert server.cli("EXISTS", LOOKS) == "0"


async def test_a_record_goes_with_its_channel_and_never_before(
    broker: RedisBroker, server: RedisServer
) -> None:
    await broker.log.publish("b:1", b"x", KEEP)
    await broker.records.put("x:b:1", "f", b"1", WITH_CHANNEL)
    await broker.records.put("x", "f", b"1", WITH_CHANNEL)

    def looked_at(ms: float) -> bool:
        return float(server.cli("ZSCORE", LOOKS, "cx:b:1")) > ms

    first = float(server.cli("ZSCORE", LOOKS, "cx:b:1"))
    age(server, LOOK_MS / 1000)
    # The counter lives for a month, and so there is a look in a month.
    await until(lambda: looked_at(first + 27 * LOOK_MS))
    await until(lambda: server.cli("EXISTS", "hubbub:{0}:r:x") == "0")
    assert await broker.records.get("x:b:1") == {"f": b"1"}
    age(server, 31 * LOOK_MS / 1000)
    await until(lambda: server.cli("EXISTS", "hubbub:{0}:r:x:b:1", LOOKS) == "0")
    assert await broker.records.names("", "", 9) == []


async def test_many_that_are_over_go_in_several_steps(
    broker: RedisBroker, server: RedisServer
) -> None:
    for number in range(35):
        await broker.records.put(f"{number}", "f", b"1", Life(60.0))
    await broker.records.put("stays", "f", b"1", Life(6000.0))
    age(server, 80.0)
    await until(lambda: server.cli("ZCARD", LOOKS) == "1")
    assert await broker.records.names("", "", 99) == ["stays"]


async def test_a_claim_is_won_although_the_connection_broke(
    broker: RedisBroker, server: RedisServer
) -> None:
    """What was executed but not answered is asked again, and found to be ours."""
    for number in range(20):
        claim = broker.records.put_new(f"claim:{number}", "who", b"node", KEPT)
        server.cli("CLIENT", "KILL", "TYPE", "normal")
        assert await claim
    await until(lambda: broker.health().ok)
    assert len(await broker.records.names("claim:", "", 100)) == 20
