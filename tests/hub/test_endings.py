"""What becomes of channels when the pattern ends that brought them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest

from hubbub.errors import BrokerUnavailable
from hubbub.hub.settings import HubSettings
from tests.hub.stage import Listener, Stage, stage, turn
from tests.hub.test_patterns import OPEN, follow, leave, pass_time, seen

QUICK = HubSettings(linger_s=5)


def followed(node: Stage) -> set[str]:
    return {channel.name for channel in node.hub._following}


async def test_what_only_the_pattern_brought_goes_with_it_after_a_while() -> None:
    async with stage(OPEN, QUICK) as node:
        ann = await follow(node, "ann", "news:*")
        await node.say("news:a", "1")
        await pass_time(node, 60)
        assert followed(node) == {"news:*", "news:a"}
        leave(node, ann, "news:*")
        await pass_time(node, 4)
        assert followed(node) == {"news:*", "news:a"}
        await pass_time(node, 2)
        assert followed(node) == set()
        await node.say("news:a", "2")
        assert seen(ann)[1:] == []


async def test_who_comes_back_while_it_lingers_finds_it() -> None:
    async with stage(OPEN, QUICK) as node:
        ann = await follow(node, "ann", "news:*")
        leave(node, ann, "news:*")
        await pass_time(node, 4)
        ann = await follow(node, "ann", "news:*")
        await pass_time(node, 10)
        await node.say("news:a", "1")
        assert [each.data for each in seen(ann)] == [1]


async def test_what_somebody_follows_by_name_goes_on_without_a_gap() -> None:
    async with stage(OPEN, QUICK) as node:
        ann = await follow(node, "ann", "news:*")
        await node.say("news:a", "1")
        bob = await follow(node, "bob", "news:a")
        before = node.broker.moody.recoveries
        leave(node, ann, "news:*")
        for number in range(2, 12):
            await node.say("news:a", str(number))
            await pass_time(node, 1)
        assert followed(node) == {"news:a"}
        assert [each.data for each in seen(bob)] == list(range(2, 12))
        assert node.broker.moody.recoveries == before
        leave(node, bob, "news:a")
        await pass_time(node, 6)
        assert followed(node) == set()


async def test_of_two_patterns_the_last_one_takes_care() -> None:
    async with stage(OPEN, QUICK) as node:
        ann, cid = await follow(node, "ann", "news:*"), await follow(node, "cid", "news:a*")
        bob = await follow(node, "bob", "news:a")
        leave(node, ann, "news:*")
        leave(node, cid, "news:a*")
        await pass_time(node, 6)
        assert followed(node) == {"news:a"}
        await node.say("news:a", "1")
        assert [each.data for each in seen(bob)] == [1]


class SlowFeed:
    """A feed whose new subscriptions wait for the test, or fail."""

    def __init__(self, node: Stage) -> None:
        self.gate = asyncio.Event()
        self.away = False
        self._feed = node.broker.feed
        self.unsubscribe = self._feed.unsubscribe
        self.unsubscribe_prefixes = self._feed.unsubscribe_prefixes
        self.announce = self._feed.announce
        node.broker.feed = self

    async def _wait(self) -> None:
        await self.gate.wait()
        if self.away:
            raise BrokerUnavailable("it is away")

    async def subscribe(self, channels: Sequence[str]) -> None:
        await self._wait()
        await self._feed.subscribe(channels)

    async def subscribe_prefixes(self, prefixes: Sequence[str]) -> None:
        await self._wait()
        await self._feed.subscribe_prefixes(prefixes)


async def ending(node: Stage) -> tuple[Listener, Listener, Listener]:
    """Let a pattern end that still brings a channel which somebody follows."""
    ann = await follow(node, "ann", "news:*")
    await node.say("news:a", "1")
    await node.say("news:b", "1")
    bob, cid = await follow(node, "bob", "news:a"), Listener("cid")
    leave(node, ann, "news:*")
    return ann, bob, cid


async def test_who_comes_while_it_ends_is_seen() -> None:
    async with stage(OPEN, QUICK) as node:
        _, bob, _ = await ending(node)
        slow = SlowFeed(node)
        await pass_time(node, 6)
        dan = await follow(node, "dan", "news:b")  # comes to what is only brought by the pattern
        leave(node, bob, "news:a")
        slow.gate.set()
        await turn(10)
        await pass_time(node, 6)
        assert followed(node) == {"news:b"}
        await node.say("news:b", "2")
        assert [each.data for each in seen(dan)] == [2]


async def test_a_pattern_that_is_wanted_again_while_it_ends_stays() -> None:
    async with stage(OPEN, QUICK) as node:
        await ending(node)
        slow = SlowFeed(node)
        await pass_time(node, 6)
        eve = await follow(node, "eve", "news:*")
        slow.gate.set()
        await pass_time(node, 10)
        await node.say("news:c", "1")
        assert [each.channel for each in seen(eve)] == ["news:c"]


async def test_it_goes_on_while_the_broker_is_away() -> None:
    async with stage(OPEN, QUICK) as node:
        _, bob, _ = await ending(node)
        slow = SlowFeed(node)
        slow.away = True
        slow.gate.set()
        await pass_time(node, 20)
        await node.say("news:a", "2")
        slow.away = False
        await pass_time(node, 2)
        await node.say("news:a", "3")
        assert [each.data for each in seen(bob)] == [2, 3]
        assert followed(node) == {"news:a"}


async def test_a_pattern_that_cannot_be_followed_leaves_nothing() -> None:
    async with stage(OPEN, QUICK) as node:
        bob = await follow(node, "bob", "news:a")
        slow = SlowFeed(node)
        slow.away = True
        slow.gate.set()
        with pytest.raises(BrokerUnavailable):
            await follow(node, "ann", "news:*")
        leave(node, bob, "news:a")
        await pass_time(node, 6)
        assert followed(node) == set()
        slow.away = False
        ann = await follow(node, "ann", "news:*")
        await node.say("news:a", "1")
        assert [each.data for each in seen(ann)] == [1]


@pytest.mark.parametrize("seed", range(8))
async def test_everybody_sees_all_once_whatever_comes_and_goes(seed: int) -> None:
    """Names and patterns are followed and left at random while the feed loses entries."""
    chance = random.Random(seed)
    rooms = ["news:a", "news:ab", "news:b"]
    names = [*rooms, "news:*", "news:a*"]
    async with stage(OPEN, HubSettings(linger_s=2, audit_interval_s=3)) as node:
        watcher = await follow(node, "watcher", "news:*")
        written = dict.fromkeys(rooms, 0)
        for room in rooms:  # what a node has never heard of cannot be missed
            written[room] += 1
            await node.say(room, "1")
        here: dict[str, tuple[Listener, dict[str, int]]] = {}
        for step in range(150):
            name = chance.choice(names)
            if name in here and chance.random() < 0.4:
                listener, since = here.pop(name)
                leave(node, listener, name)
                check(name, listener, since, written, whole=False)
            elif name not in here:
                here[name] = (await follow(node, f"l{step}", name), dict(written))
            room = chance.choice(rooms)
            if chance.random() < 0.1:
                node.broker.lose(chance.randrange(1, 3))
            for _ in range(chance.randrange(3)):
                written[room] += 1
                await node.say(room, str(written[room]))
            if chance.random() < 0.3:
                await pass_time(node, 1)
        node.broker.lose(0)
        await pass_time(node, 10)
        await turn(20)
        for name, (listener, since) in here.items():
            check(name, listener, since, written)
        check("news:*", watcher, dict.fromkeys(rooms, 0), written)


def check(
    name: str,
    listener: Listener,
    since: dict[str, int],
    written: dict[str, int],
    *,
    whole: bool = True,
) -> None:
    """Assert that a listener saw its channels gapless, and up to their ends if `whole`.

    Where the node was behind when the listener came, what is repaired then is new to everybody.
    """
    got: dict[str, list[int]] = {}
    for each in seen(listener):
        assert isinstance(each.data, int)
        got.setdefault(each.channel or each.followed, []).append(each.data)
    for room, top in written.items():
        if room == name or (name.endswith("*") and room.startswith(name[:-1])):
            found = got.pop(room, [])
            first = min(since[room] + 1, found[0]) if found else since[room] + 1
            expected = list(range(first, top + 1))
            assert found == (expected if whole else expected[: len(found)]), (name, room)
    assert got == {}
