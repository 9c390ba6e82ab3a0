"""The promises of `hubbub.brokers.records.Life`, as tests."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hubbub.brokers.records import KEPT, WITH_CHANNEL, Life, Records
from tests.contracts.broker_stage import DEADLINE_S, KEEP, BrokerStage, Cluster, Node

DAY_S = 86_400.0
BRIEF = Life(1000.0)


async def until_gone(records: Records, record: str) -> None:
    """Return when a record is no more; fail when it does not go in time."""
    async with asyncio.timeout(DEADLINE_S):
        while await records.get(record):
            await asyncio.sleep(0.02)


class LivesContract(BrokerStage):
    """How long records live."""

    async def test_what_lives_for_a_time_goes_and_what_was_written_again_stays(
        self, cluster: Cluster, node: Node, channel: str
    ) -> None:
        """All of a record goes together, from the names too, and it can begin anew."""
        brief, lasting, records = channel + ":brief", channel + ":lasting", node.records
        await records.put(brief, "a", b"1", BRIEF)
        await records.put(brief, "b", b"1", BRIEF)
        await records.put(lasting, "a", b"1", Life(DAY_S))
        await records.put(channel + ":kept", "a", b"1", KEPT)
        await cluster.elapse(1300.0)
        await until_gone(records, brief)

        assert await records.names(channel, "", 9) == [channel + ":kept", lasting]
        assert await records.get(lasting) == {"a": b"1"}
        assert await records.put_new(brief, "a", b"2", KEPT)
        await cluster.elapse(1300.0)
        await until_gone(records, brief + "never")
        assert await records.get(brief) == {"a": b"2"}

    async def test_each_way_of_writing_prolongs_a_life(
        self, cluster: Cluster, node: Node, channel: str
    ) -> None:
        """Also one that changes nothing; taking away does not, and never lets anything begin."""
        records, life = node.records, Life(2000.0)
        for name in ("put", "new", "lost", "raised", "low"):
            await records.put(channel + name, "a", b"5", life)
        await cluster.elapse(1200.0)
        await records.put(channel + "put", "a", b"5", life)
        await records.put_new(channel + "new", "b", b"1", life)
        await records.put_new(channel + "lost", "a", b"1", life)
        await records.raise_to(channel + "raised", "a", 7, life)
        await records.raise_to(channel + "low", "a", 0, life)
        await records.raise_to(channel + "none", "a", 0, life)
        await records.put(channel + "\U0010ffff", "a", b"1", BRIEF)
        await cluster.elapse(1300.0)
        # They were due before this one.
        await until_gone(records, channel + "\U0010ffff")

        there = await records.names(channel, "", 9)
        assert [channel + name for name in ("lost", "low", "new", "put", "raised")] == there

    async def test_a_life_is_no_shorter_for_what_is_taken_away(
        self, cluster: Cluster, node: Node, channel: str
    ) -> None:
        """A record that went and came again lives as long as one that was always there."""
        records = node.records
        await records.put(channel, "a", b"1", BRIEF)
        await records.remove(channel, ["a"])
        await cluster.elapse(1000.0)
        await records.put(channel, "a", b"1", Life(DAY_S))
        await records.put(channel + ":brief", "a", b"1", BRIEF)
        await cluster.elapse(1300.0)
        await until_gone(records, channel + ":brief")

        assert await records.get(channel) == {"a": b"1"}

    async def test_what_lives_with_a_channel_is_there_while_its_counter_is(
        self, cluster: Cluster, node: Node, channel: str
    ) -> None:
        """It goes some time after the counter, and never before."""
        records, life = node.records, WITH_CHANNEL
        (top,) = await node.log.tops([channel])
        await node.publish_all(channel, [b"1", b"2"], replace(KEEP, age_s=5 * DAY_S))
        await records.put("about:" + channel, "a", b"1", life)
        await records.put("about:never", "a", b"1", life)
        for _ in range(4):
            await cluster.elapse(DAY_S + 10)
            await until_gone(records, "about:never")
            assert await records.get("about:" + channel) == {"a": b"1"}
        for _ in range(90):
            if not await records.get("about:" + channel):
                break
            await cluster.elapse(DAY_S)
            await node.log.tops([channel + ":else"])  # an engine may look when it is asked only
            await asyncio.sleep(0.05 if self.durable else 0)

        await until_gone(records, "about:" + channel)
        (later,) = await node.log.tops([channel])
        assert later.epoch != top.epoch
