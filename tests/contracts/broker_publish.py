"""The promises of `hubbub.brokers.contract.Log` about publishing, as tests."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.contract import HistoryQuery
from hubbub.brokers.records import KEPT, Bar
from hubbub.errors import Barred
from hubbub.model import Retention
from tests.contracts.broker_stage import (
    KEEP,
    SHORT,
    BrokerStage,
    Cluster,
    Node,
    Nodes,
    everything,
    numbered,
)


class PublishContract(BrokerStage):
    """Publishing: order, offsets, tags, keys and retention."""

    async def test_offsets_count_from_one_in_the_order_of_the_calls(
        self, node: Node, channel: str
    ) -> None:
        """Calls that do not wait for each other still take effect in their order, without holes."""
        offsets = await node.publish_all(channel, numbered(200))

        assert list(range(1, 201)) == offsets
        assert numbered(200) == await everything(node, channel)

    async def test_channels_count_apart(self, node: Node, channel: str) -> None:
        """What is published in one channel does not move another one's offsets."""
        await node.publish_all(channel, numbered(3))

        assert await node.publish_all(channel + ":other", [b"x"]) == [1]

    async def test_entries_are_chained_by_their_tags(self, node: Node, channel: str) -> None:
        """Every tag fits in 32 bits, is not 0, and is named by the next entry; the first names 0."""
        await node.publish_all(channel, numbered(20))
        page = await node.log.history(channel, HistoryQuery(limit=100), KEEP)

        tags = [entry.tag for entry in page.entries]
        assert [0, *tags[:-1]] == [entry.previous for entry in page.entries]
        assert all(0 < tag < 2**32 for tag in tags)
        assert len(set(tags)) > 1

    async def test_the_stored_position_is_the_entrys(self, node: Node, channel: str) -> None:
        """The acknowledgement names epoch, offset and tag of the entry; so does the feed, so do the tops."""
        await node.feed.subscribe([channel])
        stored = await node.log.publish(channel, b"x", KEEP)
        await node.seen.until_payload(channel, b"x")

        assert not stored.duplicate
        assert stored.position == node.seen.entries(channel)[0].position
        assert [stored.position] == await node.log.tops([channel])

    async def test_the_time_is_milliseconds_since_1970(self, node: Node, channel: str) -> None:
        """The broker stamps entries with a plausible time of this century."""
        await node.publish_all(channel, [b"x"])
        page = await node.log.history(channel, HistoryQuery(limit=1), KEEP)

        assert 1_500_000_000_000 < page.entries[0].time < 4_000_000_000_000

    @pytest.mark.parametrize(
        "payload",
        [b"", b"\x00", bytes(range(256)), b"\r\n$-1\r\n", "点".encode(), b"x" * (1 << 20)],
        ids=["empty", "nul", "all-bytes", "protocol-like", "utf-8", "one-mebibyte"],
    )
    async def test_payloads_are_opaque(self, node: Node, channel: str, payload: bytes) -> None:
        """Any bytes come back as they were, through the feed and from history."""
        await node.feed.subscribe([channel])
        await node.log.publish(channel, payload, KEEP)
        await node.seen.until(lambda: bool(node.seen.entries(channel)))

        assert [payload] == node.seen.payloads(channel)
        assert [payload] == await everything(node, channel)

    @pytest.mark.parametrize(
        "name", ["!probe:1", "#user", "房间", "a b", "a*[b]?", "{a}b", "a:b:c", "x" * 255]
    )
    async def test_channel_names_are_opaque(self, node: Node, channel: str, name: str) -> None:
        """A name is never a pattern, a path or a tag."""
        name = f"{name}{channel}"
        await node.feed.subscribe([name])
        await node.publish_all(name, [b"x"])
        await node.publish_all(channel, [b"other"])
        await node.seen.until_payload(name, b"x")

        assert await everything(node, name) == [b"x"]
        assert node.seen.payloads(channel) == []

    async def test_a_cancelled_wait_hurts_nobody_else(self, node: Node, channel: str) -> None:
        """A publisher that stops waiting leaves the order and the others' acknowledgements alone."""
        futures = [node.log.publish(channel, payload, KEEP) for payload in numbered(10)]
        futures[4].cancel()
        others = [*futures[:4], *futures[5:]]
        offsets = [stored.position.offset for stored in await asyncio.gather(*others)]

        assert offsets == [1, 2, 3, 4, 6, 7, 8, 9, 10]

    async def test_the_same_key_is_one_entry(self, node: Node, channel: str) -> None:
        """A retry gets the first one's place, and neither log nor feed shows a second entry."""
        await node.feed.subscribe([channel])
        first = await node.log.publish(channel, b"once", KEEP, "key")
        again = await node.log.publish(channel, b"twice", KEEP, "key")
        await node.log.publish(channel, b"end", KEEP)
        await node.seen.until_payload(channel, b"end")

        assert (first.duplicate, again.duplicate) == (False, True)
        assert first.position == again.position
        assert node.seen.payloads(channel) == [b"once", b"end"]

    async def test_the_same_key_at_the_same_time_is_one_entry(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """Of publishes racing with one key, on two nodes, exactly one is the first."""
        other = await self.second(nodes, node)
        futures = [
            at.log.publish(channel, b"%d" % number, KEEP, "key")
            for number in range(10)
            for at in (node, other)
        ]
        stored = await asyncio.gather(*futures)

        assert len({one.position for one in stored}) == 1
        assert sum(not one.duplicate for one in stored) == 1
        assert len(await everything(node, channel)) == 1

    async def test_keys_belong_to_their_channel(self, node: Node, channel: str) -> None:
        """The same key in two channels is two entries; no key is no promise."""
        first = await node.log.publish(channel, b"x", KEEP, "key")
        other = await node.log.publish(channel + ":other", b"x", KEEP, "key")
        plain = [await node.log.publish(channel, b"x", KEEP) for _ in range(2)]

        assert not (first.duplicate or other.duplicate)
        assert [stored.position.offset for stored in plain] == [2, 3]

    async def test_a_key_works_without_history(self, node: Node, channel: str) -> None:
        """Idempotency does not lean on kept entries."""
        first = await node.log.publish(channel, b"x", Retention(), "key")
        again = await node.log.publish(channel, b"x", Retention(), "key")

        assert again.duplicate
        assert first.position == again.position

    async def test_keys_are_forgotten_after_their_time(
        self, cluster: Cluster, node: Node, channel: str
    ) -> None:
        """Keys are bounded: later than the promised time the same key is a new entry."""
        await node.log.publish(channel, b"x", KEEP, "key")
        await cluster.elapse(cluster.idempotency_s - 1)
        within = await node.log.publish(channel, b"x", KEEP, "key")
        await cluster.elapse(2)
        after = await node.log.publish(channel, b"x", KEEP, "key")

        assert (within.duplicate, after.duplicate) == (True, False)

    @pytest.mark.parametrize("key", ["", "key"])
    async def test_what_a_record_bars_is_not_published(
        self, node: Node, channel: str, key: str
    ) -> None:
        """It is judged in the order of the calls, record and log together, before a repeated key is."""
        await node.feed.subscribe([channel])
        bar = Bar(f"gone:{channel}", "1")
        before = node.log.publish(channel, b"before", KEEP, key, bar)
        noted = asyncio.ensure_future(node.records.put(bar.record, "1", b"", KEPT))
        await asyncio.sleep(0)
        behind = node.log.publish(channel, b"behind", KEEP, key, bar)
        other = node.log.publish(channel, b"other", KEEP, bar=Bar(bar.record, "2"))
        with pytest.raises(Barred):
            await behind
        await noted

        assert [(await each).position.offset for each in (before, other)] == [1, 2]
        await node.seen.until_payload(channel, b"other")
        assert node.seen.payloads(channel) == await everything(node, channel)
        await node.records.remove(bar.record, ["1"])
        assert (await node.log.publish(channel, b"again", KEEP, key, bar)).duplicate is bool(key)

    async def test_what_is_barred_on_one_node_is_so_on_all(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """Once a record has the field, nobody publishes what it bars."""
        other = await self.second(nodes, node)
        bar = Bar(f"gone:{channel}", "1")
        await node.records.put(bar.record, bar.field, b"1", KEPT)
        with pytest.raises(Barred):
            await other.log.publish(channel, b"x", KEEP, bar=bar)

        assert await everything(node, channel) == []

    async def test_size_keeps_the_newest(self, node: Node, channel: str) -> None:
        """Exactly the newest `size` entries are kept."""
        await node.publish_all(channel, numbered(500), Retention(size=3, age_s=300.0))

        assert numbered(500)[-3:] == await everything(node, channel)

    @pytest.mark.parametrize("nothing", [Retention(), Retention(0, 300.0), Retention(10, 0.0)])
    async def test_without_retention_entries_are_only_counted(
        self, node: Node, channel: str, nothing: Retention
    ) -> None:
        """No size, or no time, keeps nothing: the feed and the offsets work all the same."""
        await node.feed.subscribe([channel])
        offsets = await node.publish_all(channel, numbered(3), nothing)
        await node.seen.until(lambda: len(node.seen.entries(channel)) == 3)

        assert offsets == [1, 2, 3]
        assert await everything(node, channel) == []
        assert (await node.log.tops([channel]))[0].offset == 3
        assert node.seen.entries(channel)[1].previous == node.seen.entries(channel)[0].tag

    async def test_age_ends_entries(self, cluster: Cluster, node: Node, channel: str) -> None:
        """Entries older than the asked age are gone for the reader; younger ones stay."""
        await node.publish_all(channel, [b"old"], SHORT)
        await cluster.elapse(SHORT.age_s * 1.2)
        await node.publish_all(channel, [b"young"], SHORT)

        assert await everything(node, channel, SHORT) == [b"young"]
