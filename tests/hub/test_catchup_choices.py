"""What somebody is given who comes back with a filter, or to a cache."""

from __future__ import annotations

import pytest

from hubbub.dialects.filters import TagFilter
from hubbub.dialects.text import PLAIN
from hubbub.errors import Refused
from hubbub.hub.encodings import Encodings
from hubbub.hub.permissions.namespaces import Namespace, RecoveryMode
from hubbub.hub.settings import HubSettings
from hubbub.model import Position
from tests.fakes.carrier import lines
from tests.hub.stage import Listener, Stage, stage, turn


def offsets(listener: Listener) -> list[int]:
    return [publication.offset for publication in listener.arrivals[-1].publications]


NEWS = Encodings().of(
    PLAIN, lines, joins=False, filter=TagFilter("", "n", "in", "", frozenset("24"))
)


async def tell(node: Stage, *numbers: int) -> Position:
    for n in numbers:
        stored = node.hub.publish("room", str(n).encode(), tags={"n": str(n)})
    await turn()
    return (await stored).position


@pytest.mark.parametrize(("since", "seen"), [(0, [2, 4]), (2, [4]), (4, []), (5, [])])
async def test_a_filter_chooses_after_it_was_decided_what_was_missed(
    since: int, seen: list[int]
) -> None:
    async with stage(settings=HubSettings(ring_size=2)) as node:
        await node.listen("ann", "room")
        top = await tell(node, 1, 2, 3, 4, 5)
        bob = await node.listen("bob", "room", Position(top.epoch, since), encoding=NEWS)
        assert (bob.arrivals[0].recovered, bob.arrivals[0].position) == (True, top)
        assert offsets(bob) == seen
        await tell(node, 2, 3)
        assert bob.seen() == ["2"]


async def test_what_a_filter_hides_was_missed_all_the_same() -> None:
    async with stage(settings=HubSettings(recovery_limit=3)) as node:
        await node.listen("ann", "room")
        top = await tell(node, 1, 2, 3, 4)
        bob = await node.listen("bob", "room", Position(top.epoch, 0), encoding=NEWS)
        assert bob.arrivals[0].reason == "too_many"


async def test_a_channel_has_only_so_many_filters() -> None:
    async with stage(settings=HubSettings(filter_limit=1)) as node:
        await node.listen("ann", "room", encoding=NEWS)
        await node.listen("bob", "room", encoding=NEWS)
        other = Encodings().of(PLAIN, lines, joins=False, filter=TagFilter("", "n", "ex"))
        with pytest.raises(Refused, match="as many filters") as refusal:
            await node.listen("cid", "room", encoding=other)
        assert refusal.value.error.code == 106
        assert node.hub.statistics.subscriptions == 2
        await node.listen("dan", "room")


CACHE = Namespace(history_size=3, recovery=RecoveryMode.CACHE)
AUTO = Namespace(history_size=3, recovery=RecoveryMode.CACHE, auto_recover=True)


@pytest.mark.parametrize("ring", [8, 0])
@pytest.mark.parametrize(
    ("epoch", "since", "seen"),
    [("", 0, [5]), ("same", 2, [5]), ("same", 5, []), ("other", 5, [5]), ("", 5, [5])],
)
async def test_from_a_cache_comes_the_latest_one_to_who_does_not_have_it(
    epoch: str, since: int, seen: list[int], ring: int
) -> None:
    async with stage(CACHE, HubSettings(ring_size=ring)) as node:
        await node.listen("ann", "room")
        top = await node.say("room", *"abcde")
        asked = Position(top.epoch if epoch == "same" else epoch, since)
        bob = await node.listen("bob", "room", asked)
        reply = bob.arrivals[0]
        assert (reply.recovered, reply.asked, reply.position) == (True, asked, top)
        assert offsets(bob) == seen
        await node.say("room", "f")
        assert bob.seen() == ["f"]


async def test_a_cache_is_for_newcomers_where_it_is_said_so() -> None:
    for namespace, seen in ((CACHE, []), (AUTO, [2])):
        async with stage(namespace) as node:
            await node.say("room", *"ab")
            bob = await node.listen("bob", "room")
            assert offsets(bob) == seen
            assert (bob.arrivals[0].asked is not None, bob.arrivals[0].recovered) == (
                bool(seen),
                bool(seen),
            )
            assert [
                p.offset
                for p in (await node.listen("cid", "room", recent=2)).arrivals[0].publications
            ] == [1, 2]


async def test_an_empty_cache_recovers_nobody_but_who_has_the_latest() -> None:
    async with stage(AUTO, HubSettings(ring_size=0)) as node:
        bob = await node.listen("bob", "room")
        assert (bob.arrivals[0].recovered, bob.arrivals[0].reason) == (False, "gap")
        top = await node.say("room", *"ab")
        node.clock.jump(AUTO.history_ttl_s + 1)
        cid = await node.listen("cid", "room", Position(top.epoch, 1))
        assert (cid.arrivals[0].recovered, offsets(cid)) == (False, [])
        dan = await node.listen("dan", "room", top)
        assert (dan.arrivals[0].recovered, offsets(dan)) == (True, [])
        assert (node.hub.statistics.recovered, node.hub.statistics.unrecovered) == (1, 2)


async def test_through_a_filter_the_latest_is_the_latest_that_matches() -> None:
    async with stage(CACHE) as node:
        await node.listen("ann", "room")
        top = await tell(node, 2, 4, 5)
        bob = await node.listen("bob", "room", Position("", 0), encoding=NEWS)
        assert offsets(bob) == [2]
        cid = await node.listen("cid", "room", Position(top.epoch, 2), encoding=NEWS)
        assert offsets(cid) == [2]
        await tell(node, 1, 3, 5)
        dan = await node.listen("dan", "room", Position("", 0), encoding=NEWS)
        assert (dan.arrivals[0].recovered, offsets(dan)) == (True, [])


async def test_a_node_that_is_behind_what_a_client_saw_catches_up_first() -> None:
    async with stage(CACHE) as node:
        ann = await node.listen("ann", "room")
        await node.say("room", "a")
        assert node.broker.lossy is not None
        node.broker.lossy.lose_next = 1
        top = await node.say("room", "b")
        bob = await node.listen("bob", "room", top)
        assert (bob.arrivals[0].recovered, offsets(bob), bob.arrivals[0].position) == (
            True,
            [],
            top,
        )
        assert ann.seen() == ["a", "b"]
        ahead = Position(top.epoch, 99)
        cid = await node.listen("cid", "room", ahead)
        assert (cid.arrivals[0].recovered, offsets(cid)) == (True, [2])
