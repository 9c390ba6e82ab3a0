from __future__ import annotations

from collections.abc import Sequence

from hubbub.brokers.contract import Ghost
from hubbub.brokers.memory import MemoryBroker, MemorySettings, World
from hubbub.errors import BrokerUnavailable
from hubbub.hub.envelope import Joined, Left, encode
from hubbub.hub.membership import Membership
from hubbub.hub.namespaces import Namespace, Namespaces
from hubbub.model import ClientInfo
from tests.fakes.clock import JumpingClock
from tests.hub.stage import turn

ANN = ClientInfo("ann", "s1")
OPEN = Namespace()


class Ears:
    """A receiver that keeps announcements."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def on_entry(self, channel: str, entry: object) -> None:
        raise AssertionError("membership appends nothing to a log")

    def on_announcement(self, channel: str, payload: bytes) -> None:
        self.heard.append(payload)

    def on_restored(self) -> None:
        raise AssertionError("nothing was interrupted")


class AbsentPresence:
    """A presence that takes nothing."""

    async def enter(self, channel: str, session: str, member: bytes) -> None:
        raise BrokerUnavailable("it is away")

    async def leave(self, channel: str, session: str) -> None:
        raise BrokerUnavailable("it is away")

    async def members(self, channel: str) -> dict[str, bytes]:
        raise BrokerUnavailable("it is away")

    async def renew(self) -> None:
        raise BrokerUnavailable("it is away")

    async def reap(self) -> Sequence[Ghost]:
        raise BrokerUnavailable("it is away")


async def test_entering_and_leaving_is_remembered_and_announced() -> None:
    broker, ears = MemoryBroker(MemorySettings(), JumpingClock()), Ears()
    await broker.start("n1", ears)
    await broker.feed.subscribe(["room"])
    membership = Membership(broker, Namespaces())
    membership.enter("room", OPEN, ANN)
    assert await membership.members("room") == {"s1": ANN}
    membership.leave("room", OPEN, ANN)
    assert await membership.members("room") == {}
    assert ears.heard == [encode(Joined(ANN)), encode(Left(ANN))]


async def test_options_switch_presence_and_announcements_off() -> None:
    broker, ears = MemoryBroker(MemorySettings(), JumpingClock()), Ears()
    await broker.start("n1", ears)
    await broker.feed.subscribe(["room"])
    membership = Membership(broker, Namespaces())
    membership.enter("room", Namespace(presence=False), ANN)
    assert await membership.members("room") == {}
    membership.enter("room", Namespace(join_leave=False), ANN)
    assert await membership.members("room") == {"s1": ANN}
    assert ears.heard == []


async def test_what_the_broker_did_not_take_is_owed_and_paid() -> None:
    broker, ears = MemoryBroker(MemorySettings(), JumpingClock()), Ears()
    await broker.start("n1", ears)
    membership = Membership(broker, Namespaces())
    membership.enter("room", OPEN, ANN)
    there, broker.presence = broker.presence, AbsentPresence()
    membership.leave("room", OPEN, ANN)
    await turn()
    broker.presence = there
    assert await membership.members("room") == {"s1": ANN}
    await membership.tend()
    assert await membership.members("room") == {}


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
