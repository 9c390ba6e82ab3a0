"""The promises of `hubbub.brokers.contract.Feed` about prefixes of names, as tests."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.contracts.broker_stage import DEADLINE_S, KEEP, BrokerStage, Node, Nodes


class PrefixContract(BrokerStage):
    """Prefixes, alone and beside names."""

    async def test_all_channels_of_a_prefix_are_heard_in_order(
        self, nodes: Nodes, node: Node, channel: str
    ) -> None:
        """Entries and announcements of any node and any matching channel arrive once, in their order."""
        other = await self.second(nodes, node)
        await node.feed.subscribe_prefixes([channel])
        names = [f"{channel}{number}" for number in ("", 1, ":x", "*")]
        for number in range(20):
            for name in names:
                other.log.publish(name, b"p%d" % number, KEEP)
                await other.feed.announce(name, b"a%d" % number)
        expected = [b"%s%d" % (kind, number) for number in range(20) for kind in (b"p", b"a")]
        for name in names:
            await node.seen.until_payload(name, b"a19")

            assert node.seen.payloads(name) == expected
            assert [entry.offset for entry in node.seen.entries(name)] == list(range(1, 21))

    async def test_other_channels_of_a_prefix_stay_away(self, node: Node, channel: str) -> None:
        """Only what begins so is heard, whatever characters the prefix has."""
        await node.feed.subscribe_prefixes([f"{channel}?[a-z]*\\"])
        await node.publish_all(f"{channel}xbcd", [b"other"])
        await node.publish_all(channel, [b"other"])
        await node.publish_all(f"{channel}?[a-z]*\\x", [b"mine"])
        await node.seen.until_payload(f"{channel}?[a-z]*\\x", b"mine")

        heard = {name for name, items in node.seen.deliveries.items() if items}
        assert heard == {f"{channel}?[a-z]*\\x"}

    async def test_however_many_match_each_arrives_once(self, node: Node, channel: str) -> None:
        """Names and prefixes overlap without doubling anything."""
        name = f"{channel}:sport:1"
        prefixes = [f"{channel}:", f"{channel}:sp", f"{channel}:sport:"]
        await node.feed.subscribe_prefixes(prefixes)
        await node.feed.subscribe([name])
        await node.feed.subscribe_prefixes(prefixes[:1])
        await node.publish_all(name, [b"1", b"2"])
        await node.feed.announce(name, b"3")
        await node.seen.until_payload(name, b"3")

        assert node.seen.payloads(name) == [b"1", b"2", b"3"]

    async def test_an_ended_prefix_falls_silent_and_the_others_go_on(
        self, node: Node, channel: str
    ) -> None:
        """What still matches another subscription is heard on; an absent prefix is no error."""
        await node.feed.subscribe_prefixes([channel, f"{channel}:a"])
        await node.feed.subscribe([f"{channel}:b"])
        node.feed.unsubscribe_prefixes([channel, f"{channel}:never"])
        async with asyncio.timeout(DEADLINE_S):
            number = 0
            while True:
                number += 1
                before = len(node.seen.payloads(f"{channel}:c"))
                for name in ("c", "a", "b"):
                    await node.publish_all(f"{channel}:{name}", [b"%d" % number])
                for name in ("a", "b"):
                    await node.seen.until_payload(f"{channel}:{name}", b"%d" % number)
                if len(node.seen.payloads(f"{channel}:c")) == before:
                    break

        for name in ("a", "b"):
            payloads = node.seen.payloads(f"{channel}:{name}")
            assert payloads == [b"%d" % each for each in range(1, number + 1)]

    @pytest.mark.parametrize("seed", range(3))
    async def test_nothing_is_lost_or_doubled_where_subscriptions_come_and_go(
        self, nodes: Nodes, node: Node, channel: str, seed: int
    ) -> None:
        """While one prefix stands, names and other prefixes change all the time under traffic."""
        other, chance = await self.second(nodes, node), random.Random(seed)
        prefixes = [channel, f"{channel}:", f"{channel}:r"]
        await node.feed.subscribe_prefixes(prefixes[:1])
        name, standing, written = f"{channel}:room", 0, 0
        for _ in range(200):
            for _ in range(chance.randrange(3)):
                written += 1
                other.log.publish(name, b"%d" % written, KEEP)
            step = chance.randrange(4)
            if step == 0:
                await node.feed.subscribe([name])
            elif step == 1:
                node.feed.unsubscribe([name])
            else:
                # Another prefix takes over before the one that stood ends.
                new = chance.randrange(3)
                await node.feed.subscribe_prefixes([prefixes[new]])
                if new != standing:
                    node.feed.unsubscribe_prefixes([prefixes[standing]])
                standing = new
        await other.publish_all(name, [b"end"])
        await node.seen.until_payload(name, b"end")

        assert [entry.offset for entry in node.seen.entries(name)] == list(range(1, written + 2))
