"""Chats on two nodes, shown against a model that knows no log: who may what, how it reads, what is unread."""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.brokers.contract import Broker
from hubbub.brokers.memory import MemoryBroker, MemorySettings, World
from hubbub.dialects.chat import Amend
from hubbub.dialects.kinds import Act
from hubbub.dialects.operations import reaction_data
from hubbub.errors import Refused
from hubbub.hub.chats.amendments import Amender
from hubbub.hub.chats.chat import Chat
from hubbub.hub.chats.receipts import Room
from hubbub.hub.hub import Hub
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.hub.permissions.namespaces import Namespace, Namespaces
from hubbub.hub.settings import HubSettings
from hubbub.model import ClientInfo
from tests.fakes.clock import JumpingClock
from tests.hub.conftest import RedisCluster
from tests.hub.folding import Said, fold, reacting
from tests.servers import RedisServer

TTL_S = 200.0
CHAT = Namespace(edits=True, reactions=True, receipts=True, history_size=1000, history_ttl_s=TTL_S)
DEEDS = ["say", "edit", "delete", "react", "unreact", "mark"]
PEOPLE = [ClientInfo(user, f"{user}-{device}") for user in ("ann", "bob", "") for device in (1, 2)]
"""Two with a name and two devices each, and two of whom each has none."""


class Step(NamedTuple):
    """One thing that somebody does; `about` picks among the offsets that there are, and beyond."""

    deed: str
    who: ClientInfo
    node: int
    about: int
    moderates: bool = False
    word: str = "a"


class Message(NamedTuple):
    author: ClientInfo
    said: Said


def same(one: ClientInfo, other: ClientInfo) -> bool:
    return one.user == other.user if one.user or other.user else one.session == other.session


class Model:
    """What a chat without a log would know."""

    def __init__(self) -> None:
        self.now = 0.0
        self.times: list[float] = []
        self.messages: dict[int, Message] = {}
        self.read: dict[str, int] = {}

    @property
    def top(self) -> int:
        return len(self.times)

    def kept(self, offset: int) -> bool:
        return 0 < offset <= self.top and self.times[offset - 1] > self.now - TTL_S

    def reads(self) -> dict[int, Said]:
        return {at: each.said for at, each in self.messages.items() if self.kept(at)}

    def unread(self, user: str) -> int:
        return sum(
            at > self.read.get(user, 0) and each.said.data is not None
            for at, each in self.messages.items()
            if self.kept(at) and each.author.user != user
        )

    def expect(self, step: Step, data: bytes) -> int:
        """Do a step, and return the code of its error; 0 where it is done."""
        if step.deed == "say":
            self.times.append(self.now)
            self.messages[self.top] = Message(step.who, Said(data))
            return 0
        if step.deed == "mark":
            return self._mark(step)
        if not self.kept(step.about):
            return 108
        if step.about not in self.messages:
            return 107
        author, said = self.messages[step.about]
        own = same(author, step.who)
        if step.deed == "edit" and not own:
            return 103
        if step.deed == "delete" and not (own or step.moderates):
            return 103
        if said.data is None:
            return 0 if step.deed == "delete" else 108  # two deletions are one entry
        self.times.append(self.now)
        one = {(reacting(step.who), step.word)}
        reads = {
            "edit": Said(data, said.reactions),
            "delete": Said(None),
            "react": Said(said.data, said.reactions | one),
            "unreact": Said(said.data, said.reactions - one),
        }[step.deed]
        self.messages[step.about] = Message(author, reads)
        return 0

    def _mark(self, step: Step) -> int:
        if not step.who.user:
            return 103
        if step.about > self.top:
            return 107
        self.read[step.who.user] = max(self.read.get(step.who.user, 0), step.about)
        return 0


class Place:
    """A node."""

    def __init__(self, broker: Broker, clock: JumpingClock) -> None:
        self.broker = broker
        self.hub = Hub(broker, Namespaces(CHAT), HubSettings(), clock)
        self.chat = Chat(self.hub, Inbox(self.hub, InboxSettings(), clock), clock)

    async def do(self, step: Step, data: bytes) -> int:
        amender = Amender(step.who, step.moderates)
        try:
            match step.deed:
                case "say":
                    await self.hub.publish("room", data, sender=step.who)
                case "mark":
                    await self.chat.mark("room", step.who, read=step.about)
                case "edit":
                    edit = Amend("room", Act.EDIT, step.about, data=data)
                    await self.chat.amend(edit, amender)
                case "delete":
                    await self.chat.amend(Amend("room", Act.DELETE, step.about), amender)
                case _:
                    said = reaction_data(step.word, removed=step.deed == "unreact")
                    react = Amend("room", Act.REACTION, step.about, data=said)
                    await self.chat.amend(react, amender)
        except Refused as refused:
            return refused.error.code
        return 0

    async def check(self, model: Model) -> None:
        page = await self.hub.history("room", -1, None, reverse=False)
        assert fold(page.publications) == model.reads()
        for user in ("ann", "bob"):
            (room,) = await self.chat.receipts.rooms(user, ["room"])
            assert isinstance(room, Room)
            assert (room.unread, room.read) == (model.unread(user), model.read.get(user, 0))


async def play(brokers: list[Broker], clock: JumpingClock, steps: list[Step]) -> None:
    places, model = [Place(broker, clock) for broker in brokers], Model()
    for number, place in enumerate(places):
        await place.broker.start(f"n{number}", place.hub)
    try:
        for number, step in enumerate(steps):
            if step.deed == "wait":
                clock.jump(float(10 * step.about))
                model.now += 10 * step.about
            else:
                data = json.dumps(f"{number}-{step.word}").encode()
                assert await places[step.node].do(step, data) == model.expect(step, data)
        for place in places:
            await place.check(model)
    finally:
        for place in places:
            await place.hub.close()
            await place.broker.close()


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from([*DEEDS, "say", "wait"]),
        st.sampled_from(PEOPLE),
        st.integers(0, 1),
        st.integers(1, 10),
        st.booleans(),
        st.sampled_from(["a", "b"]),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_a_chat_is_what_the_model_says(steps: list[Step]) -> None:
    clock = JumpingClock()
    world = World(MemorySettings(), clock)
    brokers: list[Broker] = [MemoryBroker(MemorySettings(), clock, world) for _ in range(2)]
    asyncio.run(play(brokers, clock, steps))


@pytest.mark.parametrize("seed", [1, 2])
async def test_so_is_one_over_redis(redis_server: RedisServer, seed: int) -> None:
    chance = Random(seed)
    steps = [
        Step(
            chance.choice([*DEEDS, "say"]),
            chance.choice(PEOPLE),
            chance.randrange(2),
            chance.randrange(1, 40),
            chance.random() < 0.5,
            chance.choice("ab"),
        )
        for _ in range(120)
    ]
    redis_server.cli("FLUSHALL")
    cluster = RedisCluster(redis_server)
    await play([cluster.make_broker() for _ in range(2)], JumpingClock(), steps)


async def test_what_one_says_on_two_nodes_at_once_is_one_reaction() -> None:
    clock = JumpingClock()
    world = World(MemorySettings(), clock)
    places = [Place(MemoryBroker(MemorySettings(), clock, world), clock) for _ in range(2)]
    for number, place in enumerate(places):
        await place.broker.start(f"n{number}", place.hub)
    await places[0].hub.publish("room", b'"hi"', sender=PEOPLE[0])
    steps = [Step("react", PEOPLE[0], 0, 1), Step("react", PEOPLE[1], 1, 1)]
    assert await asyncio.gather(*(places[step.node].do(step, b"") for step in steps)) == [0, 0]
    page = await places[0].hub.history("room", -1, None, reverse=False)
    assert fold(page.publications)[1].reactions == {("ann", "a")}
    assert await places[1].do(Step("unreact", PEOPLE[1], 1, 1), b"") == 0
    page = await places[0].hub.history("room", -1, None, reverse=False)
    assert fold(page.publications)[1].reactions == frozenset()
    for place in places:
        await place.hub.close()
        await place.broker.close()
