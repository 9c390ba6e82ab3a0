"""The promises of `hubbub.brokers.contract.Log` about reading, as tests."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.contract import HistoryQuery, Outcome
from hubbub.errors import BrokerUnavailable
from hubbub.model import Position, Retention
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


class RecoverContract(BrokerStage):
    """Recovery: every outcome, and nothing between them."""

    async def positions(
        self, node: Node, channel: str, count: int, retention: Retention = KEEP
    ) -> list[Position]:
        """Publish `count` entries and return their positions."""
        futures = [node.log.publish(channel, payload, retention) for payload in numbered(count)]
        return [stored.position for stored in await asyncio.gather(*futures)]

    async def test_everything_after_a_position(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """From every position exactly the rest comes, complete up to the top, on every node."""
        other = await self.second(nodes, node)
        (start,) = await node.log.tops([channel])
        places = [start, *await self.positions(node, channel, 10)]
        for place in places:
            found = await other.log.recover(channel, place, 100, KEEP)

            assert Outcome.OK is found.outcome
            assert numbered(10)[place.offset :] == [entry.payload for entry in found.entries]
            assert places[-1] == found.top

    async def test_another_epoch(self, node: Node, channel: str) -> None:
        """A position of another life of the channel cannot be recovered, whatever its offset."""
        (top,) = (await self.positions(node, channel, 3))[-1:]
        for offset in (0, 1, 3, 9):
            found = await node.log.recover(channel, Position("other", offset), 100, KEEP)

            assert (Outcome.EPOCH, [], top) == (found.outcome, list(found.entries), found.top)

    async def test_a_channel_that_is_not_there_gets_its_epoch(
        self, node: Node, channel: str
    ) -> None:
        """Recovering in an unknown channel says EPOCH, and the top that it names is good from then on."""
        found = await node.log.recover(channel, Position("gone", 7, 1), 100, KEEP)

        assert Outcome.EPOCH is found.outcome
        assert found.top.epoch
        assert [found.top] == await node.log.tops([channel])

    async def test_ahead_of_the_top(self, node: Node, channel: str) -> None:
        """A position beyond the top tells that the broker went back in time."""
        top = (await self.positions(node, channel, 3))[-1]
        found = await node.log.recover(channel, Position(top.epoch, 4, 77), 100, KEEP)

        assert (Outcome.AHEAD, [], top) == (found.outcome, list(found.entries), found.top)

    @pytest.mark.parametrize("offset", [1, 2, 3])
    async def test_a_fork_is_seen(self, node: Node, channel: str, offset: int) -> None:
        """A position whose tag is not that of our entry there is a fork, below the top and at it."""
        places = await self.positions(node, channel, 3)
        here = places[offset - 1]
        forged = Position(here.epoch, offset, here.tag ^ 1 or 2)
        found = await node.log.recover(channel, forged, 100, KEEP)

        assert (Outcome.FORK, [], places[-1]) == (found.outcome, list(found.entries), found.top)

    async def test_a_fork_is_seen_by_the_successor(self, node: Node, channel: str) -> None:
        """Where the entry itself is trimmed, the predecessor named by the next one tells the fork."""
        places = await self.positions(node, channel, 5, Retention(3, 300.0))
        right = await node.log.recover(channel, places[1], 100, KEEP)
        forged = Position(places[1].epoch, 2, places[1].tag ^ 1 or 2)
        wrong = await node.log.recover(channel, forged, 100, KEEP)

        assert Outcome.OK is right.outcome
        assert numbered(5)[2:] == [entry.payload for entry in right.entries]
        assert (wrong.outcome, list(wrong.entries)) == (Outcome.FORK, [])

    async def test_tag_zero_skips_the_fork_check(self, node: Node, channel: str) -> None:
        """Who does not know the tag is recovered by the offset alone."""
        top = (await self.positions(node, channel, 3))[-1]
        for offset in (1, 2, 3):
            found = await node.log.recover(channel, Position(top.epoch, offset), 100, KEEP)

            assert Outcome.OK is found.outcome
            assert 3 - offset == len(found.entries)

    async def test_too_many(self, node: Node, channel: str) -> None:
        """The limit itself is granted; one more is refused whole, not cut."""
        places = await self.positions(node, channel, 10)
        enough = await node.log.recover(channel, places[3], 6, KEEP)
        scarce = await node.log.recover(channel, places[3], 5, KEEP)

        assert (enough.outcome, len(enough.entries)) == (Outcome.OK, 6)
        assert (scarce.outcome, list(scarce.entries)) == (Outcome.TOO_MANY, [])
        assert places[-1] == scarce.top

    async def test_a_gap_by_size(self, node: Node, channel: str) -> None:
        """History that begins right after the position is whole; one entry later it has a gap."""
        places = await self.positions(node, channel, 10, Retention(4, 300.0))
        whole = await node.log.recover(channel, places[5], 100, KEEP)
        holed = await node.log.recover(channel, places[4], 100, KEEP)

        assert (whole.outcome, len(whole.entries)) == (Outcome.OK, 4)
        assert (holed.outcome, list(holed.entries)) == (Outcome.GAP, [])
        assert places[-1] == holed.top

    async def test_a_gap_by_age(self, cluster: Cluster, node: Node, channel: str) -> None:
        """Entries that are too old count as gone; the top is still the top."""
        places = await self.positions(node, channel, 3, SHORT)
        await cluster.elapse(SHORT.age_s * 1.2)
        holed = await node.log.recover(channel, places[1], 100, SHORT)
        at_top = await node.log.recover(channel, places[2], 100, SHORT)

        assert (Outcome.GAP, [], places[2]) == (holed.outcome, list(holed.entries), holed.top)
        assert (Outcome.OK, [], places[2]) == (at_top.outcome, list(at_top.entries), at_top.top)

    async def test_a_gap_by_an_entry_that_was_not_kept(self, node: Node, channel: str) -> None:
        """An entry published without retention is a hole that recovery tells, never skips."""
        places = await self.positions(node, channel, 2)
        await node.log.publish(channel, b"not kept", Retention())
        await node.log.publish(channel, b"kept", KEEP)
        holed = await node.log.recover(channel, places[1], 100, KEEP)

        assert (holed.outcome, list(holed.entries), holed.top.offset) == (Outcome.GAP, [], 4)


class HistoryContract(BrokerStage):
    """Reading history, tops, and removing history."""

    async def offsets(self, node: Node, channel: str, query: HistoryQuery) -> list[int]:
        """Return the offsets of a page."""
        return [entry.offset for entry in (await node.log.history(channel, query, KEEP)).entries]

    async def test_pages(self, node: Node, channel: str) -> None:
        """Forward pages begin after `since`, reverse pages before it, or at an end without it."""
        await node.publish_all(channel, numbered(9))
        forward, reverse = HistoryQuery(limit=4), HistoryQuery(limit=4, reverse=True)

        assert await self.offsets(node, channel, forward) == [1, 2, 3, 4]
        assert await self.offsets(node, channel, reverse) == [9, 8, 7, 6]
        assert await self.offsets(node, channel, HistoryQuery(4, 4)) == [5, 6, 7, 8]
        assert await self.offsets(node, channel, HistoryQuery(4, 8)) == [9]
        assert await self.offsets(node, channel, HistoryQuery(4, 9)) == []
        assert await self.offsets(node, channel, HistoryQuery(4, 99)) == []
        assert await self.offsets(node, channel, HistoryQuery(4, 6, True)) == [5, 4, 3, 2]
        assert await self.offsets(node, channel, HistoryQuery(4, 2, True)) == [1]
        assert await self.offsets(node, channel, HistoryQuery(4, 1, True)) == []
        assert await self.offsets(node, channel, HistoryQuery(4, 0, True)) == []
        assert await self.offsets(node, channel, HistoryQuery(2, 99, True)) == [9, 8]
        assert await self.offsets(node, channel, HistoryQuery(2, 0)) == [1, 2]

    async def test_limit_zero_asks_for_the_top_only(self, node: Node, channel: str) -> None:
        """A page of none still names the top."""
        await node.publish_all(channel, numbered(3))
        (top,) = await node.log.tops([channel])
        for reverse in (False, True):
            page = await node.log.history(channel, HistoryQuery(0, None, reverse), KEEP)

            assert ([], top) == (list(page.entries), page.top)

    async def test_entries_are_whole(self, node: Node, channel: str) -> None:
        """History gives the very entries that the feed gave."""
        await node.feed.subscribe([channel])
        await node.publish_all(channel, numbered(5))
        await node.seen.until(lambda: len(node.seen.entries(channel)) == 5)
        page = await node.log.history(channel, HistoryQuery(10), KEEP)

        assert node.seen.entries(channel) == list(page.entries)
        assert page.entries[-1].position == page.top

    async def test_history_of_an_unknown_channel(self, node: Node, channel: str) -> None:
        """A channel without entries has an empty history, and a top at offset 0 that stays."""
        page = await node.log.history(channel, HistoryQuery(10), KEEP)

        assert (list(page.entries), page.top.offset) == ([], 0)
        assert [page.top] == await node.log.tops([channel])

    async def test_tops_give_an_epoch_that_stays(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """A channel asked for the first time is born; its position is good on every node, and later."""
        other = await self.second(nodes, node)
        (top,) = await node.log.tops([channel])
        stored = await other.log.publish(channel, b"x", KEEP)
        found = await other.log.recover(channel, top, 10, KEEP)

        assert (top.offset, top.tag) == (0, 0)
        assert top.epoch
        assert top.epoch == stored.position.epoch
        assert (found.outcome, [entry.payload for entry in found.entries]) == (Outcome.OK, [b"x"])

    async def test_tops_keep_the_order_of_the_question(self, node: Node, channel: str) -> None:
        """One position per name asked, in that order, repeated names included; none for none."""
        names = [f"{channel}:{number}" for number in range(50)]
        for count, name in enumerate(names):
            await node.publish_all(name, numbered(count % 4))
        asked = [*reversed(names), names[3]]
        tops = await node.log.tops(asked)

        assert [*(number % 4 for number in reversed(range(50))), 3] == [top.offset for top in tops]
        assert await node.log.tops([]) == []

    async def test_removed_history_is_gone_and_offsets_go_on(
        self, node: Node, channel: str
    ) -> None:
        """After a removal there is nothing to read, the epoch is the same, and the chain goes on."""
        await node.publish_all(channel, numbered(3))
        (before,) = await node.log.tops([channel])
        await node.log.remove_history(channel)

        assert await everything(node, channel) == []
        assert [before] == await node.log.tops([channel])
        after = await node.log.publish(channel, b"x", KEEP)
        page = await node.log.history(channel, HistoryQuery(10), KEEP)
        assert Position(before.epoch, 4, after.position.tag) == after.position
        assert [(4, before.tag)] == [(entry.offset, entry.previous) for entry in page.entries]
        holed = await node.log.recover(channel, Position(before.epoch, 2), 10, KEEP)
        assert Outcome.GAP is holed.outcome
        whole = await node.log.recover(channel, before, 10, KEEP)
        assert (whole.outcome, len(whole.entries)) == (Outcome.OK, 1)

    async def test_removing_nothing_is_no_error(self, node: Node, channel: str) -> None:
        """The history of an unknown channel may be removed."""
        await node.log.remove_history(channel)

        assert await everything(node, channel) == []

    async def test_a_closed_log_says_so(self, node: Node, channel: str) -> None:
        """After `close` a publish is refused by its future, with a sentence, and is not stored."""
        await node.broker.close()
        future = node.log.publish(channel, b"x", KEEP)

        with pytest.raises(BrokerUnavailable, match="clos"):
            await future
