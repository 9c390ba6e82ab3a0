from __future__ import annotations

import json

import pytest

from hubbub import errors
from hubbub.dialects.centrifuge.conversation import CentrifugeDialect
from hubbub.dialects.centrifuge.json import JSON
from hubbub.dialects.text import TextDialect, TextSettings
from hubbub.errors import ErrorCode, Refused
from hubbub.hub.permissions.namespaces import Audience, Namespace
from hubbub.hub.settings import HubSettings
from hubbub.model import Packet, Position
from hubbub.sessions.gate import AccessSettings
from hubbub.sessions.hooks import RpcAnswer, RpcAsk
from hubbub.sessions.limits import SessionLimits
from tests.fakes.carrier import Carrier
from tests.hub.stage import turn
from tests.sessions.speaker import Speaker
from tests.sessions.stage import Floor, floor


async def ask(place: Floor, *commands: dict[str, object]) -> list[dict[str, object]]:
    """Send commands over a new Centrifuge session, and return its replies."""
    session, carrier = place.open(CentrifugeDialect(JSON))
    first: dict[str, object] = {"connect": {"data": {"user": "ann"}}}
    frame = "\n".join(
        json.dumps({"id": n, **command}) for n, command in enumerate((first, *commands), 1)
    )
    session.received(Packet(frame.encode()))
    await turn()
    return [reply for reply in map(json.loads, carrier.lines()) if "id" in reply][1:]


def code(reply: dict[str, object]) -> object:
    error = reply.get("error")
    return error["code"] if isinstance(error, dict) else 0


SUBSCRIBE: dict[str, object] = {"subscribe": {"channel": "room"}}
FILTERED: dict[str, object] = {
    "subscribe": {"channel": "room", "tf": {"key": "a", "cmp": "eq", "val": "x"}}
}
PUBLISH: dict[str, object] = {"publish": {"channel": "room", "data": {"id": "m1"}}}
HISTORY: dict[str, object] = {"history": {"channel": "room", "limit": 10}}
PRESENCE: dict[str, object] = {"presence": {"channel": "room"}}
STATS: dict[str, object] = {"presence_stats": {"channel": "room"}}


async def test_every_command_is_answered() -> None:
    async with floor() as place:
        replies = await ask(place, SUBSCRIBE, PUBLISH, HISTORY, PRESENCE, STATS)
        assert [code(reply) for reply in replies] == [0] * 5
        assert replies[3]["presence"] and replies[4]["presence_stats"] == {
            "num_clients": 1,
            "num_users": 1,
        }


@pytest.mark.parametrize(
    ("namespace", "command", "wanted"),
    [
        (Namespace(subscribe=Audience.NOBODY), SUBSCRIBE, 103),
        (Namespace(publish=Audience.SUBSCRIBERS), PUBLISH, 103),
        (Namespace(publish=Audience.USERS), PUBLISH, 0),
        (Namespace(history=Audience.NOBODY), HISTORY, 103),
        (Namespace(history_size=0), HISTORY, 108),
        (Namespace(presence=False), PRESENCE, 108),
        (Namespace(see_presence=Audience.NOBODY), STATS, 103),
        (Namespace(), FILTERED, 0),
        (Namespace(filters=False), FILTERED, 107),
    ],
)
async def test_permissions(namespace: Namespace, command: dict[str, object], wanted: int) -> None:
    async with floor(namespace=namespace) as place:
        assert [code(reply) for reply in await ask(place, command)] == [wanted]


async def test_subscribing_twice_and_too_often() -> None:
    async with floor(SessionLimits(channels=2)) as place:
        others: list[dict[str, object]] = [
            {"subscribe": {"channel": name}} for name in ("room", "b", "c")
        ]
        replies = await ask(place, SUBSCRIBE, *others)
        assert [code(reply) for reply in replies] == [0, 105, 0, 106]


@pytest.mark.parametrize("name", ["!control", "x" * 256, "a\tb"])
async def test_bad_channel_names(name: str) -> None:
    async with floor() as place:
        replies = await ask(
            place, {"subscribe": {"channel": name}}, {"publish": {"channel": name, "data": 1}}
        )
        assert [code(reply) for reply in replies] == [107, 107]


async def test_unsubscribing_stops_delivery_and_frees_the_place() -> None:
    async with floor() as place:
        unsubscribe: dict[str, object] = {"unsubscribe": {"channel": "room"}}
        replies = await ask(place, SUBSCRIBE, unsubscribe, unsubscribe, SUBSCRIBE, unsubscribe)
        assert [code(reply) for reply in replies] == [0] * 5
        assert place.node.hub.statistics.subscriptions == 0


async def test_recent_publications_of_a_plain_client() -> None:
    async with floor() as place:
        await place.node.say("room", *"abcde")
        _, carrier = place.open(TextDialect(TextSettings(recent=3), "room", "ann"))
        await turn()
        assert carrier.lines() == ["c", "d", "e"]


async def test_a_plain_client_comes_back_with_its_position() -> None:
    async with floor() as place:
        top = await place.node.say("room", *"12345")
        settings = TextSettings(format="json", since=Position(top.epoch, 3))
        _, carrier = place.open(TextDialect(settings, "room", "ann"))
        await turn()
        lines = [json.loads(line) for line in carrier.lines()]
        subscribed = next(line for line in lines if line["type"] == "subscribed")
        assert subscribed["recovered"] is True
        assert [line["data"] for line in lines if line["type"] == "message"] == [4, 5]


async def test_a_closed_server_does_not_believe_names() -> None:
    async with floor(trusting=False, access=AccessSettings(anonymous=True)) as place:
        place.plain("ann")
        members = await place.node.hub.members("room")
        assert [info.user for info in members.values()] == [""]


async def test_joins_and_leaves_are_shown_to_those_who_ask() -> None:
    async with floor() as place:
        _, at_ann = place.enveloped("ann")
        bob, _ = place.plain("bob")
        bob.closed(errors.NORMAL)
        await turn()
        seen = [json.loads(line) for line in at_ann.lines()]
        assert [(s["type"], s["member"]["user"]) for s in seen if "member" in s] == [
            ("joined", "ann"),
            ("joined", "bob"),
            ("left", "bob"),
        ]


async def test_a_large_channel_is_not_told_of_joins_and_leaves_but_of_all_else() -> None:
    async with floor(hub=HubSettings(join_leave_limit=2)) as place:
        (ann, _), (_, at_bob) = place.enveloped("ann"), place.enveloped("bob")
        place.enveloped("cid")
        ann.closed(errors.NORMAL)
        await place.node.say("room", "1")
        seen = [json.loads(line) for line in at_bob.lines()]
        told = [(s["type"], s["member"]["user"]) for s in seen if "member" in s]
        assert told == [("joined", "bob"), ("left", "ann")]
        assert seen[-1]["data"] == 1
        assert len(await place.node.hub.members("room")) == 2


def test_carriers_start_empty() -> None:
    assert Carrier().lines() == []


async def test_the_application_answers_calls() -> None:
    async def answer(ask: RpcAsk) -> RpcAnswer:
        if ask.method == "boom":
            raise Refused(ErrorCode(1001, "it went boom"))
        assert ask.client.user == "ann"
        return RpcAnswer(b'{"sum":%b}' % ask.data)

    async with floor() as place:
        ann = Speaker(place)
        await ann.connect(data={"user": "ann"})
        assert (await ann.ask(rpc={"method": "sum", "data": 3}))["error"]["code"] == 108
        place.hooks.rpc = answer
        assert await ann.ask(rpc={"method": "sum", "data": 3}) == {"rpc": {"data": {"sum": 3}}}
        failed = await ann.ask(rpc={"method": "boom"})
        assert failed["error"] == {"code": 1001, "message": "it went boom"}
