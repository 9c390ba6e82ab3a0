"""The promises of `hubbub.brokers.contract.Feed`, as tests."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.contract import Entry
from hubbub.errors import BrokerUnavailable
from tests.contracts.broker_stage import DEADLINE_S, KEEP, BrokerStage, Node, Nodes


class FeedContract(BrokerStage):
    """Subscribing, delivery, order, and announcements."""

    async def test_own_entries_come_back(self, node: Node, channel: str) -> None:
        """The publisher's node gets its entries through the feed like everybody, in order, once."""
        await node.feed.subscribe([channel])
        payloads = [b"%d" % number for number in range(100)]
        await node.publish_all(channel, payloads)
        await node.seen.until(lambda: len(node.seen.entries(channel)) >= 100)

        assert payloads == node.seen.payloads(channel)
        assert list(range(1, 101)) == [entry.offset for entry in node.seen.entries(channel)]

    async def test_all_nodes_see_one_order(self, nodes: Nodes, node: Node, channel: str) -> None:
        """Two nodes that publish at the same time see the same sequence, equal to the log."""
        other = await self.second(nodes, node)
        for each in (node, other):
            await each.feed.subscribe([channel])
        futures = [
            each.log.publish(channel, b"%s %d" % (each.name.encode(), number), KEEP)
            for number in range(50)
            for each in (node, other)
        ]
        await asyncio.gather(*futures)
        for each in (node, other):
            await each.seen.until(lambda at=each: len(at.seen.entries(channel)) >= 100)  # type: ignore[misc]

        assert node.seen.entries(channel) == other.seen.entries(channel)
        assert list(range(1, 101)) == [entry.offset for entry in node.seen.entries(channel)]

    async def test_nothing_after_a_confirmed_subscription_is_missed(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """As soon as `subscribe` returns, the very next entry of any node arrives."""
        other = await self.second(nodes, node)
        for number in range(30):
            name = f"{channel}:{number}"
            await node.feed.subscribe([name])
            other.log.publish(name, b"first", KEEP)
            await node.seen.until_payload(name, b"first")

    async def test_subscribing_while_others_publish_loses_nothing_after_it(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """The feed begins somewhere in a running sequence, and from there has no hole up to its end."""
        other = await self.second(nodes, node)
        running = [other.log.publish(channel, b"%d" % number, KEEP) for number in range(100)]
        await node.feed.subscribe([channel])
        (top,) = await node.log.tops([channel])
        running += [other.log.publish(channel, b"%d" % number, KEEP) for number in range(100)]
        await asyncio.gather(*running)
        await node.seen.until(
            lambda: any(entry.offset == 200 for entry in node.seen.entries(channel))
        )

        offsets = [entry.offset for entry in node.seen.entries(channel)]
        assert list(range(offsets[0], 201)) == offsets
        assert offsets[0] <= top.offset + 1

    async def test_many_channels_at_once(self, nodes: Nodes, node: Node, channel: str) -> None:
        """Thousands of names in one call are all subscribed when it returns; so are racing calls."""
        other = await self.second(nodes, node)
        names = [f"{channel}:{number}" for number in range(2000)]
        await asyncio.gather(
            node.feed.subscribe(names[:1500]),
            node.feed.subscribe(names[1000:]),
            node.feed.subscribe([]),
        )
        for name in (names[0], names[1200], names[1999]):
            other.log.publish(name, b"x", KEEP)
            await node.seen.until_payload(name, b"x")

            assert len(node.seen.payloads(name)) == 1

    async def test_other_channels_stay_away(self, node: Node, channel: str) -> None:
        """What was not subscribed is not delivered."""
        await node.feed.subscribe([channel])
        await node.publish_all(channel + "x", [b"other"])
        await node.publish_all(channel[:-1], [b"other"])
        await node.publish_all(channel, [b"mine"])
        await node.seen.until_payload(channel, b"mine")

        assert {channel} == {name for name, items in node.seen.deliveries.items() if items}

    async def test_subscribing_twice_delivers_once(self, node: Node, channel: str) -> None:
        """A second subscription of the same channel changes nothing."""
        await node.feed.subscribe([channel, channel])
        await node.feed.subscribe([channel])
        await node.publish_all(channel, [b"x", b"end"])
        await node.seen.until_payload(channel, b"end")

        assert node.seen.payloads(channel) == [b"x", b"end"]

    async def test_unsubscribed_channels_fall_silent(self, node: Node, channel: str) -> None:
        """Delivery stops soon for the channels named, and for no others; absent ones are no error."""
        marker = channel + ":marker"
        await node.feed.subscribe([channel, marker])
        node.feed.unsubscribe([channel, channel + ":never"])
        async with asyncio.timeout(DEADLINE_S):
            number = 0
            while True:
                number += 1
                before = len(node.seen.payloads(channel))
                await node.publish_all(channel, [b"x"])
                await node.publish_all(marker, [b"%d" % number])
                await node.seen.until_payload(marker, b"%d" % number)
                if len(node.seen.payloads(channel)) == before:
                    break

    async def test_a_channel_can_be_subscribed_again(self, node: Node, channel: str) -> None:
        """A subscription right after its end holds, and is confirmed anew."""
        for number in range(20):
            await node.feed.subscribe([channel])
            await node.log.publish(channel, b"%d" % number, KEEP)
            await node.seen.until_payload(channel, b"%d" % number)
            node.feed.unsubscribe([channel])

    async def test_unsubscribing_and_subscribing_in_one_turn_ends_subscribed(
        self, node: Node, channel: str
    ) -> None:
        """The later wish wins, even where both travel together."""
        await node.feed.subscribe([channel])
        node.feed.unsubscribe([channel])
        await node.feed.subscribe([channel])
        await node.log.publish(channel, b"x", KEEP)

        await node.seen.until_payload(channel, b"x")

    async def test_announcements_reach_every_node(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """An announcement is delivered once to each subscribed node, the sender's included, unstored."""
        other = await self.second(nodes, node)
        for each in (node, other):
            await each.feed.subscribe([channel])
        payload = bytes(range(256))
        await node.feed.announce(channel, payload)
        for each in (node, other):
            await each.seen.until_payload(channel, payload)

            assert [("announcement", payload)] == each.seen.deliveries[channel]
        assert (await node.log.tops([channel]))[0].offset == 0

    async def test_announcements_keep_their_order_with_publishes(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """What one node publishes and announces in turn arrives in turn, everywhere."""
        other = await self.second(nodes, node)
        for each in (node, other):
            await each.feed.subscribe([channel])
        waiting: list[asyncio.Future[object]] = []
        for number in range(50):
            waiting.append(asyncio.ensure_future(node.log.publish(channel, b"p%d" % number, KEEP)))
            waiting.append(asyncio.ensure_future(node.feed.announce(channel, b"a%d" % number)))
        await asyncio.gather(*waiting)
        expected = [b"%s%d" % (kind, number) for number in range(50) for kind in (b"p", b"a")]
        for each in (node, other):
            await each.seen.until_payload(channel, b"a49")

            assert expected == each.seen.payloads(channel)

    async def test_announcements_need_a_subscription(self, node: Node, channel: str) -> None:
        """Nobody there is no error, and an announcement does not wait for late comers."""
        await node.feed.announce(channel, b"nobody")
        await node.feed.subscribe([channel])
        await node.feed.announce(channel, b"somebody")
        await node.seen.until_payload(channel, b"somebody")

        assert node.seen.payloads(channel) == [b"somebody"]

    async def test_an_entry_delivered_is_an_entry_stored(self, node: Node, channel: str) -> None:
        """Whatever the feed has shown is in the log: a recovery from before it finds it."""
        await node.feed.subscribe([channel])
        (top,) = await node.log.tops([channel])
        futures = [node.log.publish(channel, b"%d" % number, KEEP) for number in range(20)]
        await node.seen.until(lambda: bool(node.seen.entries(channel)))
        seen: list[Entry] = list(node.seen.entries(channel))
        found = await node.log.recover(channel, top, 100, KEEP)

        assert seen == list(found.entries)[: len(seen)]
        await asyncio.gather(*futures)

    async def test_a_quiet_life_restores_nothing(self, node: Node, channel: str) -> None:
        """Without an interruption nobody is told of one."""
        await node.feed.subscribe([channel])
        await node.publish_all(channel, [b"x"])
        await node.seen.until_payload(channel, b"x")

        assert node.seen.restored == 0

    async def test_a_closed_feed_says_so(self, node: Node, channel: str) -> None:
        """After `close` an announcement is refused by its future, with a sentence."""
        await node.broker.close()
        future = node.feed.announce(channel, b"x")

        with pytest.raises(BrokerUnavailable, match="clos"):
            await future
