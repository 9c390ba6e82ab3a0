"""What is this engine's own about records: the layout, and changes whose answer was lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import SystemClock
from tests.brokers.redis.healer import until
from tests.contracts.broker_stage import Recorder
from tests.servers import RedisServer


@pytest.fixture
async def broker(settings: RedisSettings) -> AsyncIterator[RedisBroker]:
    broker = RedisBroker(settings, SystemClock())
    await broker.start("node", Recorder())
    yield broker
    await broker.close()


async def test_a_record_is_a_hash_and_a_name(broker: RedisBroker, server: RedisServer) -> None:
    await broker.records.put("cursor", "phone", b"7")
    await broker.records.raise_to("cursor", "tablet", 12)

    assert server.cli("HGETALL", "hubbub:{0}:r:cursor").split() == ["phone", "7", "tablet", "12"]
    assert server.cli("ZRANGE", "hubbub:{0}:records", "0", "-1") == "cursor"
    assert server.cli("TTL", "hubbub:{0}:r:cursor") == "-1"
    await broker.records.remove("cursor", ["phone", "tablet"])
    assert server.cli("EXISTS", "hubbub:{0}:r:cursor", "hubbub:{0}:records") == "0"


async def test_a_claim_is_won_although_the_connection_broke(
    broker: RedisBroker, server: RedisServer
) -> None:
    """What was executed but not answered is asked again, and found to be ours."""
    for number in range(20):
        claim = broker.records.put_new(f"claim:{number}", "who", b"node")
        server.cli("CLIENT", "KILL", "TYPE", "normal")
        assert await claim
    await until(lambda: broker.health().ok)
    assert len(await broker.records.names("claim:", "", 100)) == 20
