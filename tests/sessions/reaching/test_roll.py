"""Who is connected, as every node's part of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hubbub.brokers.memory import World
from hubbub.dialects.contract import Request
from hubbub.dialects.text import TextDialect
from hubbub.hub.nodes.control import Control
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.reaching import roll
from hubbub.sessions.reaching.roll import Roll, Wanted
from tests.hub.stage import shared_world, stage
from tests.sessions.stage import PLAIN, Floor

EVERYBODY = Wanted("", "", "", "", 100)


@asynccontextmanager
async def node(world: World, name: str) -> AsyncIterator[tuple[Floor, Roll]]:
    async with stage(world=world, node=name) as place:
        floor = Floor(place, SessionLimits(), trusting=True, name=name)
        control = Control(place.broker, name, place.clock)
        place.hub.admit(control.names, control)
        await control.start()
        yield floor, Roll(floor.services, control)
        await control.close()


async def test_the_sessions_of_all_nodes_with_what_they_are() -> None:
    world = shared_world()
    async with node(world, "n1") as (first, listed), node(world, "n2") as (second, _):
        request = Request(peer="10.0.0.7", carrier="polling")
        ann, _ = first.open(TextDialect(PLAIN, "room", "ann"), request)
        bob, carrier = second.plain("bob", "lobby")
        first.tick(7)
        carrier.unread = 11
        page = await listed.sessions(EVERYBODY)
        assert page.sessions.keys() == {ann.id, bob.id}
        seen = page.sessions[ann.id]
        assert (seen.user, seen.node, seen.dialect, seen.peer) == (
            "ann",
            "n1",
            "text-plain",
            "10.0.0.7",
        )
        assert (seen.transport, seen.age_s, seen.channels) == ("polling", 7, 1)
        assert page.sessions[bob.id].node == "n2"
        assert (page.sessions[bob.id].backlog, page.sessions[bob.id].following) == (11, ())
        assert (page.cursor, page.missing) == ("", [])


@pytest.mark.parametrize("stride", [1, 2000])
async def test_those_that_fit_by_pages(stride: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll, "STRIDE", stride)
    world = shared_world()
    async with node(world, "n1") as (first, listed), node(world, "n2") as (second, _):
        for floor in (first, second):
            for user in ("ann", "anna", "bob", ""):
                floor.plain(user, "room" if user != "bob" else "lobby")

        async def users(wanted: Wanted) -> list[str]:
            return sorted(each.user for each in (await listed.sessions(wanted)).sessions.values())

        assert len(await users(EVERYBODY)) == 8
        assert await users(Wanted("ann", "", "", "", 9)) == ["ann", "ann"]
        assert await users(Wanted("ann*", "", "", "", 9)) == ["ann", "ann", "anna", "anna"]
        assert await users(Wanted("", "", "lobby", "", 9)) == ["bob", "bob"]
        assert await users(Wanted("ann", "", "lobby", "", 9)) == []
        seen: list[str] = []
        cursor = ""
        for _ in range(3):
            page = await listed.sessions(Wanted("", "", "", cursor, 3))
            seen += page.sessions
            cursor = page.cursor
        assert cursor == ""
        assert len(seen) == len(set(seen)) == 8
        assert seen == sorted(seen)


async def test_one_session_and_what_it_follows() -> None:
    async with node(shared_world(), "n1") as (floor, listed):
        ann, _ = floor.plain("ann", "room")
        page = await listed.sessions(Wanted("", ann.id, "", "", 1))
        assert page.sessions[ann.id].following == ("room",)
        assert (await listed.sessions(Wanted("bob", ann.id, "", "", 1))).sessions == {}
        assert (await listed.sessions(Wanted("", "nobody", "", "", 1))).sessions == {}


async def test_users_with_their_sessions_on_all_nodes() -> None:
    world = shared_world()
    async with node(world, "n1") as (first, listed), node(world, "n2") as (second, _):
        for floor, user in ((first, "ann"), (first, "ann"), (second, "ann"), (second, "bob")):
            floor.plain(user)
        first.plain("")
        assert (await listed.users(EVERYBODY)).users == {"ann": 3, "bob": 1}
        page = await listed.users(Wanted("", "", "", "", 1))
        assert (page.users, page.cursor) == ({"ann": 3}, "ann")
        assert (await listed.users(Wanted("", "", "", "ann", 1))).users == {"bob": 1}
        assert (await listed.users(Wanted("b*", "", "", "", 9))).users == {"bob": 1}
