"""Messages that nobody acknowledges: told once in the cluster, and again where the application was away."""

from __future__ import annotations

import asyncio

from hubbub.brokers.memory import World
from hubbub.errors import HookUnavailable
from hubbub.hub.inbox.deadlines import CLAIM, CLAIM_MS, DUE, RETRIES, Deadlines
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.hub.inbox.values import Overdue
from hubbub.model import ClientInfo
from tests.hub.stage import Stage, shared_world, stage

ANN = ClientInfo("ann", "s1")
SETTINGS = InboxSettings(ack_s=30.0)


class Phone:
    """Take what an application is told, unless it is away."""

    def __init__(self) -> None:
        self.told: list[tuple[str, list[int], int]] = []
        self.away = 0
        self.stuck: asyncio.Event | None = None

    async def tell(self, overdue: Overdue) -> None:
        if self.stuck is not None:
            await self.stuck.wait()
        if self.away:
            self.away -= 1
            raise HookUnavailable("it is away")
        offsets = [message.offset for message in overdue.messages]
        self.told.append((overdue.user, offsets, overdue.unread))


class Watch:
    """One node that looks after deadlines."""

    def __init__(self, place: Stage, phone: Phone, node: str = "n1") -> None:
        self.place = place
        self.phone = phone
        self.inbox = Inbox(place.hub, SETTINGS, place.clock)
        self.deadlines = Deadlines(self.inbox, place.broker.records, node, place.clock)
        self.deadlines.begin(phone.tell)

    async def send(self, *texts: str, user: str = "bob") -> None:
        for text in texts:
            await self.inbox.send(user, text.encode(), sender=ANN)

    async def elapse(self, seconds: int) -> None:
        """Let time pass, with a look each second."""
        for _ in range(seconds):
            self.place.clock.jump(1.0)
            await self.look()

    async def look(self) -> None:
        self.deadlines.tick()
        looking = self.deadlines._looking
        assert looking is not None
        await looking

    async def left(self) -> int:
        """Return how many notes are left."""
        return len(await self.place.broker.records.names(DUE, "", 1000))


async def test_what_nobody_acknowledges_is_told_after_the_deadline() -> None:
    async with stage() as place:
        watch = Watch(place, Phone())
        await watch.send("1", "2")
        await watch.elapse(29)
        assert watch.phone.told == []
        await watch.elapse(3)
        assert watch.phone.told == [("bob", [1, 2], 2)]
        await watch.elapse(60)
        assert len(watch.phone.told) == 1
        assert await watch.left() == 0
        assert await place.broker.records.names(CLAIM, "", 5) == []
        await watch.deadlines.close()


async def test_what_some_device_acknowledged_or_the_user_read_is_not_told() -> None:
    async with stage() as place:
        watch = Watch(place, Phone())
        await watch.send(*"12345")
        await watch.send("1", user="carl")
        await watch.inbox.acknowledge("bob", "phone", upto=1)
        await watch.inbox.acknowledge("bob", "tablet", offsets=[3])
        await watch.inbox.read("carl", 1)
        await watch.elapse(40)

        assert watch.phone.told == [("bob", [2, 4, 5], 5)]
        assert await watch.left() == 0


async def test_each_message_has_its_own_deadline() -> None:
    async with stage() as place:
        watch = Watch(place, Phone())
        for text in "123":
            await watch.send(text)
            await watch.elapse(10)
        await watch.elapse(40)

        assert [offsets for _, offsets, _ in watch.phone.told] == [[1], [2], [3]]


async def test_ones_own_copies_are_not_told() -> None:
    async with stage() as place:
        watch = Watch(place, Phone())
        await watch.send("1")
        await watch.inbox.send("ann", b"2")
        await watch.elapse(40)

        assert sorted(watch.phone.told) == [("ann", [2], 1), ("bob", [1], 1)]


async def test_an_application_that_is_away_is_told_later() -> None:
    async with stage() as place:
        watch = Watch(place, Phone())
        watch.phone.away = 3
        await watch.send("1")
        await watch.elapse(33)
        assert watch.phone.told == []
        await watch.elapse(15)
        assert watch.phone.told == [("bob", [1], 1)]
        watch.phone.away = RETRIES + 5
        await watch.send("2")
        await watch.elapse(30 + 70 * RETRIES)
        assert len(watch.phone.told) == 1
        assert await watch.left() == 0


async def test_many_messages_are_told_in_parts() -> None:
    async with stage() as place:
        watch = Watch(place, Phone())
        await watch.send(*(str(number) for number in range(250)))
        await watch.elapse(40)

        told = [offset for _, offsets, _ in watch.phone.told for offset in offsets]
        assert told == [*range(1, 251)]
        assert max(len(offsets) for _, offsets, _ in watch.phone.told) == 100


async def test_nodes_tell_once_in_all_and_one_ends_what_another_began() -> None:
    world: World = shared_world()
    phone, stuck = Phone(), Phone()
    stuck.stuck = asyncio.Event()
    async with stage(world=world) as one, stage(world=world, node="n2") as two:
        first, second = Watch(one, stuck, "n1"), Watch(two, phone, "n2")
        for user in range(40):
            await first.send("1", user=f"u{user}")
        for place in (one, two):
            place.clock.jump(32.0)
        first.deadlines.tick()
        for _ in range(20):
            await asyncio.sleep(0)
        await second.look()
        assert phone.told == []
        await first.deadlines.close()
        two.clock.jump(CLAIM_MS / 1000 + 1)
        await second.look()

        assert sorted(user for user, _, _ in phone.told) == sorted(f"u{n}" for n in range(40))
        assert await second.left() == 0
        await second.look()
        assert len(phone.told) == 40


async def test_who_shares_a_second_is_told_by_one() -> None:
    world = shared_world()
    phone = Phone()
    async with stage(world=world) as one, stage(world=world, node="n2") as two:
        watches = [Watch(one, phone, "n1"), Watch(two, phone, "n2")]
        for user in range(50):
            await watches[user % 2].send("1", user=f"u{user}")
        for _ in range(40):
            for place in (one, two):
                place.clock.jump(1.0)
            await asyncio.gather(*(watch.look() for watch in watches))

        assert sorted(user for user, _, _ in phone.told) == sorted(f"u{n}" for n in range(50))


async def test_an_absent_broker_is_waited_for() -> None:
    async with stage() as place:
        watch = Watch(place, Phone())
        await watch.send("1")
        place.clock.jump(31.0)
        place.broker.moody.away = True
        await watch.look()
        assert watch.phone.told == []
        place.broker.moody.away = False
        await watch.elapse(CLAIM_MS // 1000 + 2)
        assert watch.phone.told == [("bob", [1], 1)]


async def test_a_note_outlives_any_pause_that_its_message_outlives() -> None:
    """No node may have been there for weeks: what can be read can be told."""
    async with stage() as place:
        watch = Watch(place, Phone())
        await watch.send("1")
        place.clock.jump(SETTINGS.ttl_s - 1)
        await watch.look()
        assert watch.phone.told == [("bob", [1], 1)]
        await watch.send("2")
        place.clock.jump(1.3 * SETTINGS.ttl_s)
        assert await watch.left() == 0
