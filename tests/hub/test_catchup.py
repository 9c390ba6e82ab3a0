from __future__ import annotations

import asyncio
import random

import pytest

from hubbub.errors import Refused
from hubbub.hub.contract import Attachment
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from hubbub.model import Position
from tests.hub.stage import PLAIN_LINES, Listener, stage, turn


def offsets(listener: Listener) -> list[int]:
    return [publication.offset for publication in listener.arrivals[-1].publications]


async def test_what_was_missed_comes_from_the_ring_without_asking_the_broker() -> None:
    async with stage() as node:
        await node.listen("ann", "room")
        top = await node.say("room", *"abcde")
        bob = await node.listen("bob", "room", since=Position(top.epoch, 2))
        assert (bob.arrivals[0].recovered, offsets(bob)) == (True, [3, 4, 5])
        assert bob.arrivals[0].position == top
        assert node.broker.moody.recoveries == 0


async def test_what_the_ring_forgot_comes_from_the_broker() -> None:
    async with stage(settings=HubSettings(ring_size=2)) as node:
        await node.listen("ann", "room")
        top = await node.say("room", *"abcde")
        bob = await node.listen("bob", "room", since=Position(top.epoch, 1))
        assert (bob.arrivals[0].recovered, offsets(bob)) == (True, [2, 3, 4, 5])
        assert node.broker.moody.recoveries == 1


async def test_publications_during_the_recovery_come_once() -> None:
    async with stage(settings=HubSettings(ring_size=3)) as node:
        await node.listen("ann", "room")
        top = await node.say("room", *"abcde")
        node.broker.moody.gate = asyncio.Event()
        bob = Listener("bob")
        coming = asyncio.create_task(
            node.hub.attach(bob, bob.wish("room", since=Position(top.epoch, 1)))
        )
        await turn()
        await node.say("room", "f", "g")
        node.broker.moody.gate.set()
        await coming
        await node.say("room", "h")
        assert offsets(bob) == [2, 3, 4, 5, 6, 7]
        assert bob.seen() == ["h"]


async def test_many_who_come_back_share_one_recovery() -> None:
    async with stage(settings=HubSettings(ring_size=1)) as node:
        await node.listen("ann", "room")
        top = await node.say("room", *"abcde")
        node.broker.moody.gate = asyncio.Event()
        crowd = [Listener(f"u{n}") for n in range(50)]
        since = Position(top.epoch, 1)
        coming = [
            asyncio.create_task(node.hub.attach(one, one.wish("room", since))) for one in crowd
        ]
        await turn()
        node.broker.moody.gate.set()
        await asyncio.gather(*coming)
        assert all(offsets(one) == [2, 3, 4, 5] for one in crowd)
        assert node.broker.moody.recoveries == 1


@pytest.mark.parametrize(
    ("since", "reason"),
    [
        (Position("other", 2), "epoch"),
        (Position("", 99), "ahead"),
        (Position("", 3, tag=1), "fork"),
        (Position("", 1), "gap"),
    ],
)
async def test_who_cannot_be_recovered_is_told_why(since: Position, reason: str) -> None:
    async with stage(Namespace(history_size=5), HubSettings(ring_size=2)) as node:
        await node.listen("ann", "room")
        top = await node.say("room", *"abcdefgh")
        known = Position(since.epoch or top.epoch, since.offset, since.tag)
        if reason == "fork":
            known = Position(top.epoch, 5, 1)
        bob = await node.listen("bob", "room", since=known)
        reply = bob.arrivals[0]
        assert (reply.recovered, reply.reason, reply.publications) == (False, reason, ())
        assert reply.position == top


async def test_too_many_are_not_recovered() -> None:
    async with stage(settings=HubSettings(recovery_limit=3)) as node:
        await node.listen("ann", "room")
        top = await node.say("room", *"abcde")
        bob = await node.listen("bob", "room", since=Position(top.epoch, 1))
        assert bob.arrivals[0].reason == "too_many"


async def test_refusing_rather_than_starting_anew() -> None:
    async with stage() as node:
        await node.say("room", "a")
        bob = Listener("bob")
        wish = Attachment(
            "room", PLAIN_LINES, bob._arrived, Position("other", 1), reject_unrecovered=True
        )
        with pytest.raises(Refused) as refusal:
            await node.hub.attach(bob, wish)
        assert refusal.value.error.code == 112
        assert bob.arrivals == []


async def test_recent_publications_for_a_newcomer_from_ring_and_broker() -> None:
    async with stage(settings=HubSettings(ring_size=3)) as node:
        first = await node.listen("ann", "room")
        await node.say("room", *"abcde")
        assert offsets(await node.listen("bob", "room", recent=2)) == [4, 5]
        assert offsets(await node.listen("cid", "room", recent=4)) == [2, 3, 4, 5]
        assert offsets(await node.listen("dan", "room", recent=9)) == [1, 2, 3, 4, 5]
        assert first.arrivals[0].publications == []


async def test_recent_publications_have_no_gap_when_the_channel_ran_ahead_meanwhile() -> None:
    async with stage(settings=HubSettings(ring_size=2)) as node:
        await node.listen("ann", "room")
        await node.say("room", *"abcde")
        node.broker.moody.slow = asyncio.Event()
        coming = asyncio.create_task(node.listen("bob", "room", recent=4))
        await turn()
        await node.say("room", *"fghi")
        node.broker.moody.slow.set()
        bob = await coming
        assert (offsets(bob), bob.arrivals[0].position.offset) == ([8, 9], 9)


async def test_who_has_seen_more_than_this_node_sees_nothing_twice() -> None:
    async with stage() as node:
        ann = await node.listen("ann", "room")
        await node.say("room", "a")
        node.broker.lose(1)
        top = await node.say("room", "b")
        bob = await node.listen("bob", "room", since=top)
        await node.say("room", "c")
        reply = bob.arrivals[0]
        assert (reply.recovered, offsets(bob), reply.position) == (True, [], top)
        assert (ann.seen(), bob.seen()) == (["a", "b", "c"], ["c"])


async def test_without_history_nothing_is_recovered_or_recoverable() -> None:
    async with stage(Namespace(history_size=0)) as node:
        top = await node.say("room", "a")
        bob = await node.listen("bob", "room", since=top)
        assert (bob.arrivals[0].recoverable, bob.arrivals[0].recovered) == (False, False)


async def test_fifty_random_absences_lose_and_double_nothing() -> None:
    dice = random.Random(7)
    async with stage(settings=HubSettings(ring_size=4)) as node:
        await node.listen("ann", "room")
        seen: list[str] = []
        said = 0
        position = Position((await node.hub.broker.log.tops(["room"]))[0].epoch, 0)
        for _ in range(50):
            for _ in range(dice.randrange(8)):
                said += 1
                await node.say("room", str(said))
            bob = await node.listen("bob", "room", since=position)
            assert bob.arrivals[0].recovered
            seen += [publication.data.decode() for publication in bob.arrivals[0].publications]
            for _ in range(dice.randrange(4)):
                said += 1
                position = await node.say("room", str(said))
            position = position if bob.data else bob.arrivals[0].position
            seen += bob.seen()
            node.hub.detach(bob.info, "room", PLAIN_LINES)
        assert seen == [str(n) for n in range(1, said + 1)]
