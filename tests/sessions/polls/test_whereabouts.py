from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.contract import Entry
from hubbub.errors import BrokerUnavailable
from hubbub.sessions.polls.whereabouts import NAME, Whereabouts
from tests.hub.stage import shared_world, stage, turn
from tests.sessions.sockjs_stage import MoodyPresence


async def test_a_session_is_found_by_others_as_long_as_it_is_there() -> None:
    world = shared_world()
    async with stage(world=world, node="n1") as one, stage(world=world, node="n2") as two:
        here = Whereabouts("n1", one.broker.presence)
        there = Whereabouts("n2", two.broker.presence)
        assert await there.find("k1") == []
        await here.settle("k1")
        assert await there.find("k1") == ["n1"]
        assert await here.find("k1") == []
        assert await there.find("k2") == []
        here.leave("k1")
        await turn(5)
        assert await there.find("k1") == []


async def test_a_broker_that_forgot_is_told_again() -> None:
    world = shared_world()
    async with stage(world=world, node="n1") as one, stage(world=world, node="n2") as two:
        here = Whereabouts("n1", one.broker.presence)
        for key in ("k1", "k2"):
            await here.settle(key)
        here.leave("k2")
        await one.broker.presence.leave("!session.k1", "n1")
        here.on_restored()
        await turn(5)
        there = Whereabouts("n2", two.broker.presence)
        assert [await there.find(key) for key in ("k1", "k2")] == [["n1"], []]


async def test_where_the_broker_is_away_nothing_is_remembered() -> None:
    async with stage(node="n1") as one:
        presence = MoodyPresence(one.broker.presence)
        here = Whereabouts("n1", presence)
        presence.away = True
        with pytest.raises(BrokerUnavailable):
            await here.settle("k1")
        here.leave("k2")
        await turn(5)
        presence.away = False
        here.on_restored()
        await turn(5)
        assert await one.broker.presence.members("!session.k1") == {}


async def test_nothing_is_said_under_its_name() -> None:
    async with stage(node="n1") as one:
        here = Whereabouts("n1", one.broker.presence)
        assert list(here.names) == [NAME]
        here.on_announcement(NAME, b"")
        here.on_entry(NAME, Entry("e", 1, 1, 0, 0, b""))
        await asyncio.sleep(0)
