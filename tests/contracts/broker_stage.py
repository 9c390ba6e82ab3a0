"""What the broker suite stands on: a cluster that an engine's test provides, nodes, and what they saw."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import ClassVar, Protocol

import pytest

from hubbub.brokers.contract import Broker, Entry, HistoryQuery
from hubbub.errors import BrokerUnavailable
from hubbub.model import Retention

DEADLINE_S = 60.0
KEEP = Retention(size=1000, age_s=300.0)
"""A retention that outlives every test."""

SHORT = Retention(size=1000, age_s=1.0)
"""A retention that a test outlives."""

Delivery = tuple[str, Entry | bytes]


class Cluster(Protocol):
    """One cluster of the engine under test, empty at first and this test's own."""

    lease_s: float
    """How long a node's lease lives without `renew`, in seconds."""

    idempotency_s: float
    """How long an idempotency key is remembered, in seconds."""

    def make_broker(self) -> Broker:
        """Return a broker that has not been started: another node, or after `close` the same store again."""
        ...

    async def elapse(self, seconds: float) -> None:
        """Let time pass for the engine: jump its clock, or make older what is there."""
        ...


class Recorder:
    """Keep what a feed delivered, and wait for facts about it."""

    def __init__(self) -> None:
        self.deliveries: dict[str, list[Delivery]] = defaultdict(list)
        self.restored = 0
        self._changed = asyncio.Event()

    def on_entry(self, channel: str, entry: Entry) -> None:
        """Keep an entry."""
        self.deliveries[channel].append(("entry", entry))
        self._changed.set()

    def on_announcement(self, channel: str, payload: bytes) -> None:
        """Keep an announcement."""
        self.deliveries[channel].append(("announcement", payload))
        self._changed.set()

    def on_restored(self) -> None:
        """Count an interruption of the feed."""
        self.restored += 1
        self._changed.set()

    def entries(self, channel: str) -> list[Entry]:
        """Return the entries of a channel in the order of arrival."""
        return [what for _, what in self.deliveries[channel] if isinstance(what, Entry)]

    def payloads(self, channel: str) -> list[bytes]:
        """Return the payloads of a channel's entries and announcements in the order of arrival."""
        return [
            what.payload if isinstance(what, Entry) else what
            for _, what in self.deliveries[channel]
        ]

    async def until(self, fact: Callable[[], bool]) -> None:
        """Return when `fact` is true; fail with what was seen when it has not come true in time."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not fact():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            seen = {channel: len(items) for channel, items in self.deliveries.items()}
            pytest.fail(f"the feed did not bring what was awaited; deliveries so far: {seen}")

    async def until_payload(self, channel: str, payload: bytes) -> None:
        """Return when an entry or announcement with `payload` has arrived."""
        await self.until(lambda: payload in self.payloads(channel))


class Node:
    """A started broker with the recorder that it delivers to."""

    def __init__(self, broker: Broker, name: str) -> None:
        self.broker = broker
        self.name = name
        self.seen = Recorder()
        self.log = broker.log
        self.feed = broker.feed
        self.presence = broker.presence
        self.records = broker.records

    async def start(self) -> None:
        """Start the broker; its parts may be made only now."""
        await self.broker.start(self.name, self.seen)
        self.log = self.broker.log
        self.feed = self.broker.feed
        self.presence = self.broker.presence
        self.records = self.broker.records

    async def publish_all(
        self, channel: str, payloads: list[bytes], retention: Retention = KEEP
    ) -> list[int]:
        """Publish without waiting in between, and return the offsets."""
        futures = [self.log.publish(channel, payload, retention) for payload in payloads]
        return [stored.position.offset for stored in await asyncio.gather(*futures)]


class Nodes:
    """Start nodes of one cluster, and close them all at the end."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._started: list[Node] = []

    async def start(self, prefix: str = "node") -> Node:
        """Start one more node under a name that is unique in the cluster."""
        node = Node(self._cluster.make_broker(), f"{prefix}-{uuid.uuid4().hex[:8]}")
        self._started.append(node)
        await node.start()
        return node

    async def close(self) -> None:
        """Close every node; those that a test has closed already do not mind."""
        for node in self._started:
            with suppress(BrokerUnavailable):
                await node.broker.close()


class BrokerStage:
    """Provide `cluster`, `nodes`, `node` and `channel` to the tests; an engine overrides `cluster`.

    `clustered` says that several brokers of a cluster share logs, feeds and presence. `durable` says
    that a broker made after the last one closed finds everything again.
    """

    clustered: ClassVar[bool] = True
    durable: ClassVar[bool] = False

    @pytest.fixture
    def cluster(self) -> Cluster:
        """Provide this test's cluster; an override may be any kind of fixture, and cleans up after itself."""
        raise NotImplementedError("an engine's test provides the cluster")

    @pytest.fixture
    async def nodes(self, cluster: Cluster) -> AsyncIterator[Nodes]:
        """Yield a starter of nodes."""
        nodes = Nodes(cluster)
        yield nodes
        await nodes.close()

    @pytest.fixture
    async def node(self, nodes: Nodes) -> Node:
        """Return one started node."""
        return await nodes.start()

    @pytest.fixture
    def channel(self) -> str:
        """Return a channel name that no other test uses."""
        return f"room:{uuid.uuid4().hex[:12]}"

    async def second(self, nodes: Nodes, first: Node) -> Node:
        """Return another node where the engine has several, and the first one where it has not."""
        return await nodes.start() if self.clustered else first


def numbered(count: int) -> list[bytes]:
    """Return `count` payloads that differ."""
    return [b"message %d" % number for number in range(1, count + 1)]


async def everything(node: Node, channel: str, retention: Retention = KEEP) -> list[bytes]:
    """Return the payloads of all kept entries, oldest first."""
    page = await node.log.history(channel, HistoryQuery(limit=10_000), retention)
    return [entry.payload for entry in page.entries]
