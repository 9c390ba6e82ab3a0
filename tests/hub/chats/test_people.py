from __future__ import annotations

import json
from typing import Any

import pytest

from hubbub.brokers.records import Life
from hubbub.brokers.shelf import Shelf
from hubbub.dialects.envelope import ENVELOPE
from hubbub.errors import BrokerUnavailable, Refused
from hubbub.hub.chats.chat import Chat
from hubbub.hub.chats.people import Person, Status, described, forgotten, people_of
from hubbub.hub.encoding import Encoding
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from hubbub.model import ClientInfo
from tests.fakes.carrier import lines
from tests.hub.stage import Listener, Stage, shared_world, stage, turn

CHAT = Namespace(people=True, join_leave=False)
ENVELOPED = Encoding(ENVELOPE, lines, joins=False)


class Room:
    """A channel that remembers its people, on one node, and somebody who watches."""

    def __init__(self, place: Stage) -> None:
        self.place = place
        self.chat = Chat(place.hub, place.inbox, place.clock)

    async def come(self, user: str, device: str = "") -> Listener:
        listener = Listener(user)
        listener.info = ClientInfo(user, f"s-{user}{device}")
        listener.encoding = ENVELOPED
        await self.place.hub.attach(listener, listener.wish("room"))
        await turn()
        return listener

    async def speak(self) -> None:
        """Let something be published, upon which the channel remembers who was there."""
        await self.place.hub.publish("room", b"1")

    async def leave(self, listener: Listener) -> None:
        self.place.hub.detach(listener.info, "room", listener.encoding)
        await turn()

    async def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.place.clock.jump(1.0)
            self.place.hub.tick()
            self.chat.tick()
            await turn(10)

    async def of(self) -> dict[str, Person]:
        return await self.chat.people.of("room")


def said(watcher: Listener) -> list[tuple[str, Any]]:
    heard = [json.loads(line) for line in watcher.seen()]
    return [(each["sender"]["user"], each["data"]) for each in heard]


async def test_a_user_is_online_and_was_last_seen_when_nobody_came_back() -> None:
    async with stage(CHAT) as place:
        room = Room(place)
        await room.speak()
        watcher = await room.come("watcher")
        ann = await room.come("ann")
        assert said(watcher)[-1] == ("ann", {"online": True})
        left_ms = place.clock.epoch_ms()
        await room.leave(ann)
        await room.wait(4)
        assert said(watcher) == []
        await room.wait(2)
        assert said(watcher) == [("ann", {"online": False, "seen": left_ms})]
        assert await room.of() == {"watcher": Person(True), "ann": Person(False, left_ms)}


async def test_a_page_that_is_loaded_again_is_nobodys_business() -> None:
    async with stage(CHAT) as place:
        room = Room(place)
        watcher, ann = await room.come("watcher"), await room.come("ann")
        said(watcher)
        await room.leave(ann)
        await room.wait(4)
        await room.come("ann")
        await room.wait(10)
        assert said(watcher) == []
        assert (await room.of())["ann"] == Person(True)


async def test_who_has_another_device_is_not_gone() -> None:
    async with stage(CHAT) as place:
        room = Room(place)
        watcher, one = await room.come("watcher"), await room.come("ann", "1")
        await room.come("ann", "2")
        await room.wait(2)
        said(watcher)
        await room.leave(one)
        await room.wait(10)
        assert said(watcher) == []


async def test_a_device_on_another_node_counts_and_a_dead_node_does_not() -> None:
    world = shared_world()
    async with stage(CHAT, world=world) as here, stage(CHAT, world=world, node="n2") as there:
        room, other = Room(here), Room(there)
        watcher, one = await room.come("watcher"), await room.come("ann", "1")
        await other.come("ann", "2")
        await room.wait(2)
        said(watcher)
        await room.leave(one)
        await room.wait(10)
        assert said(watcher) == []
        here.hub.upkeep.bury("n2")
        await turn(10)
        await room.wait(10)
        assert [user for user, data in said(watcher) if not data["online"]] == ["ann"]


async def test_a_status_is_kept_and_shown() -> None:
    async with stage(CHAT) as place:
        room = Room(place)
        await room.speak()
        watcher, ann = await room.come("watcher"), await room.come("ann")
        said(watcher)
        await room.chat.describe("room", ann.info, Status("away", "at lunch"))
        assert said(watcher) == []
        await turn()
        assert said(watcher) == [("ann", {"state": "away", "text": "at lunch"})]
        assert (await room.of())["ann"] == Person(True, 0, Status("away", "at lunch"))
        with pytest.raises(Refused) as refused:
            await room.chat.describe("room", ClientInfo("", "s9"), Status("away"))
        assert refused.value.error.code == 103


async def test_people_without_names_are_nobody() -> None:
    async with stage(CHAT) as place:
        room = Room(place)
        watcher, nobody = await room.come("watcher"), await room.come("")
        await room.leave(nobody)
        await room.wait(10)
        assert [user for user, _ in said(watcher)] == ["watcher"]
        assert await room.of() == {"watcher": Person(True)}


async def test_where_it_is_not_switched_on_nobody_is_remembered() -> None:
    async with stage() as place:
        room = Room(place)
        watcher = await room.come("watcher")
        await room.leave(await room.come("ann"))
        await room.wait(10)
        assert watcher.seen() == []
        for work in (room.of(), room.chat.describe("room", ClientInfo("ann", "s"), Status())):
            with pytest.raises(Refused) as refused:
                await work
            assert refused.value.error.code == 108


async def test_a_node_that_stops_notes_when_it_saw_those_who_leave() -> None:
    async with stage(CHAT) as place:
        room = Room(place)
        await room.speak()
        await room.leave(await room.come("ann"))
        await room.chat.people.close()
        assert (await room.of())["ann"].seen == place.clock.epoch_ms()


class Away(Shelf):
    """Records that cannot be written."""

    async def raise_to(self, record: str, field: str, number: int, life: Life) -> int:
        raise BrokerUnavailable("it is away")


async def test_who_is_to_be_remembered_for_no_time_is_not_remembered_with_the_channel() -> None:
    async with stage(CHAT, settings=HubSettings(people_ttl_s=0.0)) as place:
        room = Room(place)
        await room.speak()
        await room.leave(await room.come("ann"))
        await room.chat.people.close()
        place.clock.jump(2.0)
        assert await place.broker.records.get("people:room") == {}


async def test_a_broker_that_is_away_costs_what_was_seen_and_nothing_else() -> None:
    async with stage(CHAT) as place:
        room = Room(place)
        await room.speak()
        await room.leave(await room.come("ann"))
        place.broker.records = Away(place.clock, {}.__contains__)
        await room.wait(10)
        await room.leave(await room.come("bob"))
        await room.chat.people.close()
        assert await room.of() == {}


async def test_where_nothing_was_published_all_is_shown_and_nothing_kept() -> None:
    async with stage(CHAT) as place:
        room = Room(place)
        watcher, ann = await room.come("watcher"), await room.come("ann")
        said(watcher)
        await room.chat.describe("room", ann.info, Status("away"))
        await room.leave(ann)
        await room.wait(6)
        await room.leave(watcher)
        await room.chat.people.close()
        assert [user for user, _ in said(watcher)] == ["ann", "ann"]
        assert await room.of() == {}
        assert await place.broker.records.names("", "", 10) == []


async def test_who_did_not_come_back_is_forgotten_after_a_time() -> None:
    settings = HubSettings(people_ttl_s=1000.0)
    async with stage(CHAT, settings) as place:
        room = Room(place)
        await room.speak()
        ann, bob = await room.come("ann"), await room.come("bob")
        await room.leave(ann)
        await room.wait(6)
        place.clock.jump(995.0)
        await room.leave(bob)
        await room.wait(6)
        assert set(await room.of()) == {"bob"}
        place.clock.jump(1251.0)
        assert await place.broker.records.names("people:", "", 10) == []


def test_those_are_forgotten_who_were_seen_longest_ago() -> None:
    fields = {"t:ann": b"5", "t:bob": b"3", "s:bob": b'{"state":"x"}', "t:cia": b"1"}
    people = people_of(fields, {"cia"})
    assert people["bob"] == Person(False, 3, Status("x"))
    assert forgotten(people, 2) == ["t:bob", "s:bob"]
    assert forgotten(people_of(fields, {"ann", "bob", "cia"}), 2) == []


def test_those_are_forgotten_who_were_seen_too_long_ago() -> None:
    fields = {"t:ann": b"5", "t:bob": b"3", "t:cia": b"1", "s:dan": b"{}"}
    people = people_of(fields, {"cia"})
    assert forgotten(people, 9, before_ms=5) == ["t:bob", "s:bob"]


def test_somebody_reads_as_json() -> None:
    person = described(Person(True, 5, Status("away", "lunch")))
    assert (person.online, person.seen, person.state, person.text) == (True, 5, "away", "lunch")
