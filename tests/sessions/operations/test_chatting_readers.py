"""Chats as those see them who read: receipts, what is unread, mentions, and who was there."""

from __future__ import annotations

import msgspec
import pytest

from hubbub.hub.permissions.namespaces import Audience, Namespace
from hubbub.model import Packet
from tests.hub.stage import turn
from tests.sessions.chatter import Chatter
from tests.sessions.stage import floor

CHAT = Namespace(typing=True, edits=True, reactions=True, receipts=True)


async def test_a_reader_is_seen_to_read_and_told_what_is_unread() -> None:
    async with floor(namespace=CHAT) as place:
        ann, bob = await Chatter.enter(place, "ann"), await Chatter.enter(place, "bob")
        for number in range(3):
            await ann.say(number)
        ann.seen()
        assert await bob.do("mark", received=3) == {"read": 0, "received": 3}
        assert await bob.do("mark", read=2) == {"read": 2, "received": 3}
        assert await bob.do("mark", read=1) == {"read": 2, "received": 3}
        shown = [(each["tags"]["kind"], each["data"], each["info"]["user"]) for each in ann.seen()]
        assert shown == [("received", {"offset": 3}, "bob"), ("read", {"offset": 2}, "bob")]
        assert await ann.do("receipts") == {"users": {"bob": {"read": 2, "received": 3}}}
        found = await bob.do("rooms", channels=["room", "empty", "!bad"])
        rooms = found["rooms"]
        assert [rooms["room"][name] for name in ("unread", "more", "read", "offset")] == [
            *(1, False),
            *(2, 3),
        ]
        assert rooms["empty"]["unread"] == 0
        assert rooms["!bad"]["error"]["code"] == 107


async def test_however_fast_somebody_scrolls_it_is_said_once_a_second() -> None:
    async with floor(namespace=CHAT) as place:
        ann, bob = await Chatter.enter(place, "ann"), await Chatter.enter(place, "bob")
        for number in range(20):
            await ann.say(number)
        ann.seen()
        for offset in range(1, 21):
            await bob.do("mark", read=offset)
        assert [each["data"]["offset"] for each in ann.seen()] == [1]
        place.tick(1)
        await turn()
        assert [each["data"]["offset"] for each in ann.seen()] == [20]


@pytest.mark.parametrize("user", ["ann", ""])
async def test_only_who_may_read_marks_and_sees_what_is_read(user: str) -> None:
    namespace = Namespace(receipts=True, history=Audience.NOBODY)
    async with floor(namespace=namespace) as place:
        stranger = await Chatter.enter(place, user, follow=False)
        await place.node.hub.publish("room", b"1")
        assert await stranger.fail("mark", read=1) == 103
        assert await stranger.fail("receipts") == 103
        if user:
            rooms = (await stranger.do("rooms", channels=["room"]))["rooms"]
            assert rooms["room"]["error"]["code"] == 103
            await stranger.ask(subscribe={"channel": "room"})
            assert await stranger.do("mark", read=1) == {"read": 1, "received": 1}
        else:
            assert await stranger.fail("rooms", channels=["room"]) == 103
            await stranger.ask(subscribe={"channel": "room"})
            assert await stranger.fail("mark", read=1) == 103


async def test_a_name_that_the_client_gave_a_room_is_the_one_that_it_is_answered() -> None:
    async with floor(namespace=CHAT) as place:
        session, carrier = place.enveloped("bob")
        await turn()
        carrier.lines()
        session.received(Packet(b'{"type":"hubbub.mark","id":1}'))
        session.received(Packet(b'{"type":"hubbub.rooms","channels":["here"],"id":2}'))
        await turn(10)
        bad, rooms = carrier.lines()
        assert '"code":107' in bad
        assert '"rooms":{"here":{"unread":0' in rooms


async def test_who_is_mentioned_finds_it_in_the_inbox() -> None:
    namespace = Namespace(edits=True, mentions="to")
    async with floor(namespace=namespace) as place:
        ann = await Chatter.enter(place, "ann")
        said = {"id": "m1", "to": ["bob"]}
        await ann.say(said)
        await ann.say(said)  # a retry
        await ann.do("edit", offset=1, data={"id": "m1", "to": ["bob", "cia"]})
        found = {user: await place.node.inbox.pull(user, 9) for user in ("ann", "bob", "cia")}
        assert [len(page.messages) for page in found.values()] == [0, 1, 1]
        mention = msgspec.json.decode(found["cia"].messages[0].data)
        assert (mention["channel"], mention["offset"], mention["user"]) == ("room", 1, "ann")
        crowd = [str(number) for number in range(21)]
        reply = await ann.ask(publish={"channel": "room", "data": {"to": crowd}})
        assert reply["error"]["code"] == 107


async def test_who_was_there_is_told_to_who_may_see_who_is() -> None:
    namespace = Namespace(people=True, see_presence=Audience.SUBSCRIBERS)
    async with floor(namespace=namespace) as place:
        ann, bob = await Chatter.enter(place, "ann"), await Chatter.enter(place, "bob")
        await ann.say("where nothing was said, nothing is remembered")
        bob.seen()
        assert await ann.do("status", state="away", text="at lunch") == {}
        kinds = [(each["tags"]["kind"], each["data"]) for each in bob.seen()]
        assert kinds[-1] == ("status", {"state": "away", "text": "at lunch"})
        users = (await bob.do("people"))["users"]
        assert users == {
            "ann": {"online": True, "state": "away", "text": "at lunch"},
            "bob": {"online": True},
        }
        stranger = await Chatter.enter(place, "eve", follow=False)
        assert await stranger.fail("people") == 103
        assert await stranger.fail("status", state="away") == 103
        assert await ann.fail("status", state="x" * 33) == 107
        nobody = await Chatter.enter(place, "")
        assert await nobody.fail("status", state="away") == 103


async def test_a_pattern_is_no_room() -> None:
    namespace = Namespace(typing=True, edits=True, receipts=True, people=True, patterns=True)
    async with floor(namespace=namespace) as place:
        ann = await Chatter.enter(place, "ann", follow=False)
        pattern = "chat:*"
        await ann.ask(subscribe={"channel": pattern})
        for name, body in (
            ("typing", {}),
            ("delete", {"offset": 1}),
            ("mark", {"read": 1}),
            ("receipts", {}),
            ("people", {}),
            ("status", {}),
        ):
            assert await ann.fail(name, **{"channel": pattern, **body}) == 107, name
        rooms = (await ann.do("rooms", channels=[pattern]))["rooms"]
        assert rooms[pattern]["error"]["code"] == 107
