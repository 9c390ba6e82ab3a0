from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import pytest

from hubbub.dialects.centrifuge.unidirectional import UnidirectionalDialect
from hubbub.dialects.contract import Request
from hubbub.errors import PERMISSION_DENIED, SERVER_UNSUBSCRIBED, SHUTDOWN, Refused
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.model import Kind, Packet
from hubbub.sessions.follower import HEADER_LIMIT
from hubbub.sessions.gate import AccessSettings
from hubbub.sessions.hooks import ConnectAsk, ConnectGrant, RefreshGrant, SubscribeGrant
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.operations.following import enter
from tests.hub.stage import turn
from tests.sessions.fake_tokens import FakeTokens
from tests.sessions.speaker import Speaker
from tests.sessions.stage import Floor, floor

NEWS = FakeTokens(
    {
        "ann": ConnectGrant(
            "ann", channels=("news",), subs={"chat": SubscribeGrant(data=b'{"hi":1}')}
        ),
        "chatter": ConnectGrant("bob", channels=("chat",)),
        "many": ConnectGrant("ann", channels=("a", "b", "c")),
        "nowhere": ConnectGrant("ann", channels=("news", "!control")),
    }
)


async def publish(place: Floor, channel: str, *numbers: int) -> None:
    for number in numbers:
        await place.node.hub.publish(channel, b"%d" % number, Kind.JSON)
    await turn(3)


async def test_the_server_subscribes_a_client_from_the_start() -> None:
    async with floor(trusting=False, tokens=NEWS) as place:
        await publish(place, "news", 1)
        ann = Speaker(place)
        result = await ann.connect(token="ann")
        assert result["subs"].keys() == {"news", "chat"}
        assert (result["subs"]["news"]["offset"], result["subs"]["news"]["recoverable"]) == (
            1,
            True,
        )
        assert result["subs"]["chat"]["data"] == {"hi": 1}
        await publish(place, "news", 2)
        (push,) = ann.pushes()
        assert (push["channel"], push["pub"]["data"], push["pub"]["offset"]) == ("news", 2, 2)


async def test_who_comes_back_gets_what_was_missed_in_the_answer() -> None:
    async with floor(trusting=False, tokens=NEWS) as place:
        first = (await Speaker(place).connect(token="ann"))["subs"]["news"]
        await publish(place, "news", 1, 2)
        known = {"recover": True, "epoch": first["epoch"], "offset": first.get("offset", 0)}
        again = (await Speaker(place).connect(token="ann", subs={"news": known}))["subs"]["news"]
        assert again["recovered"]
        assert [pub["data"] for pub in again["publications"]] == [1, 2]


async def test_nothing_comes_before_the_answer_and_nothing_is_lost_or_doubled() -> None:
    async with floor(trusting=False, tokens=NEWS) as place:
        await publish(place, "chat", 1)
        await publish(place, "news", 1)
        place.node.broker.moody.gate = asyncio.Event()
        ann = Speaker(place)
        connecting = asyncio.create_task(ann.connect(token="ann"))
        await turn(3)
        place.node.broker.moody.gate.set()
        for number in range(2, 30):
            await publish(place, "news", number)
        result = await connecting
        ann.hear()
        first = result["subs"]["news"]["offset"]
        offsets = [push["pub"]["offset"] for push in ann.pushes() if push["channel"] == "news"]
        assert offsets == list(range(first + 1, 30))


async def test_a_client_cannot_leave_for_others_what_it_may_not_follow() -> None:
    async with floor(trusting=False, tokens=NEWS) as place:
        ann = Speaker(place)
        assert (await ann.connect(token="nowhere"))["error"]["code"] == 107
        assert ann.session.following == {}
        assert place.node.hub.statistics.subscriptions == 0


async def test_more_server_side_channels_than_there_may_be() -> None:
    async with floor(SessionLimits(channels=2), trusting=False, tokens=NEWS) as place:
        ann = Speaker(place)
        await ann.connect(token="many")
        assert ann.code == 3505


async def test_names_that_a_client_asks_for_at_first_are_not_for_those_who_can_subscribe() -> None:
    async with floor() as place:
        ann = Speaker(place)
        assert "subs" not in await ann.connect(subs={"news": {}})


@pytest.mark.parametrize(("patterns", "code"), [(2, 0), (3, 3505)])
async def test_who_only_listens_follows_no_more_patterns_than_others(
    patterns: int, code: int
) -> None:
    async with floor(SessionLimits(patterns=2), Namespace(patterns=True)) as place:
        names = ["news:a", *(f"news:{number}*" for number in range(patterns))]
        said = json.dumps({"subs": {name: {} for name in names}})
        session, carrier = place.open(UnidirectionalDialect(said))
        await turn(10)
        assert [close.code for close in carrier.closes] == ([code] if code else [])
        assert len(session.following) == (0 if code else 3)


async def test_everybody_has_a_channel_of_ones_own_where_that_is_switched_on() -> None:
    access = AccessSettings(personal_channel=True)
    async with floor(access=access) as place:
        assert list((await Speaker(place).connect(data={"user": "ann"}))["subs"]) == ["#ann"]
        assert "subs" not in await Speaker(place).connect()


async def test_a_user_has_so_many_connections_and_no_more() -> None:
    async with floor(SessionLimits(user_connections=2)) as place:
        speakers = [Speaker(place) for _ in range(4)]
        for speaker in speakers[:3]:
            await speaker.connect(data={"user": "ann"})
        assert [speaker.code for speaker in speakers] == [0, 0, 3504, 0]
        speakers[0].session.end(speakers[2].carrier.closes[0])
        await speakers[3].connect(data={"user": "ann"})
        assert speakers[3].code == 0


async def test_who_leaves_while_the_application_thinks_is_not_let_in() -> None:
    thinking = asyncio.Event()

    async def hook(ask: ConnectAsk) -> ConnectGrant:
        await thinking.wait()
        return ConnectGrant("ann", channels=("news",))

    async with floor() as place:
        place.hooks.connect = hook
        ann = Speaker(place)
        connecting = asyncio.create_task(ann.connect())
        await turn(3)
        ann.session.end(SHUTDOWN)
        thinking.set()
        await connecting
        assert place.registry.of_user("ann") == ()
        assert place.node.hub.statistics.subscriptions == 0


async def test_a_client_may_say_headers_that_it_cannot_send() -> None:
    seen: list[Mapping[str, str]] = []

    async def hook(ask: ConnectAsk) -> ConnectGrant:
        seen.append(ask.client.headers)
        return ConnectGrant("ann")

    said = {
        "Authorization": "Bearer a",
        "cookie": "not asked for",
        "X-Real": "forged",
        "X-Long": "x" * (HEADER_LIMIT + 1),
    }
    async with floor() as place:
        place.hooks.connect = hook
        place.hooks.emulated = frozenset({"authorization", "x-real", "x-long"})
        ann = Speaker(place, Request(headers={"x-real": "10.0.0.1"}))
        await ann.connect(headers=said)
        assert seen == [{"authorization": "Bearer a", "x-real": "10.0.0.1"}]


async def test_no_client_says_what_a_proxy_tells_of_it() -> None:
    access = AccessSettings(user_header="X-User", anonymous=True)
    async with floor(trusting=False, access=access) as place:
        place.hooks.emulated = frozenset({"x-user"})
        ann = Speaker(place)
        await ann.connect(headers={"X-User": "root"})
        assert (ann.code, ann.session.info.user) == (0, "")


async def refused_hook(ask: ConnectAsk) -> ConnectGrant:
    await asyncio.sleep(0)
    raise Refused(PERMISSION_DENIED)


BEHIND: list[dict[str, object]] = [
    {"subscribe": {"channel": "room"}},
    {"publish": {"channel": "room", "data": {}}},
    {"history": {"channel": "room", "limit": 10}},
    {"presence": {"channel": "room"}},
    {"rpc": {"method": "m", "data": {}}},
]


@pytest.mark.parametrize("in_one_frame", [True, False])
@pytest.mark.parametrize("command", BEHIND, ids=[next(iter(each)) for each in BEHIND])
@pytest.mark.parametrize("refusal", ["an expired token", "the application"])
async def test_nothing_is_done_behind_a_connect_that_was_refused(
    refusal: str, command: dict[str, object], in_one_frame: bool
) -> None:
    async with floor(trusting=False, tokens=NEWS) as place:
        if refusal == "the application":
            place.hooks.connect = refused_hook
        connect = {"token": "old"} if refusal == "an expired token" else {}
        said = [json.dumps({"id": 1, "connect": connect}), json.dumps({"id": 2, **command})]
        eve = Speaker(place)
        for frame in ["\n".join(said)] if in_one_frame else said:
            eve.session.received(Packet(frame.encode()))
        await turn(5)
        eve.hear()
        assert [each["id"] for each in eve.said] == [1]
        assert "error" in eve.said[0]
        assert eve.code == 3501
        assert place.node.hub.statistics.published == 0


async def come(place: Floor, token: str) -> Speaker:
    """Return a client that has asked to be let in, and has no answer yet."""
    speaker = Speaker(place)
    speaker.session.received(Packet(json.dumps({"id": 1, "connect": {"token": token}}).encode()))
    await turn(3)
    return speaker


async def test_what_is_ordered_while_a_client_comes_in_is_said_behind_the_answer() -> None:
    async with floor(trusting=False, tokens=NEWS) as place:
        gate = place.node.broker.moody.gate = asyncio.Event()
        ann = await come(place, "ann")
        ann.session.renew(RefreshGrant())
        entering = asyncio.create_task(enter(ann.session, "more", SubscribeGrant()))
        await turn(3)
        gate.set()
        await entering
        await turn(5)
        await publish(place, "more", 1)
        await publish(place, "news", 2)
        ann.hear()
        assert ann.said[0]["connect"]["subs"].keys() == {"news", "chat"}
        said = [next(iter(each.keys() - {"channel"})) for each in ann.pushes()]
        assert said == ["refresh", "subscribe", "pub", "pub"]


async def test_what_is_taken_away_while_a_client_comes_in_is_ended_behind_the_answer() -> None:
    async with floor(trusting=False, tokens=NEWS) as place:
        await Speaker(place).connect(token="chatter")
        gate = place.node.broker.moody.gate = asyncio.Event()
        ann = await come(place, "ann")
        ann.session.drop("chat", SERVER_UNSUBSCRIBED)
        await publish(place, "chat", 1)
        gate.set()
        await turn(5)
        await publish(place, "news", 2)
        ann.hear()
        assert ann.said[0]["connect"]["subs"].keys() == {"news", "chat"}
        ended, pub = ann.pushes()
        assert (ended["channel"], ended["unsubscribe"]["code"]) == ("chat", 2000)
        assert pub["channel"] == "news"


async def test_what_is_held_back_has_a_bound() -> None:
    async with floor(trusting=False, tokens=NEWS) as place:
        await Speaker(place).connect(token="chatter")
        place.node.broker.moody.gate = asyncio.Event()
        ann = await come(place, "ann")
        await publish(place, "chat", *range(100))
        place.tick()
        assert ann.code == 3008
