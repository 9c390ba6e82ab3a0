"""The suite that every broker engine inherits: whatever passes it may stand under the hub.

    class TestMine(BrokerContract):
        @pytest.fixture
        def cluster(self) -> Cluster: ...

`Cluster`, in `tests.contracts.broker_stage`, is all that an engine has to provide.
"""

from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.contract import HistoryQuery
from hubbub.errors import BrokerUnavailable
from tests.contracts.broker_feed import FeedContract
from tests.contracts.broker_history import HistoryContract, RecoverContract
from tests.contracts.broker_lives import LivesContract
from tests.contracts.broker_prefixes import PrefixContract
from tests.contracts.broker_presence import OccupancyContract, PresenceContract
from tests.contracts.broker_publish import PublishContract
from tests.contracts.broker_records import RecordsContract
from tests.contracts.broker_stage import (
    DEADLINE_S,
    KEEP,
    BrokerStage,
    Cluster,
    Delivery,
    Node,
    Nodes,
    Recorder,
)

__all__ = ["BrokerContract", "Cluster", "Delivery", "Node", "Nodes", "Recorder"]


class LifeContract(BrokerStage):
    """Starting, health, closing, and coming back."""

    async def test_a_started_broker_becomes_healthy(self, node: Node) -> None:
        """Health is good soon after the start, and has measured something."""
        async with asyncio.timeout(DEADLINE_S):
            while not node.broker.health().ok:
                await asyncio.sleep(0.01)

        assert node.broker.health().reason == ""
        assert node.broker.health().round_trip_s >= 0

    async def test_a_closed_broker_is_not_healthy(self, node: Node) -> None:
        """After `close` health says no, and why."""
        await node.broker.close()

        assert not node.broker.health().ok
        assert node.broker.health().reason

    async def test_closing_twice_or_unstarted_is_no_error(self, cluster: Cluster) -> None:
        """`close` can always be called, as after a failed start."""
        broker = cluster.make_broker()
        await broker.close()
        await broker.close()

    async def test_closing_leaves_no_task(self, nodes: Nodes) -> None:
        """Every task of the broker has ended when `close` returns."""
        before = asyncio.all_tasks()
        node = await nodes.start()
        await node.feed.subscribe(["a"])
        await node.broker.close()

        assert asyncio.all_tasks() <= before

    async def test_closing_keeps_what_was_acknowledged(
        self, cluster: Cluster, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """Publishes under way at `close` are acknowledged and stored, or refused and told so."""
        if not (self.clustered or self.durable):
            pytest.skip("nothing outlives this engine's only node")
        watcher = await nodes.start() if self.clustered else None
        futures = [node.log.publish(channel, b"%d" % number, KEEP) for number in range(100)]
        await node.broker.close()
        results = await asyncio.gather(*futures, return_exceptions=True)
        acknowledged = [
            b"%d" % number
            for number, result in enumerate(results)
            if not isinstance(result, BaseException)
        ]
        refused = [result for result in results if isinstance(result, BaseException)]
        reader = watcher or await nodes.start()
        page = await reader.log.history(channel, HistoryQuery(1000), KEEP)

        assert all(isinstance(error, BrokerUnavailable) for error in refused)
        assert set(acknowledged) <= {entry.payload for entry in page.entries}

    async def test_a_durable_store_is_found_again(
        self, cluster: Cluster, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """After an orderly stop epoch, offsets, chain, history and keys go on."""
        if not self.durable:
            pytest.skip("this engine forgets")
        await node.publish_all(channel, [b"1", b"2"])
        third = await node.log.publish(channel, b"3", KEEP, "key")
        empty = await node.log.tops([channel + ":empty"])
        page = await node.log.history(channel, HistoryQuery(10), KEEP)
        await node.broker.close()
        again = await nodes.start()
        repeated = await again.log.publish(channel, b"4", KEEP, "key")
        fourth = await again.log.publish(channel, b"4", KEEP)

        assert repeated.duplicate
        assert third.position == repeated.position
        assert (third.position.epoch, 4) == (fourth.position.epoch, fourth.position.offset)
        assert empty == await again.log.tops([channel + ":empty"])
        after = await again.log.history(channel, HistoryQuery(10), KEEP)
        assert list(page.entries) == list(after.entries)[:3]
        assert third.position.tag == after.entries[3].previous


class BrokerContract(
    PublishContract,
    RecoverContract,
    HistoryContract,
    FeedContract,
    PrefixContract,
    PresenceContract,
    OccupancyContract,
    RecordsContract,
    LivesContract,
    LifeContract,
):
    """Every promise of `hubbub.brokers.contract`."""
