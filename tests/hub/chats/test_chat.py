from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hubbub.dialects.chat import Amend
from hubbub.dialects.envelope import ENVELOPE
from hubbub.dialects.kinds import Act
from hubbub.errors import Refused
from hubbub.hub.chats.amendments import Amender
from hubbub.hub.chats.chat import TYPING_S, Chat
from hubbub.hub.chats.mentions import MENTIONS_LIMIT
from hubbub.hub.encoding import Encoding
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from hubbub.model import ClientInfo
from tests.fakes.carrier import lines
from tests.hub.stage import Listener, Stage, shared_world, stage, turn

ENVELOPED = Encoding(ENVELOPE, lines, joins=False)
ANN = ClientInfo("ann", "s1")


class Room:
    """A channel of a node where people are seen to write, and somebody who sees them."""

    def __init__(self, place: Stage, bob: Listener) -> None:
        self.place, self.bob = place, bob
        self.chat = Chat(place.hub, place.inbox, place.clock)

    async def heard(self, seconds: float = 0.0) -> list[Any]:
        """Let time pass, and return what was said of writers since."""
        for _ in range(round(seconds)):
            self.place.clock.jump(1.0)
            self.chat.tick()
        await turn()
        return [json.loads(line) for line in self.bob.seen()]


@asynccontextmanager
async def room(settings: HubSettings | None = None) -> AsyncIterator[Room]:
    async with stage(Namespace(typing=True), settings) as place:
        yield Room(place, await place.listen("bob", "room", encoding=ENVELOPED))


async def test_a_writer_is_seen_by_those_who_are_there_and_not_for_ever() -> None:
    async with room() as here:
        here.chat.typing("room", ANN, on=True)
        (seen,) = await here.heard()
        assert seen["data"] == {"typing": True, "for_s": TYPING_S}
        assert seen["tags"] == {"kind": "typing"}
        assert seen["sender"]["user"] == "ann"
        assert "offset" not in seen
        assert [each["data"] for each in await here.heard(10)] == [{"typing": False}]
        page = await here.place.hub.history("room", -1, None, reverse=False)
        assert page.publications == []


async def test_however_fast_somebody_writes_it_is_said_once_a_second_at_most() -> None:
    async with room() as here:
        for _ in range(100):
            here.chat.typing("room", ANN, on=True)
            here.chat.typing("room", ANN, on=False)
        assert len(await here.heard()) == 1
        assert [each["data"]["typing"] for each in await here.heard(1)] == [False]
        assert await here.heard(10) == []


async def test_who_has_published_writes_no_more() -> None:
    async with room() as here:
        here.chat.typing("room", ANN, on=True)
        here.chat.said("room", ANN)
        assert len(await here.heard(10)) == 1


async def test_who_did_not_write_does_not_stop() -> None:
    async with room() as here:
        here.chat.typing("room", ANN, on=False)
        here.chat.said("room", ANN)
        assert await here.heard(2) == []


async def test_people_without_names_are_told_apart_by_their_sessions() -> None:
    async with room() as here:
        here.chat.typing("room", ClientInfo("", "s1"), on=True)
        here.chat.typing("room", ClientInfo("", "s2"), on=True)
        assert {each["sender"]["session"] for each in await here.heard()} == {"s1", "s2"}


async def test_a_crowd_is_not_told_of_each_writer() -> None:
    async with room(HubSettings(join_leave_limit=1)) as here:
        await here.place.listen("cia", "room")
        here.chat.typing("room", ANN, on=True)
        assert await here.heard() == []
        await here.place.say("room", "1")
        assert len(await here.heard()) == 1


async def test_where_it_is_not_switched_on_nobody_is_seen_to_write() -> None:
    async with stage() as place:
        with pytest.raises(Refused) as refused:
            Chat(place.hub, place.inbox, place.clock).typing("room", ANN, on=True)
        assert refused.value.error.code == 108


async def test_too_many_writers_are_asked_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.hub.chats.notices.SUBJECTS_LIMIT", 1)
    async with room() as here:
        here.chat.typing("room", ANN, on=True)
        here.chat.typing("room", ANN, on=True)
        with pytest.raises(Refused) as refused:
            here.chat.typing("room", ClientInfo("bob", "s2"), on=True)
        assert refused.value.error.temporary
        assert len(await here.heard(10)) == 2
        here.chat.typing("room", ClientInfo("bob", "s2"), on=True)


async def test_a_channel_full_of_writers_keeps_nobody_elsewhere_from_being_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hubbub.hub.chats.notices.CHANNEL_SHARE", 1)
    async with room() as here:
        here.chat.typing("loud", ANN, on=True)
        with pytest.raises(Refused):
            here.chat.typing("loud", ClientInfo("bob", "s2"), on=True)
        here.chat.typing("room", ANN, on=True)
        assert len(await here.heard()) == 1


async def test_two_devices_on_two_nodes_are_seen_to_write_as_one() -> None:
    world = shared_world()
    options = Namespace(typing=True)
    async with stage(options, world=world) as one, stage(options, world=world, node="n2") as two:
        bob = await one.listen("bob", "room", encoding=ENVELOPED)
        await two.listen("ann", "room")
        rooms = Room(one, bob), Room(two, bob)
        heard: list[Any] = []
        for _ in range(12):
            for number, here in enumerate(rooms):
                here.chat.typing("room", ClientInfo("ann", f"s{number}"), on=True)
                heard += await here.heard(1)
        # The first word of each, then one each three seconds, whoever says it.
        assert len(heard) == 2 + 3
        for _ in range(10):
            for here in rooms:
                heard += await here.heard(1)
        assert [each["data"]["typing"] for each in heard] == [True] * 5 + [False]


async def test_an_edit_that_mentions_too_many_is_refused_before_it_is_said() -> None:
    async with stage(Namespace(edits=True, mentions="to")) as place:
        chat = Chat(place.hub, place.inbox, place.clock)
        many = json.dumps({"to": [f"u{n}" for n in range(MENTIONS_LIMIT + 1)]}).encode()
        few = b'{"to":["bob","u1"]}'
        await place.hub.publish("room", many)  # as it could be before the namespace had mentions
        ann = Amender(ANN, program=True)
        with pytest.raises(Refused, match="20 users"):
            await chat.amend(Amend("room", Act.EDIT, 1, data=many), ann)
        stored = await chat.amend(Amend("room", Act.EDIT, 1, data=few), ann)
        assert stored.position.offset == 2
        told = [(await place.inbox.unread(user)).total for user in ("bob", "u1")]
        assert told == [1, 0]
