"""The memory engine: the whole contract, on one node and on several, and what is its own."""

from __future__ import annotations

import pytest

from hubbub.brokers.contract import Broker
from hubbub.brokers.memory import MemoryBroker, MemorySettings, World
from tests.contracts.broker import BrokerContract, Cluster


class JumpingClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic(self) -> float:
        """Return seconds of a clock that began long ago."""
        return self.now_s

    def epoch_ms(self) -> int:
        """Return milliseconds since 1970, in 2023."""
        return 1_700_000_000_000 + round(self.now_s * 1000)


class MemoryCluster:
    """Brokers over one world, and the clock they share."""

    def __init__(self, settings: MemorySettings) -> None:
        self.clock = JumpingClock()
        self.lease_s = settings.lease_s
        self.idempotency_s = settings.idempotency_s
        self.settings = settings
        self.world = World(settings, self.clock)

    def make_broker(self) -> Broker:
        """Return one more node."""
        return MemoryBroker(self.settings, self.clock, self.world)

    async def elapse(self, seconds: float) -> None:
        """Jump the clock."""
        self.clock.now_s += seconds


class LonelyCluster(MemoryCluster):
    """Brokers that know nothing of each other."""

    def make_broker(self) -> Broker:
        """Return a broker with a world of its own."""
        return MemoryBroker(self.settings, self.clock)


class TestMemoryContract(BrokerContract):
    """Several brokers over one world are a cluster."""

    @pytest.fixture
    def cluster(self) -> Cluster:
        """Provide a cluster with the default bounds."""
        return MemoryCluster(MemorySettings())


class TestMemoryContractAlone(BrokerContract):
    """A broker without a world given has one of its own."""

    clustered = False

    @pytest.fixture
    def cluster(self) -> Cluster:
        """Provide separate worlds."""
        return LonelyCluster(MemorySettings())
