from __future__ import annotations

import pytest

from hubbub.hub.permissions.namespaces import Audience, Namespace
from hubbub.hub.permissions.permission import Operation, Permission
from hubbub.model import Packet
from hubbub.sessions.hooks import ConnectAsk, ConnectGrant, PublishAsk, PublishGrant
from tests.hub.stage import turn
from tests.sessions.chatter import Chatter
from tests.sessions.stage import floor

CHAT = Namespace(typing=True, edits=True, reactions=True, receipts=True)


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
