from __future__ import annotations

import asyncio

import pytest

from hubbub.errors import FORCE_DISCONNECT, BrokerUnavailable, Refused
from hubbub.hub.nodes.orders import NodeSilent
from hubbub.sessions.reaching.groups import JOINED_LIMIT, MOVE, Members
from hubbub.sessions.reaching.reach import Fate, Kick, Reached, Say, Target
from tests.hub.stage import turn
from tests.sessions.cluster import heard, nodes, settled

HI = Say("", b'"hi"')


async def test_sessions_and_users_join_and_leave_from_any_node() -> None:
    async with nodes() as (one, two):
        ann, ann2, bob = await one.speaker(), await two.speaker(), await two.speaker("bob")
        assert await one.groups.members("team") is None
        assert await one.groups.do("team", HI) == Reached(Fate.GONE)

        for node, who in ((two, ann), (one, bob)):
            assert await node.groups.join("team", session_id=who.session.id)
        assert await one.groups.do("team", HI) == Reached(Fate.DELIVERED, 2)
        assert await one.groups.join("team", user="ann")
        assert await two.groups.do("team", HI) == Reached(Fate.DELIVERED, 3)
        assert [heard(each) for each in (ann, ann2, bob)] == [["hi", "hi"], ["hi"], ["hi", "hi"]]
        both = sorted((ann.session.id, bob.session.id))
        assert await two.groups.members("team") == Members(both, ["ann"])
        assert (one.groups.of(ann.session.id), one.groups.of(ann2.session.id)) == (["team"], [])

        await two.groups.leave("team", session_id=ann.session.id)
        await two.groups.leave("team", user="ann")
        assert await one.groups.do("team", HI) == Reached(Fate.DELIVERED, 1)
        assert one.groups.of(ann.session.id) == []
        # Whoever was not created ends with its last member.
        await one.groups.leave("team", session_id=bob.session.id)
        assert await one.groups.do("team", HI) == Reached(Fate.GONE)


async def test_what_was_created_stays_until_it_is_destroyed() -> None:
    async with nodes() as (one, two):
        ann = await one.speaker()
        for _ in range(2):
            await two.groups.create("team")
        assert await one.groups.members("team") == Members()
        assert await one.groups.do("team", HI) == Reached(Fate.OFFLINE)
        await two.groups.join("team", session_id=ann.session.id)
        await one.groups.leave("team", session_id=ann.session.id)
        assert await one.groups.do("team", HI) == Reached(Fate.OFFLINE)
        await two.groups.join("team", session_id=ann.session.id)
        assert await settled(two.groups.destroy("team"))
        assert not await two.groups.destroy("team")
        assert one.groups.of(ann.session.id) == []
        assert await one.groups.do("team", HI) == Reached(Fate.GONE)
        one.control.on_restored()  # nothing of it comes back
        await turn(20)
        assert await one.groups.members("team") is None


async def test_groups_are_listed_by_pages() -> None:
    async with nodes() as (one, two):
        for name in ("b", "a:2", "a:1", "größe", "a:3"):
            await one.groups.create(name)
        assert await two.groups.names() == ["a:1", "a:2", "a:3", "b", "größe"]
        assert await two.groups.names("a:", limit=2) == ["a:1", "a:2"]
        assert await two.groups.names("a:", after="a:2", limit=2) == ["a:3"]


async def test_a_session_that_ends_is_in_no_group() -> None:
    async with nodes() as (one, two):
        ann = await one.speaker()
        for name in ("a", "b"):
            await two.groups.create(name)
            await two.groups.join(name, session_id=ann.session.id)
        await settled(two.reach.do(Target((ann.session.id,)), Kick()))
        assert await two.groups.members("a") == await two.groups.members("b") == Members()
        assert not await two.groups.join("a", session_id=ann.session.id)
        assert not await one.groups.join("a", session_id=ann.session.id)
        await two.groups.leave("a", session_id=ann.session.id)


@pytest.mark.parametrize("id", ["nobody", "n9.x", "n1."])
async def test_no_session_joins_that_is_not_there(id: str) -> None:
    async with nodes(1) as (one,):
        assert not await one.groups.join("team", session_id=id)
        await one.groups.leave("team", session_id=id)
        assert await one.groups.members("team") is None


async def test_the_members_of_a_dead_node_are_taken_back_by_who_meets_them() -> None:
    async with nodes(3) as (one, two, _):
        ann, bob = await two.speaker(), await one.speaker("bob")
        for name in ("a", "b"):
            for who in (ann, bob):
                await one.groups.join(name, session_id=who.session.id)
        await two.die()
        await one.control.nodes()
        gone = Reached(Fate.DELIVERED, 1, (ann.session.id,))
        assert await settled(one.groups.do("a", HI)) == gone
        assert await one.groups.do("a", HI) == Reached(Fate.DELIVERED, 1)
        assert await one.groups.members("b") == Members([bob.session.id])
        await settled(one.groups.leave("b", session_id=ann.session.id))
        assert await one.groups.do("b", HI) == Reached(Fate.DELIVERED, 1)


async def test_who_ends_while_it_joins_is_not_in() -> None:
    async with nodes(1) as (one,):
        ann = await one.speaker()
        one.records.before_put = lambda: ann.session.end(FORCE_DISCONNECT)
        assert not await one.groups.join("team", session_id=ann.session.id)
        assert await one.groups.members("team") is None


async def test_a_session_is_in_so_many_groups_at_most() -> None:
    async with nodes() as (one, two):
        ann = await one.speaker()
        for number in range(JOINED_LIMIT):
            await one.groups.join(f"{number}", session_id=ann.session.id)
        for node in (one, two):
            assert await node.groups.join("7", session_id=ann.session.id)
            with pytest.raises(Refused) as caught:
                await node.groups.join("more", session_id=ann.session.id)
            assert caught.value.error.code == 106


@pytest.mark.parametrize("name", ["", "x" * 129, "a\n"], ids=["empty", "long", "unprintable"])
async def test_what_can_be_no_name_is_refused(name: str) -> None:
    async with nodes(1) as (one,):
        for work in (
            one.groups.create(name),
            one.groups.do(name, HI),
            one.groups.join(name, user="ann"),
            one.groups.join("team", user=name),
            one.groups.join("team"),
        ):
            with pytest.raises(Refused) as caught:
                await work
            assert caught.value.error.code == 107


async def test_a_node_that_is_silent_is_told() -> None:
    async with nodes() as (one, two):
        ann = await two.speaker()

        async def silent(payload: bytes) -> bytes:
            await asyncio.sleep(60)
            return payload

        two.control.on(MOVE, silent)
        for work in (one.groups.join, one.groups.leave):
            moving = asyncio.create_task(work("team", session_id=ann.session.id))
            await turn(10)
            one.place.clock.jump(10)
            with pytest.raises(NodeSilent):
                await moving


async def test_what_the_broker_lost_is_written_again() -> None:
    async with nodes(1) as (one,):
        ann, bob = await one.speaker(), await one.speaker("bob")
        for who in (ann, bob):
            await one.groups.join("team", session_id=who.session.id)
        await one.place.broker.records.drop("group:team")
        assert await one.groups.members("team") is None
        one.control.on_restored()
        await turn(20)
        both = sorted((ann.session.id, bob.session.id))
        assert await one.groups.members("team") == Members(both)


async def test_a_broker_that_is_away_harms_nobody_for_long() -> None:
    async with nodes(1) as (one,):
        ann = await one.speaker()
        await one.groups.join("team", session_id=ann.session.id)
        await one.groups.create("team")
        one.records.away = True
        with pytest.raises(BrokerUnavailable):
            await one.groups.create("other")
        one.control.on_restored()
        await turn(20)
        ann.session.end(FORCE_DISCONNECT)
        await turn(20)
        one.records.away = False
        assert await one.groups.members("team") == Members([ann.session.id])
        gone = Reached(Fate.OFFLINE, 0, (ann.session.id,))
        assert await settled(one.groups.do("team", HI)) == gone
        assert await one.groups.members("team") == Members()
