from __future__ import annotations

import dataclasses

import pytest

from hubbub.dialects.contract import Request
from hubbub.errors import NORMAL, HookUnavailable, Reject
from hubbub.hub.permissions.namespaces import Audience, Namespace
from hubbub.hub.permissions.permission import Operation, Permission
from hubbub.sessions.gate import AccessSettings
from hubbub.sessions.hooks import ConnectAsk, ConnectGrant, SubscribeAsk, SubscribeGrant
from hubbub.sessions.users import USER_LIMIT
from tests.sessions.fake_tokens import FakeTokens, claims
from tests.sessions.speaker import Speaker
from tests.sessions.stage import floor

ANN = FakeTokens({"ann": ConnectGrant("ann", info=b'{"name":"Ann"}')})


async def test_a_token_says_who_it_is() -> None:
    async with floor(trusting=False, tokens=ANN) as place:
        ann = Speaker(place)
        await ann.connect(token="ann")
        assert ann.session.info.user == "ann"
        assert ann.session.info.conn_info == b'{"name":"Ann"}'


@pytest.mark.parametrize("trusting", [True, False])
async def test_a_wrong_token_ends_the_connection_for_good(trusting: bool) -> None:
    async with floor(trusting=trusting, tokens=ANN) as place:
        ann = Speaker(place)
        assert await ann.connect(token="forged", data={"user": "ann"}) == {}
        assert ann.code == 3500


async def test_an_expired_token_is_answered_so_that_the_client_gets_a_new_one() -> None:
    async with floor(trusting=False, tokens=ANN) as place:
        ann = Speaker(place)
        assert (await ann.connect(token="old"))["error"]["code"] == 109
        assert ann.code == 0


async def test_a_token_that_nobody_can_check_ends_the_connection() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect(token="eyJ")
        assert ann.code == 3500
        assert "eyJ" not in ann.carrier.closes[0].reason


@pytest.mark.parametrize(
    ("access", "header", "user", "code"),
    [
        (AccessSettings(), "", "", 3501),
        (AccessSettings(anonymous=True), "", "", 0),
        (AccessSettings(user_header="X-User"), "zhang", "zhang", 0),
        (AccessSettings(user_header="X-User"), "", "", 3501),
        (AccessSettings(user_header="X-User"), "z" * (USER_LIMIT + 1), "", 3500),
        (AccessSettings(), "zhang", "", 3501),
    ],
)
async def test_without_a_token(access: AccessSettings, header: str, user: str, code: int) -> None:
    async with floor(trusting=False, access=access) as place:
        one = Speaker(place, Request(headers={"x-user": header} if header else {}))
        await one.connect(data={"user": "claimed"})
        assert (one.session.info.user, one.code) == (user, code)


@pytest.mark.parametrize("name", ["a\nb", "x" * (USER_LIMIT + 1)])
async def test_a_senseless_name_ends_the_connection(name: str) -> None:
    async with floor() as place:
        one = Speaker(place)
        await one.connect(data={"user": name})
        assert one.code == 3500


async def test_the_connect_hook_is_asked_with_all_that_was_said() -> None:
    asked: list[ConnectAsk] = []

    async def hook(ask: ConnectAsk) -> ConnectGrant:
        asked.append(ask)
        return ConnectGrant("zhang", data=b'{"hello":1}')

    async with floor(trusting=False) as place:
        place.hooks.connect = hook
        one = Speaker(place, Request(headers={"x-tenant": "a"}, peer="10.0.0.7"))
        result = await one.connect(token="t", data={"a": 1}, name="js", version="5")
        assert result["data"] == {"hello": 1}
        (ask,) = asked
        assert (ask.token, ask.data, ask.name, ask.version) == ("t", b'{"a": 1}', "js", "5")
        assert (ask.client.headers, ask.client.peer) == ({"x-tenant": "a"}, "10.0.0.7")
        assert one.session.info.user == "zhang"


@pytest.mark.parametrize("name", ["a\nb", "x" * (USER_LIMIT + 1)])
async def test_a_hook_that_names_nobody_who_can_be_lets_nobody_in(name: str) -> None:
    async def hook(ask: ConnectAsk) -> ConnectGrant:
        return ConnectGrant(name)

    async with floor(trusting=True) as place:
        place.hooks.connect = hook
        reply = await Speaker(place).connect()
        assert reply["error"]["code"] == 100


async def test_a_hook_that_knows_nobody_leaves_it_to_the_rest() -> None:
    async def hook(ask: ConnectAsk) -> None:
        return None

    async with floor(trusting=True) as place:
        place.hooks.connect = hook
        one = Speaker(place)
        await one.connect(data={"user": "ann"})
        assert one.session.info.user == "ann"


@pytest.mark.parametrize(
    ("fault", "code", "error"),
    [(Reject(4401, "go away"), 4401, 0), (HookUnavailable("it sleeps"), 0, 100)],
)
async def test_a_hook_may_refuse_or_be_away(fault: Exception, code: int, error: int) -> None:
    async def hook(ask: ConnectAsk) -> ConnectGrant:
        raise fault

    async with floor(trusting=True) as place:
        place.hooks.connect = hook
        one = Speaker(place)
        reply = await one.connect()
        assert one.code == code
        assert reply.get("error", {}).get("code", 0) == error


CLOSED = Namespace(subscribe=Audience.NOBODY)


@pytest.mark.parametrize(
    ("token", "error", "code"),
    [
        ("room", 0, 0),
        ("", 103, 0),
        ("forged", 103, 0),
        ("old", 109, 0),
        ("bobs", 0, 3500),
        ("elsewhere", 0, 3500),
        ("another session's", 0, 3500),
    ],
)
async def test_subscription_tokens(token: str, error: int, code: int) -> None:
    known = {
        "room": claims("room", info=b'{"seat":7}'),
        "bobs": claims("room", user="bob"),
        "elsewhere": claims("lobby"),
        "another session's": claims("room", client="s-other"),
    }
    tokens = FakeTokens(ANN.connections, known)
    async with floor(namespace=CLOSED, trusting=False, tokens=tokens) as place:
        ann = Speaker(place)
        await ann.connect(token="ann")
        reply = await ann.ask(subscribe={"channel": "room", "token": token})
        assert reply.get("error", {}).get("code", 0) == error
        assert ann.code == code
        if token == "room":
            members = await place.node.hub.members("room")
            assert [info.chan_info for info in members.values()] == [b'{"seat":7}']
        elif not code:
            assert ann.session.following == {}


async def test_channels_by_token_and_connections_by_the_application() -> None:
    async def hook(ask: ConnectAsk) -> ConnectGrant:
        return ConnectGrant(ask.token)

    tokens = FakeTokens(subscriptions={"room": claims("room")})
    async with floor(namespace=CLOSED, trusting=False) as place:
        place.hooks.connect = hook
        gate = dataclasses.replace(place.services.gate, channel_tokens=tokens)
        place.services = dataclasses.replace(place.services, gate=gate)
        ann = Speaker(place)
        await ann.connect(token="ann")
        assert "subscribe" in await ann.ask(subscribe={"channel": "room", "token": "room"})


async def test_the_subscribe_hook_decides_alone_where_the_namespace_says_so() -> None:
    async def hook(ask: SubscribeAsk) -> SubscribeGrant:
        assert ask.data == b'{"seat": 7}'
        return SubscribeGrant(data=b'{"welcome":true}')

    closed = Namespace(subscribe=Audience.NOBODY, subscribe_hook=True)
    async with floor(namespace=closed) as place:
        ann = Speaker(place)
        await ann.connect()
        denied = await ann.ask(subscribe={"channel": "room"})
        assert denied["error"]["code"] == 108
        place.hooks.subscribe = hook
        granted = await ann.ask(subscribe={"channel": "room", "data": {"seat": 7}})
        assert granted["subscribe"]["data"] == {"welcome": True}


async def test_what_a_token_permits_is_granted() -> None:
    news = Permission(("news",), frozenset({Operation.SUBSCRIBE}))
    tokens = FakeTokens({"ann": ConnectGrant("ann", permissions=(news,))})
    async with floor(namespace=CLOSED, trusting=False, tokens=tokens) as place:
        ann = Speaker(place)
        await ann.connect(token="ann")
        assert "subscribe" in await ann.ask(subscribe={"channel": "news"})
        assert (await ann.ask(subscribe={"channel": "room"}))["error"]["code"] == 103


async def test_the_application_tags_whom_it_lets_in() -> None:
    async with floor(trusting=False) as place:
        granted = ["beta", "ios"]

        async def who(request: ConnectAsk) -> ConnectGrant:
            return ConnectGrant("ann", tags=granted)

        place.hooks.connect = who
        ann = Speaker(place)
        await ann.connect()
        tags = place.registry.tags
        assert tags.of(ann.session.id) == {"beta", "ios"}
        assert tags.holders("beta") == (ann.session,)
        granted = ["x" * 65]
        assert (await Speaker(place).connect())["error"]["code"] == 100
        assert len(tags) == 1
        ann.session.closed(NORMAL)
        assert len(tags) == 0
