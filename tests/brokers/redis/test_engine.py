"""The Redis engine: the whole contract on real servers, and what is its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hubbub.brokers.contract import Broker
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import SystemClock
from hubbub.model import Retention
from tests.brokers.redis.ageing import age
from tests.brokers.redis.healer import until
from tests.contracts.broker import BrokerContract, Cluster, Recorder
from tests.servers import RedisServer


class RedisCluster:
    """Brokers on one server."""

    def __init__(self, settings: RedisSettings, server: RedisServer) -> None:
        self.settings = settings
        self.lease_s = settings.node_lease_s
        self.idempotency_s = settings.idempotency_s
        self._server = server

    def make_broker(self) -> Broker:
        """Return one more node."""
        return RedisBroker(self.settings, SystemClock())

    async def elapse(self, seconds: float) -> None:
        """Make what is there older, because the clock is the server's."""
        age(self._server, seconds)


class TestRedis(BrokerContract):
    """The contract."""

    durable = True

    @pytest.fixture
    def cluster(self, settings: RedisSettings, server: RedisServer) -> Cluster:
        """Return nodes that look often for what is over."""
        return RedisCluster(replace(settings, sweep_s=0.1), server)


@pytest.fixture
async def broker(settings: RedisSettings) -> AsyncIterator[RedisBroker]:
    """Yield a broker that probes often."""
    broker = RedisBroker(replace(settings, probe_silence_s=0.1), SystemClock())
    yield broker
    await broker.close()


async def test_a_start_has_made_the_whole_round(broker: RedisBroker) -> None:
    assert not broker.health().ok
    assert "not started" in broker.health().reason
    await broker.start("node", Recorder())

    assert broker.health().ok
    assert 0 < broker.health().round_trip_s < 5


async def test_silence_is_probed_and_measured(broker: RedisBroker, server: RedisServer) -> None:
    await broker.start("node", Recorder())

    def probes() -> int:
        return int(server.cli("HGET", "hubbub:{0}:m:!probe.node", "o"))

    first = probes()
    await until(lambda: probes() >= first + 3)
    assert broker.health().ok
    # The probe's channel leaves nothing behind.
    assert 0 < int(server.cli("PTTL", "hubbub:{0}:m:!probe.node")) <= 60_000


async def test_a_feed_that_went_deaf_is_noticed_and_replaced(
    server: RedisServer, settings: RedisSettings
) -> None:
    """Both connections stand, but what is published does not come: health says so, until it does."""
    seen = Recorder()
    quick = replace(settings, probe_silence_s=0.2, probe_timeout_s=0.3)
    broker = RedisBroker(quick, SystemClock())
    await broker.start("node", seen)
    await broker.feed.subscribe(["room"])
    reasons: list[str] = []

    def noticed() -> bool:
        reasons.append(broker.health().reason)
        return seen.restored == 1

    # A user without a right to the channels, on an open connection, is cut off by the server; so its
    # feed is made deaf here by taking away what it asked for.
    link = broker._feed._subscription._link
    assert link is not None
    link.write(b"*1\r\n$11\r\nUNSUBSCRIBE\r\n")
    await until(noticed)
    await until(lambda: broker.health().ok)
    await broker.log.publish("room", b"x", Retention(10, 300.0))
    await seen.until_payload("room", b"x")
    await broker.close()

    assert any("probe was not back" in reason for reason in reasons)


async def test_a_broker_can_be_started_again(broker: RedisBroker) -> None:
    seen = Recorder()
    for number in range(3):
        await broker.start("node", seen)
        await broker.feed.subscribe(["room"])
        await broker.log.publish("room", b"%d" % number, Retention(10, 300.0))
        await seen.until_payload("room", b"%d" % number)
        await broker.close()

    assert seen.payloads("room") == [b"0", b"1", b"2"]


async def test_secrets_are_not_logged(tmp_path: Path) -> None:
    with RedisServer(tmp_path, password="my-secret") as server, capture_logs() as logs:
        broker = RedisBroker(RedisSettings(url=server.url), SystemClock())
        await broker.start("node", Recorder())
        server.cli("CLIENT", "KILL", "TYPE", "pubsub")
        server.cli("CONFIG", "SET", "requirepass", "another")
        server.cli("CLIENT", "KILL", "TYPE", "normal")
        await until(lambda: any("refused the user" in str(log) for log in logs))
        await broker.close()

    assert logs
    assert "my-secret" not in str(logs)
