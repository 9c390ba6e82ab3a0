"""Traces over several nodes, and that nothing is left of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hubbub.brokers.memory import World
from hubbub.errors import SHUTDOWN, Refused
from hubbub.hub.nodes.control import Control
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.model import Packet
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.watching import tracing
from hubbub.sessions.watching.tracing import LEASE_S, Target, Tracing
from tests.hub.stage import shared_world, stage, turn
from tests.sessions.stage import Floor


@asynccontextmanager
async def node(
    world: World, name: str, namespace: Namespace | None = None
) -> AsyncIterator[tuple[Floor, Tracing]]:
    async with stage(namespace, world=world, node=name) as place:
        floor = Floor(place, SessionLimits(), trusting=True, name=name)
        control = Control(place.broker, name, place.clock)
        place.hub.admit(control.names, control)
        await control.start()
        yield floor, Tracing(floor.services, control)
        await control.close()


async def heard(traced: Tracing, target: Target) -> list[tuple[str, str, str]]:
    found, _ = await traced.ask(target)
    return [(event.user, event.way, event.text.strip()) for event in found.events]


async def test_a_user_on_all_nodes_and_who_comes_later() -> None:
    world = shared_world()
    async with node(world, "n1") as (first, traced), node(world, "n2") as (second, listening):
        ann, _ = first.plain("ann")
        second.plain("bob")
        target = Target(traced.begin(), user="ann")
        [(user, way, text)] = await heard(traced, target)
        assert (user, way) == ("ann", "note")
        assert text.startswith("text-plain websocket")
        later, _ = second.plain("ann")
        await turn()
        for session in (ann, later):
            session.carrier = "polling"  # the carriers of these tests frame by lines
        later.received(Packet(b"hello"))
        await turn()
        said = await heard(traced, target)
        assert ("ann", "in", "hello") in said
        assert said.count(("ann", "out", "hello")) == 2
        assert {user for user, _, _ in said} == {"ann"}
        ann.end(SHUTDOWN)
        assert ("ann", "note", "ended") in await heard(traced, target)
        assert await heard(traced, target) == []
        for floor, each in ((first, traced), (second, listening)):
            assert len(each) == 1
            floor.node.clock.jump(LEASE_S + 1)
            each.tick()
            assert len(each) == 0
            assert floor.registry.noticed is None
        assert not hasattr(later.connection, "inner")


async def test_a_session_alone_and_two_who_trace_it() -> None:
    async with node(shared_world(), "n1") as (floor, traced):
        ann, carrier = floor.plain("ann")
        ann.carrier = "polling"
        floor.plain("ann", "elsewhere")
        one, two = (Target(traced.begin(), client=ann.id) for _ in range(2))
        for target in (one, two):
            assert len(await heard(traced, target)) == 1
        await floor.node.say("elsewhere", "x")
        await floor.node.say("room", "y")
        for target in (one, two):
            assert await heard(traced, target) == [("ann", "out", "y")]
        floor.node.clock.jump(LEASE_S - 1)
        await heard(traced, one)
        floor.node.clock.jump(2)
        traced.tick()
        assert len(traced) == 1
        await floor.node.say("room", "z")
        assert await heard(traced, one) == [("ann", "out", "z")]
        assert carrier.data == b"y\nz\n"
        assert await heard(traced, Target(traced.begin(), client="nobody")) == []


async def test_a_channel_is_heard_on_one_node_and_its_members_do_not_know() -> None:
    world = shared_world()
    spoken = Namespace(presence=True, join_leave=True)
    async with node(world, "n1", spoken) as (first, traced), node(world, "n2", spoken) as (_, far):
        target = Target(far.begin(), channel="room")
        assert await heard(traced, target) == []
        await turn(9)
        assert await first.node.hub.members("room") == {}
        await first.node.say("room", "hello")
        ann, _ = first.plain("ann")
        await turn(9)
        said = await heard(traced, target)
        assert [way for _, way, _ in said] == ["out", "out"]
        assert "hello" in said[0][2]
        assert '"joined"' in said[1][2]
        assert ann.id not in said[0][2]
        first.node.clock.jump(LEASE_S + 1)
        traced.tick()
        await first.node.say("room", "later")
        assert len(await heard(traced, target)) == 1  # the node that listens was not told to stop


async def test_what_cannot_be_followed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with node(shared_world(), "n1") as (_, traced):
        with pytest.raises(Refused, match="not a channel name"):
            await traced.ask(Target(traced.begin(), channel="!nodes"))
        monkeypatch.setattr(tracing, "TRACES", 1)
        with pytest.raises(Refused, match="1 traces at most"):
            await traced.ask(Target(traced.begin(), user="ann"))


async def test_no_more_is_held_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "SESSIONS", 1)
    async with node(shared_world(), "n1") as (floor, traced):
        for _ in range(3):
            session, _ = floor.plain("ann")
            session.carrier = "polling"
        target = Target(traced.begin(), user="ann")
        assert len(await heard(traced, target)) == 1
        for number in range(tracing.EVENTS + 3):
            await floor.node.say("room", str(number))
        found, _ = await traced.ask(target)
        assert (len(found.events), found.lost) == (tracing.EVENTS, 3)
        assert found.events[0].text.strip() == "3"
