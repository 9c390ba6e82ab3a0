"""The memory engine: the whole contract, on one node and on several, and what is its own."""

from __future__ import annotations

import pytest

from hubbub.brokers.contract import Broker, Entry
from hubbub.brokers.memory import MemoryBroker, MemorySettings, World
from hubbub.errors import BrokerUnavailable
from tests.contracts.broker import BrokerContract, Cluster, Recorder
from tests.contracts.broker_stage import KEEP
from tests.fakes.clock import JumpingClock


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
        self.clock.jump(seconds)


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


class Echo(Recorder):
    """Publish an answer to every entry of one channel while taking it."""

    def __init__(self, broker: Broker, channel: str, answers: int) -> None:
        super().__init__()
        self.broker = broker
        self.channel = channel
        self.left = answers

    def on_entry(self, channel: str, entry: Entry) -> None:
        """Answer first, note afterwards: a broker that recursed would be seen by the order."""
        if channel == self.channel and self.left:
            self.left -= 1
            answer = self.broker.log.publish(channel, b"answer to %d" % entry.offset, KEEP)
            assert answer.done()
        super().on_entry(channel, entry)


async def test_an_entry_published_while_taking_another_comes_after_it() -> None:
    """A publish inside `on_entry` is done at once, and yet no receiver sees it before its cause."""
    cluster = MemoryCluster(MemorySettings())
    first, second = cluster.make_broker(), cluster.make_broker()
    echo, witness = Echo(first, "a", answers=3), Recorder()
    await first.start("first", echo)
    await second.start("second", witness)
    for broker in (first, second):
        await broker.feed.subscribe(["a"])

    future = second.log.publish("a", b"question", KEEP)

    assert future.done()
    assert [entry.offset for entry in echo.entries("a")] == [1, 2, 3, 4]
    assert echo.entries("a") == witness.entries("a")


async def test_a_publish_is_done_and_delivered_when_it_returns() -> None:
    """Nothing waits: neither the acknowledgement nor the delivery needs a turn of the loop."""
    broker, seen = MemoryBroker(MemorySettings(), JumpingClock()), Recorder()
    await broker.start("node", seen)
    await broker.feed.subscribe(["a"])

    future = broker.log.publish("a", b"x", KEEP)

    assert (future.done(), future.result().position.offset) == (True, 1)
    assert seen.payloads("a") == [b"x"]


async def test_an_unstarted_broker_says_so() -> None:
    """Publishing, announcing and subscribing before `start` are refused with a sentence."""
    broker = MemoryBroker(MemorySettings(), JumpingClock())

    with pytest.raises(BrokerUnavailable, match="not started"):
        await broker.log.publish("a", b"x", KEEP)
    with pytest.raises(BrokerUnavailable, match="not started"):
        await broker.feed.announce("a", b"x")
    with pytest.raises(BrokerUnavailable, match="not started"):
        await broker.feed.subscribe(["a"])
