from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hubbub.hub.namespaces import Audience, Namespace
from hubbub.hub.permission import Operation, Permission
from hubbub.model import Packet
from hubbub.sessions.hooks import ConnectAsk, ConnectGrant, PublishAsk, PublishGrant
from tests.hub.stage import turn
from tests.sessions.speaker import Speaker
from tests.sessions.stage import Floor, floor

CHAT = Namespace(typing=True, edits=True, reactions=True, receipts=True)


class Chatter(Speaker):
    """A client that uses the operations of chats in one channel."""

    @classmethod
    async def enter(cls, place: Floor, user: str, *, follow: bool = True) -> Chatter:
        one = cls(place)
        await one.connect(data={"user": user})
        if follow:
            await one.ask(subscribe={"channel": "room"})
        return one

    async def say(self, data: object) -> None:
        await self.ask(publish={"channel": "room", "data": data})

    async def do(self, name: str, **body: object) -> dict[str, Any]:
        """Return the answer's data, or the error."""
        data = {"channel": "room", **body}
        reply = await self.ask(rpc={"method": f"hubbub.{name}", "data": data})
        answer: dict[str, Any] = reply["error"] if "error" in reply else reply["rpc"]["data"]
        return answer

    async def fail(self, name: str, **body: object) -> int:
        """Return the code of the error; 0 where there is none."""
        code: int = (await self.do(name, **body)).get("code", 0)
        return code

    def seen(self) -> list[dict[str, Any]]:
        return [push["pub"] for push in self.pushes() if "pub" in push]


async def test_an_author_edits_and_deletes_and_everybody_sees_it() -> None:
    async with floor(namespace=CHAT) as place:
        ann, bob = await Chatter.enter(place, "ann"), await Chatter.enter(place, "bob")
        await ann.say({"text": "helo"})
        edited = await ann.do("edit", offset=1, data={"text": "hello"})
        assert (edited["offset"], edited["position"].split(".")[:2]) == (2, [edited["epoch"], "2"])
        assert (await bob.do("react", offset=1, reaction="+"))["offset"] == 3
        assert await bob.fail("delete", offset=1) == 103
        assert (await ann.do("delete", offset=1))["offset"] == 4
        assert await ann.fail("edit", offset=1, data=1) == 108
        said = [(each["data"], each.get("tags")) for each in bob.seen()]
        assert said == [
            ({"text": "helo"}, None),
            ({"text": "hello"}, {"kind": "edit", "about": "1"}),
            ({"reaction": "+"}, {"kind": "reaction", "about": "1"}),
            (None, {"kind": "delete", "about": "1"}),
        ]
        page = (await bob.ask(history={"channel": "room", "limit": 10}))["history"]
        assert [each["data"] for each in page["publications"]] == [None, None, said[2][0], None]


async def test_a_writer_is_seen_while_it_writes() -> None:
    async with floor(namespace=CHAT) as place:
        ann, bob = await Chatter.enter(place, "ann"), await Chatter.enter(place, "bob")
        assert await ann.do("typing") == {}
        assert [each["data"]["typing"] for each in bob.seen()] == [True]
        place.tick(6)
        await turn()
        assert [each["data"]["typing"] for each in bob.seen()] == [False]
        place.tick(1)
        assert await ann.do("typing") == {}
        await ann.say("done")
        place.tick(10)
        await turn()
        assert [each["data"] for each in bob.seen()] == [{"typing": True, "for_s": 6}, "done"]


async def test_plain_text_has_no_word_for_it() -> None:
    async with floor(namespace=CHAT) as place:
        ann = await Chatter.enter(place, "ann")
        _, at_plain = place.plain("bob")
        session, at_bob = place.enveloped("bob")
        await turn()
        at_bob.lines()
        await ann.say("helo")
        await ann.do("typing")
        await ann.do("edit", offset=1, data="hello")
        assert at_plain.lines() == ["helo"]
        assert [line.count('"kind"') for line in at_bob.lines()] == [0, 1, 1]
        session.received(Packet(b'{"type":"hubbub.react","offset":1,"reaction":"+","id":3}'))
        session.received(Packet(b'{"type":"hubbub.react","offset":1,"reaction":"-"}'))
        session.received(Packet(b'{"type":"hubbub.edit","offset":1,"data":1,"id":4}'))
        await turn()
        answers = [line for line in at_bob.lines() if '"id"' in line]
        assert len(answers) == 2
        assert '{"type":"answer","id":3,"data":{"offset":3' in answers[0]
        assert '"code":103' in answers[1]


CLOSED = Namespace(typing=True, edits=True, reactions=True, publish=Audience.NOBODY)


async def test_who_may_not_publish_may_not_write_react_or_edit() -> None:
    async with floor(namespace=CLOSED) as place:
        ann = await Chatter.enter(place, "ann")
        await place.node.hub.publish("room", b"1", sender=ann.session.info)
        for name, body in (
            ("typing", {}),
            ("edit", {"data": 1}),
            ("delete", {}),
            ("react", {"reaction": "+"}),
        ):
            assert await ann.fail(name, **{"offset": 1, **body}) == 103


async def test_who_does_not_follow_a_channel_is_not_seen_to_write_there() -> None:
    async with floor(namespace=CHAT) as place:
        ann = await Chatter.enter(place, "ann", follow=False)
        assert await ann.fail("typing") == 103


@pytest.mark.parametrize("audience", list(Audience), ids=str)
async def test_moderators_delete_and_do_not_edit(audience: Audience) -> None:
    namespace = Namespace(edits=True, moderate=audience, publish=Audience.NOBODY)
    async with floor(namespace=namespace) as place:
        ann = await Chatter.enter(place, "ann")
        await place.node.hub.publish("room", b"1")
        assert await ann.fail("edit", offset=1, data=1) == 103
        code = await ann.fail("delete", offset=1)
        assert code == (103 if audience is Audience.NOBODY else 0)


async def test_a_moderator_may_be_named_by_the_application() -> None:
    async def connect(asked: ConnectAsk) -> ConnectGrant:
        may = frozenset({Operation.MODERATE})
        return ConnectGrant("mod", permissions=(Permission(("room",), may),))

    async with floor(namespace=Namespace(edits=True)) as place:
        place.hooks.connect = connect
        mod = await Chatter.enter(place, "mod")
        await place.node.hub.publish("room", b"1")
        assert (await mod.do("delete", offset=1))["offset"] == 2


HOOKED = Namespace(edits=True, reactions=True, publish=Audience.NOBODY, publish_hook=True)


async def test_the_publish_hook_sees_amendments_and_may_change_an_edit() -> None:
    asked: list[PublishAsk] = []

    async def hook(ask: PublishAsk) -> PublishGrant:
        asked.append(ask)
        return PublishGrant(data=b'"clean"', tags={"kind": "message"})

    async with floor(namespace=HOOKED) as place:
        ann = await Chatter.enter(place, "ann")
        await place.node.hub.publish("room", b"1", sender=ann.session.info)
        assert await ann.fail("edit", offset=1, data="foul") == 108
        place.hooks.publish = hook
        ann.seen()
        await ann.do("edit", offset=1, data="foul")
        await ann.do("react", offset=1, reaction="+")
        await ann.do("delete", offset=1)
        assert [(ask.data, ask.tags["kind"], ask.tags["about"]) for ask in asked] == [
            (b'"foul"', "edit", "1"),
            (b'{"reaction":"+"}', "reaction", "1"),
            (b"null", "delete", "1"),
        ]
        said = [(each["data"], each["tags"]["kind"]) for each in ann.seen()]
        assert said == [("clean", "edit"), ({"reaction": "+"}, "reaction"), (None, "delete")]


async def test_the_hook_does_not_make_anybody_an_author() -> None:
    async def hook(ask: PublishAsk) -> PublishGrant:
        return PublishGrant()

    async with floor(namespace=HOOKED) as place:
        place.hooks.publish = hook
        ann = await Chatter.enter(place, "ann")
        await place.node.hub.publish("room", b"1")
        assert await ann.fail("edit", offset=1, data=1) == 103


async def test_who_is_gone_while_the_application_thinks_amends_nothing() -> None:
    async with floor(namespace=HOOKED) as place:
        ann = await Chatter.enter(place, "ann")

        async def hook(ask: PublishAsk) -> PublishGrant:
            ann.session.dismiss()
            return PublishGrant()

        place.hooks.publish = hook
        await place.node.hub.publish("room", b"1", sender=ann.session.info)
        await ann.ask(rpc={"method": "hubbub.delete", "data": {"channel": "room", "offset": 1}})
        page = await place.node.hub.history("room", -1, None, reverse=False)
        assert [each.data for each in page.publications] == [b"1"]


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
        await turn()
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
