"""Clusters of several nodes: in one process, and over a real Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hubbub.brokers.contract import Broker
from hubbub.brokers.memory import MemoryBroker, MemorySettings, World
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import SystemClock
from tests.fakes.clock import JumpingClock
from tests.servers import RedisServer


class MemoryCluster:
    """Make brokers that share one world."""

    def __init__(self) -> None:
        self.clock = JumpingClock()
        self._world = World(MemorySettings(), self.clock)

    def make_broker(self) -> Broker:
        return MemoryBroker(MemorySettings(), self.clock, self._world)


class RedisCluster:
    """Make brokers that share one server."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.clock = JumpingClock()

    def make_broker(self) -> Broker:
        return RedisBroker(RedisSettings(self.server.url), SystemClock())


Cluster = MemoryCluster | RedisCluster


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Yield the server that the tests of this folder share."""
    with RedisServer(tmp_path_factory.mktemp("redis"), socket_only=True) as server:
        yield server


@pytest.fixture(params=["memory", "redis"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Return an empty cluster."""
    if request.param == "memory":
        return MemoryCluster()
    server: RedisServer = request.getfixturevalue("redis_server")
    server.cli("FLUSHALL")
    return RedisCluster(server)
