from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hubbub.errors import Refused
from hubbub.hub.chats.chat import Chat
from hubbub.hub.chats.mentions import MENTIONS_LIMIT, mentioned
from hubbub.hub.chats.people import Status
from hubbub.hub.permissions.namespaces import Audience, Namespace
from hubbub.model import ClientInfo, Kind, Position
from tests.hub.stage import Stage, stage, turn

CHAT = Namespace(mentions="to")
ANN = ClientInfo("ann", "s1")
AT = Position("e", 7)


@pytest.mark.parametrize(
    ("data", "users"),
    [
        (b'{"to":["bob","cia","bob"]}', {"bob", "cia"}),
        (b' {"to":["ann","","bob"]}', {"bob"}),
        (b'{"to":[]}', set()),
        (b'{"to":"bob"}', set()),
        (b'{"to":["bob",1]}', set()),
        (b'{"text":"@bob"}', set()),
        (b'["to"]', set()),
        (b"{", set()),
    ],
)
def test_a_list_of_names_mentions_them(data: bytes, users: set[str]) -> None:
    assert mentioned(CHAT, "room", data, Kind.JSON, ANN) == users
    assert not mentioned(Namespace(), "room", data, Kind.JSON, ANN)
    assert not mentioned(CHAT, "room", data, Kind.TEXT, ANN)


def test_a_channel_of_some_users_mentions_none_but_them() -> None:
    data = b'{"to":["bob","cia"]}'
    assert mentioned(CHAT, "dialog#ann,bob", data, Kind.JSON, ANN) == {"bob"}


def test_nobody_mentions_everybody() -> None:
    data = json.dumps({"to": [str(number) for number in range(MENTIONS_LIMIT + 1)]}).encode()
    with pytest.raises(Refused, match="20 users") as refused:
        mentioned(CHAT, "room", data, Kind.JSON, None)
    assert refused.value.error.code == 107


def chat_of(place: Stage) -> Chat:
    return Chat(place.hub, place.inbox, place.clock)


async def inbox(place: Stage, user: str) -> list[object]:
    page = await place.inbox.pull(user, 9)
    return [(json.loads(each.data), (each.tags or {})["mention"]) for each in page.messages]


async def test_a_mention_is_in_the_inbox_once_however_often_it_is_said() -> None:
    async with stage() as place:
        mentions = chat_of(place).mentions
        for _ in range(3):
            await mentions.tell(frozenset({"bob", "cia"}), "room", AT, ANN)
        said = {"channel": "room", "offset": 7, "epoch": "e", "user": "ann"}
        assert await inbox(place, "bob") == await inbox(place, "cia") == [(said, "room")]
        assert await inbox(place, "ann") == []
        await mentions.tell(frozenset({"bob"}), "room", Position("e", 8), None)
        assert len(await inbox(place, "bob")) == 2


async def test_what_is_kept_nowhere_is_mentioned_to_nobody() -> None:
    async with stage() as place:
        await chat_of(place).mentions.tell(frozenset({"bob"}), "room", Position("", 0), ANN)
        assert await inbox(place, "bob") == []


async def test_a_name_that_cannot_be_one_spoils_nothing() -> None:
    async with stage() as place:
        await chat_of(place).mentions.tell(frozenset({"bob", "a\nb", "x" * 999}), "room", AT, ANN)
        assert len(await inbox(place, "bob")) == 1


async def test_whoever_publishes_waits_until_it_is_there() -> None:
    async with stage() as place:
        mentions, users = chat_of(place).mentions, frozenset({"bob"})
        stored = place.hub.publish("room", b"1")
        assert mentions.after(stored, frozenset(), "room", ANN) is stored
        assert (await mentions.after(stored, users, "room", ANN)).position.offset == 1
        assert len(await inbox(place, "bob")) == 1
        place.broker.moody.away = True
        lost = mentions.after(place.hub.publish("room", b"2"), users, "room", ANN)
        await turn()
        assert lost.exception() is not None


def test_what_nobody_can_look_into_mentions_nobody() -> None:
    deep = b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    assert mentioned(CHAT, "room", deep, Kind.JSON, ANN) == set()


@pytest.mark.parametrize(
    ("namespace", "channel"),
    [
        (Namespace(subscribe=Audience.NOBODY), "room"),
        (Namespace(subscribe_hook=True), "room"),
        (Namespace(), "$room"),
    ],
    ids=["nobody", "hook", "private"],
)
async def test_who_may_not_see_a_channel_is_not_mentioned_there(
    namespace: Namespace, channel: str
) -> None:
    async with stage(replace(namespace, mentions="to", receipts=True)) as place:
        chat = chat_of(place)
        await place.hub.publish(channel, b"1")
        await place.listen("cia", channel)  # who was let in by a token, say
        await chat.mark(channel, ClientInfo("dan", "s4"), read=1)  # and was so before
        everybody = frozenset({"bob", "cia", "dan"})
        await chat.mentions.tell(everybody, channel, AT, ANN)
        found = {user for user in everybody if await inbox(place, user)}
        assert found == {"cia", "dan"}


async def test_who_was_there_and_is_remembered_is_mentioned() -> None:
    async with stage(Namespace(subscribe=Audience.NOBODY, people=True)) as place:
        chat = chat_of(place)
        await place.hub.publish("room", b"1")
        await chat.describe("room", ClientInfo("bob", "s2"), Status("away"))
        await chat.mentions.tell(frozenset({"bob", "eve"}), "room", AT, ANN)
        assert await inbox(place, "bob")
        assert not await inbox(place, "eve")


async def test_where_users_are_let_in_by_their_name_nobody_is_looked_up() -> None:
    async with stage(Namespace(subscribe=Audience.USERS)) as place:
        await chat_of(place).mentions.tell(frozenset({"bob"}), "room", AT, ANN)
        assert await inbox(place, "bob")
