"""Members of dead nodes: they leave once, as others do."""

from __future__ import annotations

from hubbub.brokers.memory import MemoryBroker, MemorySettings, World
from hubbub.hub.envelope import Left, encode
from hubbub.hub.membership import Membership
from hubbub.hub.permissions.namespaces import Namespaces
from tests.fakes.clock import JumpingClock
from tests.hub.test_membership import ANN, OPEN, Ears, MoodyPresence


async def test_a_ghost_that_nobody_here_can_place_hides_no_other() -> None:
    clock = JumpingClock()
    world = World(MemorySettings(lease_s=30), clock)
    dead, alive = (MemoryBroker(MemorySettings(), clock, world) for _ in range(2))
    ears = Ears()
    await dead.start("n1", Ears())
    await alive.start("n2", ears)
    await alive.feed.subscribe(["room"])
    for channel in ("other:x", "room"):
        await dead.presence.enter(channel, "s1", encode(ANN))
    await dead.presence.enter("room", "s2", b"\xc1")
    clock.jump(31)
    await Membership(alive, Namespaces(open=False)).tend()
    assert ears.heard == [encode(Left(ANN))]


async def test_the_ghosts_of_a_dead_node_leave() -> None:
    clock = JumpingClock()
    world = World(MemorySettings(lease_s=30), clock)
    dead, alive = (MemoryBroker(MemorySettings(), clock, world) for _ in range(2))
    ears = Ears()
    await dead.start("n1", Ears())
    await alive.start("n2", ears)
    await alive.feed.subscribe(["room"])
    Membership(dead, Namespaces()).enter("room", OPEN, ANN)
    ears.heard.clear()
    membership = Membership(alive, Namespaces())
    clock.jump(29)
    await membership.tend()
    assert ears.heard == []
    clock.jump(2)
    await membership.tend()
    assert ears.heard == [encode(Left(ANN))]
    assert await membership.members("room") == {}


async def test_what_is_only_counted_or_away_is_not_mourned() -> None:
    clock = JumpingClock()
    world = World(MemorySettings(), clock)
    dead, alive = (MemoryBroker(MemorySettings(), clock, world) for _ in range(2))
    await dead.start("n1", Ears())
    await alive.start("n2", Ears())
    presence = alive.presence = MoodyPresence(alive.presence)
    membership = Membership(alive, Namespaces())
    gone: list[str] = []
    membership.buried = lambda channel, info: gone.append(channel)
    for channel, member in (("room", encode(ANN)), ("counted", b""), ("!nodes", b"n1")):
        await dead.presence.enter(channel, "s1", member)
    presence.takes = 0
    await membership.bury("n1")
    assert gone == []
    presence.takes = 1
    await membership.bury("n1")
    assert gone == ["room"]
