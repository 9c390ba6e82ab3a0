from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hubbub.brokers.contract import Ghost, Occupancy, Presence
from hubbub.brokers.memory import MemoryBroker, MemorySettings
from hubbub.errors import BrokerUnavailable
from hubbub.hub.envelope import Joined, Left, encode
from hubbub.hub.membership import AT_ONCE, Membership
from hubbub.hub.permissions.namespaces import Namespace, Namespaces
from hubbub.model import ClientInfo
from tests.fakes.clock import JumpingClock
from tests.hub.stage import turn

ANN = ClientInfo("ann", "s1")
BOB = ClientInfo("bob", "s2")
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


class MoodyPresence:
    """A broker's presence that can be away, slow, or take only so many more writes."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self.lease_s = presence.lease_s
        self.takes = 10_000
        self.slow: asyncio.Event | None = None

    async def _write(self) -> None:
        if self.slow is not None:
            await self.slow.wait()
        if self.takes <= 0:
            raise BrokerUnavailable("it is away")
        self.takes -= 1

    async def enter(
        self, channel: str, session: str, member: bytes, *, watched: bool = False
    ) -> Occupancy | None:
        await self._write()
        return await self._presence.enter(channel, session, member, watched=watched)

    async def leave(self, channel: str, session: str, *, watched: bool = False) -> None:
        await self._write()
        await self._presence.leave(channel, session, watched=watched)

    async def members(self, channel: str) -> dict[str, bytes]:
        return await self._presence.members(channel)

    async def renew(self) -> None:
        await self._presence.renew()

    async def reap(self) -> Sequence[Ghost]:
        return await self._presence.reap()

    async def bury(self, node: str) -> Sequence[Ghost]:
        await self._write()
        return await self._presence.bury(node)

    async def vacate(self, linger_s: float) -> Sequence[Occupancy]:
        await self._write()
        return await self._presence.vacate(linger_s)


async def moody() -> tuple[Membership, MoodyPresence, Ears]:
    """Return the membership of one node, its presence, and who hears what room `room` is told."""
    broker, ears = MemoryBroker(MemorySettings(), JumpingClock()), Ears()
    await broker.start("n1", ears)
    await broker.feed.subscribe(["room"])
    presence = MoodyPresence(broker.presence)
    broker.presence = presence
    return Membership(broker, Namespaces()), presence, ears


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
    membership, presence, ears = await moody()
    membership.enter("room", OPEN, ANN)
    presence.takes = 0
    membership.leave("room", OPEN, ANN)
    assert await membership.members("room") == {"s1": ANN}
    await membership.tend()
    assert await membership.members("room") == {"s1": ANN}
    presence.takes = 1
    await membership.tend()
    assert await membership.members("room") == {}
    assert ears.heard == [encode(Joined(ANN)), encode(Left(ANN))]


@pytest.mark.parametrize("present", [True, False])
async def test_what_is_owed_is_void_once_there_is_a_newer_word(present: bool) -> None:
    membership, presence, _ = await moody()
    older, newer = membership.enter, membership.leave
    if present:
        older, newer = newer, older
    presence.takes = 0
    older("room", OPEN, ANN)
    presence.takes = 1000
    newer("room", OPEN, ANN)
    await membership.tend()
    assert await membership.members("room") == ({"s1": ANN} if present else {})


@pytest.mark.parametrize("takes", [0, 1000])
async def test_a_word_that_is_late_does_not_undo_a_newer_one(takes: int) -> None:
    membership, presence, _ = await moody()
    gate = presence.slow = asyncio.Event()
    presence.takes = takes
    membership.enter("room", OPEN, ANN)
    presence.slow = None
    membership.leave("room", OPEN, ANN)
    await turn()
    gate.set()
    await turn()
    presence.takes = 1000
    await membership.tend()
    assert await membership.members("room") == {}


async def test_payment_goes_on_where_it_broke_off() -> None:
    membership, presence, _ = await moody()
    crowd = [ClientInfo(f"u{n}", f"s{n}") for n in range(5)]
    presence.takes = 0
    for one in crowd:
        membership.enter("room", OPEN, one)
    presence.takes = 2
    await membership.tend()
    presence.takes = 1000
    await membership.tend()
    assert set(await membership.members("room")) == {one.session for one in crowd}


async def test_restoring_writes_nobody_who_left_meanwhile() -> None:
    membership, presence, ears = await moody()
    gate = presence.slow = asyncio.Event()
    crowd = [ClientInfo("", f"s-{n}") for n in range(AT_ONCE)]
    present = [("room", OPEN, one) for one in (*crowd, ANN, BOB)]
    restored = asyncio.create_task(membership.restore(present))
    await turn()
    presence.slow = None
    for one in (*crowd, BOB):
        membership.leave("room", OPEN, one)
    gate.set()
    await restored
    await turn()
    assert await membership.members("room") == {"s1": ANN}
    assert ears.heard.count(encode(Left(BOB))) == 1
    assert encode(Joined(ANN)) not in ears.heard


async def test_a_restoration_that_breaks_off_is_finished_later() -> None:
    membership, presence, ears = await moody()
    presence.takes = 1
    await membership.restore([("room", OPEN, ANN), ("room", OPEN, BOB)])
    presence.takes = 1000
    await membership.tend()
    assert await membership.members("room") == {"s1": ANN, "s2": BOB}
    assert ears.heard == []


WATCHED = Namespace(presence=False, occupancy_hooks=True)


async def test_who_is_only_counted_stays_unnamed_and_is_not_announced() -> None:
    membership, presence, ears = await moody()
    told: list[Occupancy] = []
    membership.occupancy_changed = told.append
    membership.enter("room", WATCHED, ANN)
    membership.enter("room", WATCHED, BOB)
    assert await presence.members("room") == {"s1": b"", "s2": b""}
    membership.leave("room", WATCHED, ANN)
    assert [(change.channel, change.occupied) for change in told] == [("room", True)]
    assert ears.heard == []


async def test_an_occupation_that_the_broker_did_not_take_is_told_when_it_does() -> None:
    membership, presence, _ = await moody()
    told: list[Occupancy] = []
    membership.occupancy_changed = told.append
    presence.takes = 0
    membership.enter("room", WATCHED, ANN)
    assert told == []
    presence.takes = 1
    await membership.tend()
    assert [change.occupied for change in told] == [True]


async def test_a_look_for_the_vacated_waits_for_the_broker_and_for_itself() -> None:
    broker = MemoryBroker(MemorySettings(), JumpingClock())
    await broker.start("n1", Ears())
    presence = broker.presence = MoodyPresence(broker.presence)
    membership = Membership(broker, Namespaces(WATCHED))
    told: list[Occupancy] = []
    membership.occupancy_changed = told.append
    membership.enter("room", WATCHED, ANN)
    membership.leave("room", WATCHED, ANN)
    presence.takes = 0
    await membership.vacate(0.0)
    presence.takes, presence.slow = 1, asyncio.Event()
    first = asyncio.create_task(membership.vacate(0.0))
    await turn()
    await membership.vacate(0.0)
    presence.slow.set()
    await first
    assert [change.occupied for change in told] == [True, False]
