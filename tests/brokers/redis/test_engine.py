"""The Redis engine: the whole contract on real servers, and what is its own."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hubbub.brokers.contract import Broker
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import SystemClock
from tests.contracts.broker import BrokerContract, Cluster


class RedisCluster:
    """Brokers on one server."""

    idempotency_s = 0.0

    def __init__(self, settings: RedisSettings) -> None:
        self.settings = settings
        self.lease_s = settings.node_lease_s

    def make_broker(self) -> Broker:
        """Return one more node."""
        return RedisBroker(self.settings, SystemClock())

    async def elapse(self, seconds: float) -> None:
        """Wait, because the clock is the server's."""
        await asyncio.sleep(seconds)


class TestRedis(BrokerContract):
    """The contract."""

    durable = True

    @pytest.fixture
    def cluster(self, settings: RedisSettings) -> Cluster:
        """Return nodes with a short lease, which a test can outlive."""
        return RedisCluster(replace(settings, node_lease_s=0.8))
