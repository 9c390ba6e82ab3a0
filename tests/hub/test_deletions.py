"""Deleting is final: once it is answered, nobody who asks is shown the data, on no node and in no way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.brokers.contract import Broker
from hubbub.brokers.memory import MemoryBroker, MemorySettings
from hubbub.dialects.chat import Amend
from hubbub.dialects.envelope import ENVELOPE
from hubbub.dialects.kinds import Act
from hubbub.errors import Refused
from hubbub.hub.chats.amendments import Amender, Amendments
from hubbub.hub.encoding import Encoding
from hubbub.hub.hub import Hub
from hubbub.hub.permissions.namespaces import Namespace, Namespaces
from hubbub.hub.settings import HubSettings
from hubbub.model import ClientInfo, Position, Publication
from tests.fakes.carrier import lines
from tests.fakes.clock import JumpingClock
from tests.fakes.lagging_broker import LaggingBroker
from tests.hub.conftest import Cluster
from tests.hub.stage import Listener, shared_world, stage, turn, until

CHAT = Namespace(edits=True, reactions=True, history_size=40, delta=True)
ANN = Amender(ClientInfo("ann", "s1"))
ENVELOPED = Encoding(ENVELOPE, lines, joins=False)


class Place:
    """A node, and somebody who listens there from the beginning."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.hub = Hub(broker, Namespaces(CHAT), HubSettings(ring_size=16), JumpingClock())
        self.amendments = Amendments(self.hub, broker)
        self.ear = Listener("ear")

    async def listen(self, name: str, since: Position | None = None, recent: int = 0) -> Listener:
        listener = Listener(name)
        listener.encoding = ENVELOPED
        await self.hub.attach(listener, listener.wish("room", since, recent))
        return listener

    async def is_live(self, offset: int = 0) -> None:
        """Return when all up to an offset was shown."""
        channel = self.hub._following.get("room")
        assert channel is not None
        await until(lambda: channel.is_live() and channel.offset >= offset)
        await turn()


class Play:
    """What is said and deleted in a room, and who reads it meanwhile."""

    def __init__(self, places: list[Place], chance: Random) -> None:
        self.places = places
        self.chance = chance
        self.about: dict[str, int] = {}
        """Whose data it is: the offset of the message."""
        self.deleted: set[int] = set()
        """What was deleted, for whoever asks now."""
        self.said: list[int] = []
        self.refused = 0

    def place(self) -> Place:
        return self.chance.choice(self.places)

    def secret(self, about: int = 0) -> str:
        word = f"secret-{len(self.about)}"
        self.about[word] = about
        return word

    async def say(self) -> None:
        word = self.secret()
        stored = await self.place().hub.publish("room", json.dumps(word).encode(), sender=ANN.info)
        self.about[word] = stored.position.offset
        self.said.append(stored.position.offset)

    async def edit(self) -> None:
        about = self.chance.choice(self.said)
        data = json.dumps(self.secret(about)).encode()
        await self.amend(Amend("room", Act.EDIT, about, data=data))

    async def delete(self) -> None:
        about = self.chance.choice(self.said)
        if await self.amend(Amend("room", Act.DELETE, about)):
            self.deleted.add(about)

    async def amend(self, amend: Amend) -> bool:
        try:
            await self.place().amendments.amend(amend, ANN)
        except Refused as refused:  # it was deleted meanwhile, or is not kept any more
            assert refused.error.code == 108
            self.refused += 1
            return False
        return True

    async def read(self) -> None:
        place, deleted = self.place(), frozenset(self.deleted)
        way = self.chance.randrange(4)
        if way < 2:
            page = await place.hub.history("room", self.chance.randrange(30), None, way == 1)
            found: Iterable[Publication] = page.publications
        else:
            epoch = place.ear.arrivals[0].position.epoch
            since = Position(epoch, self.chance.randrange(max(self.said) + 1))
            reader = await (
                place.listen("reader", since)
                if way == 2
                else place.listen("reader", recent=self.chance.randrange(20))
            )
            found = reader.arrivals[0].publications
            place.hub.detach(reader.info, "room", reader.encoding)
        shown = {self.about[json.loads(each.data)] for each in found if b"secret" in each.data}
        assert not shown & deleted

    async def act(self, steps: int) -> None:
        for _ in range(steps):
            if not self.said:
                await self.say()
            deed = self.chance.choice(
                [self.say, self.edit, self.edit, self.delete, self.read, self.read]
            )
            await deed()

    def check_what_was_heard(self, heard: list[str]) -> None:
        """Assert that nothing of a message came behind its deletion."""
        gone: set[int] = set()
        for line in heard:
            said = json.loads(line)
            kind = said.get("tags", {}).get("kind")
            if kind == "delete":
                gone.add(int(said["tags"]["about"]))
            elif kind not in {"deleted", "reaction"}:
                assert self.about[said["data"]] not in gone


@asynccontextmanager
async def opened(brokers: list[Broker]) -> AsyncIterator[list[Place]]:
    places = [Place(broker) for broker in brokers]
    for number, place in enumerate(places):
        await place.broker.start(f"n{number}", place.hub)
        place.ear = await place.listen("ear")
    try:
        yield places
    finally:
        for place in places:
            await place.hub.close()
            await place.broker.close()


async def play(brokers: list[Broker], chance: Random, *, steps: int) -> None:
    async with opened(brokers) as places:
        show = Play(places, chance)
        await asyncio.gather(*(show.act(steps) for _ in range(4)))
        top = await places[0].hub.past.top("room", 1 << 40)
        for place in places:
            await place.is_live(top.offset)
            show.check_what_was_heard(place.ear.seen())
        for _ in range(10):
            await show.read()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1 << 32))
def test_no_reader_is_shown_what_was_deleted(seed: int) -> None:
    async def main() -> None:
        chance, world = Random(seed), shared_world()
        brokers: list[Broker] = [
            LaggingBroker(MemoryBroker(MemorySettings(), JumpingClock(), world), chance)
            for _ in range(2)
        ]
        await play(brokers, chance, steps=6)

    asyncio.run(main())


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_nor_is_one_of_real_nodes(cluster: Cluster, seed: int) -> None:
    await play([cluster.make_broker() for _ in range(2)], Random(seed), steps=25)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1 << 32))
def test_a_node_that_was_deaf_shows_nobody_what_was_deleted_meanwhile(seed: int) -> None:
    async def main() -> None:
        chance, world = Random(seed), shared_world()
        brokers = [
            LaggingBroker(MemoryBroker(MemorySettings(), JumpingClock(), world), chance)
            for _ in range(2)
        ]
        async with opened(list(brokers)) as places:
            show, deaf = Play(places, chance), brokers[0].receiver
            await show.act(4)
            deaf.go_deaf()
            await asyncio.gather(*(show.act(5) for _ in range(3)))
            await places[0].is_live()  # somebody who came had it healed
            places[0].ear.seen()
            deleted = frozenset(show.deleted)
            deaf.on_restored()
            top = await places[0].hub.past.top("room", 1 << 40)
            await places[0].is_live(top.offset)
            heard = [json.loads(line) for line in places[0].ear.seen()]
            words = [each["data"] for each in heard if isinstance(each["data"], str)]
            assert not {show.about[word] for word in words} & deleted

    asyncio.run(main())


async def test_what_heals_a_channel_is_redacted() -> None:
    async with stage(CHAT) as place:
        bob = await place.listen("bob", "room", encoding=ENVELOPED)
        place.broker.lose(4)
        amendments = Amendments(place.hub, place.broker)
        for word in (b'"one"', b'"two"'):
            await place.hub.publish("room", word, sender=ANN.info)
        await amendments.amend(Amend("room", Act.EDIT, 1, data=b'"won"'), ANN)
        await amendments.amend(Amend("room", Act.DELETE, 1), ANN)
        assert bob.seen() == []
        place.hub.on_restored()
        await until(lambda: bob.data.count(b"\n") == 4)
        heard = [json.loads(line) for line in bob.seen()]
        assert [(each["offset"], each["data"], each.get("tags")) for each in heard] == [
            (1, None, {"kind": "deleted"}),
            (2, "two", None),
            (3, None, {"kind": "deleted", "about": "1"}),
            (4, None, {"kind": "delete", "about": "1"}),
        ]


async def test_what_a_node_remembers_is_not_shown_when_it_missed_the_deletion() -> None:
    async with stage(CHAT) as place:
        bob = await place.listen("bob", "room")
        await place.hub.publish("room", b'"secret"', sender=ANN.info)
        place.broker.lose(1)
        await Amendments(place.hub, place.broker).amend(Amend("room", Act.DELETE, 1), ANN)
        back = await place.listen("back", "room", bob.arrivals[0].position)
        new = await place.listen("new", "room", recent=5)
        for listener in (back, new):
            (shown,) = listener.arrivals[0].publications
            assert (shown.offset, shown.data) == (1, b"null")


async def test_an_edit_that_was_on_its_way_is_void_and_nowhere() -> None:
    async with stage(CHAT) as place:
        await place.hub.publish("room", b'"one"', sender=ANN.info)
        slow = place.broker.moody.slow = asyncio.Event()
        amendments = Amendments(place.hub, place.broker)
        edit = Amend("room", Act.EDIT, 1, data=b'"secret"')
        editing = asyncio.ensure_future(amendments.amend(edit, ANN))
        await turn()
        place.broker.moody.slow = None
        await amendments.amend(Amend("room", Act.DELETE, 1), ANN)
        slow.set()
        with pytest.raises(Refused) as refused:
            await editing
        assert refused.value.error.code == 108
        assert (await place.hub.past.top("room")).offset == 2
