from __future__ import annotations

import asyncio
import json

import pytest

from hubbub.errors import NORMAL, PERMISSION_DENIED, Refused
from hubbub.hub.permissions.namespaces import Audience, Data, Namespace
from hubbub.model import Kind, Packet
from hubbub.sessions.hooks import PublishAsk, PublishGrant
from tests.hub.stage import turn
from tests.sessions.speaker import Speaker
from tests.sessions.stage import Floor, floor


async def ask(place: Floor, *commands: dict[str, object]) -> None:
    """Say commands as a client of its own."""
    ann = Speaker(place)
    await ann.connect(data={"user": "ann"})
    for command in commands:
        await ann.ask(**command)


PUBLISH: dict[str, object] = {"publish": {"channel": "room", "data": {"id": "m1"}}}


async def test_a_message_sent_again_with_its_id_is_one_message() -> None:
    async with floor() as place:
        _, at_bob = place.plain("bob")
        await ask(place, PUBLISH, PUBLISH)
        await ask(place, PUBLISH)
        assert at_bob.lines() == ['{"id": "m1"}']


async def test_somebody_elses_id_is_no_obstacle() -> None:
    async with floor() as place:
        ann, at_ann = place.plain("ann")
        bob, _ = place.plain("bob")
        ann.received(Packet(b'{"id":"m1"}'))
        bob.received(Packet(b'{"id":"m1"}'))
        await turn()
        assert len(at_ann.lines()) == 2


@pytest.mark.parametrize("user", ["ann", ""])
async def test_another_message_of_the_same_name_is_not_lost(user: str) -> None:
    # Not every `id` names a message: it may as well be the sender's.
    async with floor() as place:
        (one, at_one), (two, _) = place.plain(user), place.plain(user)
        one.received(Packet(b'{"id":"ann","text":"how"}'))
        two.received(Packet(b'{"id":"ann","text":"are"}'))
        await turn()
        assert len(at_one.lines()) == 2


async def test_nobody_can_word_a_message_so_that_another_users_is_lost() -> None:
    async with floor(namespace=Namespace(message_id="m")) as place:
        (one, at_one), (two, _) = place.plain("ann"), place.plain("ann/x")
        one.received(Packet(b'{"m":"x/1"}'))
        two.received(Packet(b'{"m":"1"}'))
        await turn()
        assert len(at_one.lines()) == 2


@pytest.mark.parametrize("data", ['{"id":7}', '{"id":""}', '{"id":null}', '{"no":1}', "[1]", "{}"])
async def test_messages_without_a_name_are_never_one(data: str) -> None:
    async with floor() as place:
        ann, at_ann = place.plain("ann")
        ann.received(Packet(data.encode()))
        ann.received(Packet(data.encode()))
        await turn()
        assert len(at_ann.lines()) == 2


HOOKED = Namespace(publish=Audience.NOBODY, publish_hook=True)


async def test_the_publish_hook_decides_alone_and_may_change_what_is_said() -> None:
    async def hook(asked: PublishAsk) -> PublishGrant:
        assert (asked.channel, asked.kind, asked.client.user) == ("room", Kind.JSON, "ann")
        return PublishGrant(data=b'{"clean":true}', tags={"k": "v"})

    async with floor(namespace=HOOKED) as place:
        bob = Speaker(place)
        await bob.connect()
        await bob.ask(subscribe={"channel": "room"})
        ann = Speaker(place)
        await ann.connect(data={"user": "ann"})
        assert (await ann.ask(**PUBLISH))["error"]["code"] == 108
        place.hooks.publish = hook
        assert await ann.ask(**PUBLISH) == {"publish": {}}
        (pub,) = [push["pub"] for push in bob.pushes() if "pub" in push]
        assert (pub["data"], pub["tags"]) == ({"clean": True}, {"k": "v"})


async def test_publishing_keeps_its_order_while_the_application_thinks() -> None:
    async def hook(asked: PublishAsk) -> PublishGrant:
        await asyncio.sleep(0.01 if asked.data == b"1" else 0)
        return PublishGrant()

    async with floor(namespace=HOOKED) as place:
        place.hooks.publish = hook
        ann, at_ann = place.plain("ann")
        ann.received(Packet(b"1"))
        ann.received(Packet(b"2"))
        for _ in range(100):
            if len(at_ann.data) >= 4:
                break
            await asyncio.sleep(0.01)
        assert at_ann.lines() == ["1", "2"]


async def test_what_the_namespace_does_not_take_is_refused() -> None:
    async with floor(namespace=Namespace(data=Data.OBJECT)) as place:
        ann = Speaker(place)
        await ann.connect()
        assert (await ann.ask(publish={"channel": "room", "data": 1}))["error"]["code"] == 107
        assert await ann.ask(**PUBLISH) == {"publish": {}}


FOLLOW: dict[str, object] = {"subscribe": {"channel": "room"}}
COMMANDS: list[dict[str, object]] = [
    PUBLISH,
    {"unsubscribe": {"channel": "elsewhere"}},
    {"publish": {"channel": "$" * 300, "data": 1}},  # no channel has such a name
    {"publish": {"channel": "room"}},
    PUBLISH,
    {"rpc": {"method": "nobody answers"}},
    {"presence_stats": {"channel": "room"}},
]


async def test_answers_come_in_the_order_of_what_was_asked() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect(data={"user": "ann"})
        gate = place.node.broker.moody.withheld = asyncio.Event()
        frame = [json.dumps({"id": 10 + n, **each}) for n, each in enumerate(COMMANDS)]
        ann.session.received(Packet("\n".join(frame).encode()))
        await turn(10)
        ann.hear()
        assert ann.said == []
        gate.set()
        await turn(20)
        ann.hear()
        assert [reply["id"] for reply in ann.said] == [10 + n for n in range(len(COMMANDS))]


async def test_what_a_hook_refuses_is_told_behind_what_was_published_before() -> None:
    async def hook(ask: PublishAsk) -> PublishGrant:
        if ask.data == b"2":
            raise Refused(PERMISSION_DENIED)
        return PublishGrant()

    async with floor(namespace=HOOKED) as place:
        place.hooks.publish = hook
        ann = Speaker(place)
        await ann.connect(data={"user": "ann"})
        gate = place.node.broker.moody.withheld = asyncio.Event()
        for n in (1, 2, 3):
            ann.session.received(
                Packet(b'{"id":1%d,"publish":{"channel":"room","data":%d}}' % (n, n))
            )
        await turn(20)
        ann.hear()
        assert ann.said == []
        gate.set()
        await turn(20)
        ann.hear()
        assert [(reply["id"], "error" in reply) for reply in ann.said] == [
            (11, False),
            (12, True),
            (13, False),
        ]


async def test_who_leaves_meanwhile_asks_for_nothing_more() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect(data={"user": "ann"})
        gate = place.node.broker.moody.withheld = asyncio.Event()
        frame = [json.dumps({"id": 10 + n, **each}) for n, each in enumerate((PUBLISH, FOLLOW))]
        ann.session.received(Packet("\n".join(frame).encode()))
        ann.session.closed(NORMAL)
        gate.set()
        await turn(20)
        assert place.node.hub.statistics.subscriptions == 0
