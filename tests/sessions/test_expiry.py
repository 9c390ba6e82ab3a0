from __future__ import annotations

import pytest

from hubbub.errors import (
    PERMISSION_DENIED,
    TOO_MANY_REQUESTS_ERROR,
    HookUnavailable,
    Refused,
    Reject,
)
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.sessions.gate import Tokens
from hubbub.sessions.hooks import (
    ConnectAsk,
    ConnectGrant,
    RefreshAsk,
    RefreshGrant,
    SubRefreshAsk,
    SubRefreshGrant,
    SubscribeAsk,
    SubscribeGrant,
)
from tests.hub.stage import turn
from tests.sessions.fake_tokens import FakeTokens, claims
from tests.sessions.speaker import Speaker
from tests.sessions.stage import Floor, floor

GRACE_S = 25


def now_s(place: Floor) -> int:
    return place.node.clock.epoch_ms() // 1000


async def pass_time(place: Floor, seconds: int) -> None:
    """Let time pass while the clients answer their pings."""
    place.tick(seconds)
    await turn(5)


def tokens_of(place_s: int) -> Tokens:
    return FakeTokens(
        {
            "ann": ConnectGrant("ann", expire_at=place_s + 60),
            "later": ConnectGrant("ann", expire_at=place_s + 600),
            "for ever": ConnectGrant("ann"),
            "bobs": ConnectGrant("bob", expire_at=place_s + 600),
            "over": ConnectGrant("ann", expire_at=place_s),
            "milliseconds": ConnectGrant("ann", expire_at=place_s * 1000),
        },
        {
            "room": claims("room", expire_at=place_s + 20),
            "longer": claims("room", expire_at=place_s + 600),
            "over": claims("room", expire_at=place_s),
        },
    )


async def test_a_connection_lasts_as_long_as_its_token_and_some_more() -> None:
    async with floor() as place:
        tokens = tokens_of(now_s(place))
    async with floor(trusting=False, tokens=tokens) as place:
        ann = Speaker(place)
        result = await ann.connect(token="ann")
        assert (result["expires"], result["ttl"]) == (True, 60)
        for seconds in (30, 30, GRACE_S - 2):
            await pass_time(place, seconds)
            ann.session.heard()
        assert ann.code == 0
        await pass_time(place, 3)
        assert ann.code == 3005


async def test_a_newer_token_lets_it_go_on() -> None:
    async with floor() as place:
        tokens = tokens_of(now_s(place))
    async with floor(trusting=False, tokens=tokens) as place:
        ann = Speaker(place)
        await ann.connect(token="ann")
        reply = await ann.ask(refresh={"token": "later"})
        assert (reply["refresh"]["expires"], reply["refresh"]["ttl"]) == (True, 600)
        for _ in range(20):
            await pass_time(place, 20)
            ann.session.heard()
        assert ann.code == 0
        reply = await ann.ask(refresh={"token": "for ever"})
        assert "ttl" not in reply["refresh"]
        for _ in range(40):
            await pass_time(place, 20)
            ann.session.heard()
        assert ann.code == 0


@pytest.mark.parametrize(
    ("token", "code"), [("forged", 3500), ("bobs", 3500), ("old", 3005), ("", 3501)]
)
async def test_a_wrong_newer_token_ends_it(token: str, code: int) -> None:
    async with floor() as place:
        tokens = tokens_of(now_s(place))
    async with floor(trusting=False, tokens=tokens) as place:
        ann = Speaker(place)
        await ann.connect(token="ann")
        await ann.ask(refresh={"token": token})
        assert ann.code == code


async def test_who_came_without_a_token_refreshes_nothing() -> None:
    async with floor() as place:
        ann = Speaker(place)
        await ann.connect()
        assert (await ann.ask(refresh={"token": "t"}))["error"]["code"] == 108
        await ann.ask(subscribe={"channel": "room"})
        denied = await ann.ask(sub_refresh={"channel": "room", "token": "t"})
        assert denied["error"]["code"] == 108
        denied = await ann.ask(sub_refresh={"channel": "other", "token": "t"})
        assert denied["error"]["code"] == 103


async def test_what_is_over_already_is_not_let_in() -> None:
    async with floor() as place:
        tokens = tokens_of(now_s(place))
    async with floor(trusting=False, tokens=tokens) as place:
        assert (await Speaker(place).connect(token="over"))["error"]["code"] == 110
        ann = Speaker(place)
        await ann.connect(token="ann")
        denied = await ann.ask(subscribe={"channel": "room", "token": "over"})
        assert denied["error"]["code"] == 110


async def test_a_subscription_ends_so_that_the_client_may_ask_again() -> None:
    async with floor() as place:
        tokens = tokens_of(now_s(place))
    async with floor(trusting=False, tokens=tokens) as place:
        ann = Speaker(place)
        await ann.connect(token="for ever")
        reply = await ann.ask(subscribe={"channel": "room", "token": "room"})
        assert (reply["subscribe"]["expires"], reply["subscribe"]["ttl"]) == (True, 20)
        await pass_time(place, 20 + GRACE_S + 1)
        (push,) = [each for each in ann.pushes() if "unsubscribe" in each]
        assert push["unsubscribe"]["code"] == 2501
        assert ann.code == 0
        assert ann.session.following == {}


async def test_a_newer_token_prolongs_a_subscription() -> None:
    async with floor() as place:
        tokens = tokens_of(now_s(place))
    async with floor(trusting=False, tokens=tokens) as place:
        ann = Speaker(place)
        await ann.connect(token="for ever")
        await ann.ask(subscribe={"channel": "room", "token": "room"})
        reply = await ann.ask(sub_refresh={"channel": "room", "token": "longer"})
        assert (reply["sub_refresh"]["expires"], reply["sub_refresh"]["ttl"]) == (True, 600)
        for _ in range(5):
            await pass_time(place, 20)
            ann.session.heard()
        assert list(ann.session.following) == ["room"]


async def test_the_application_lets_it_stay_or_not() -> None:
    answers = [RefreshGrant(expire_at=0), RefreshGrant(expired=True)]

    async def connect(ask: ConnectAsk) -> ConnectGrant:
        return ConnectGrant("ann", expire_at=now_s(place) + 10, meta=b'{"m":1}')

    async def refresh(ask: RefreshAsk) -> RefreshGrant:
        assert (ask.client.user, ask.client.meta) == ("ann", b'{"m":1}')
        answer = answers.pop(0)
        return RefreshGrant(answer.expired, now_s(place) + 10)

    async with floor() as place:
        place.hooks.connect, place.hooks.refresh = connect, refresh
        ann = Speaker(place)
        assert "ttl" not in await ann.connect()
        await pass_time(place, 11)
        assert (ann.code, len(answers)) == (0, 1)
        await pass_time(place, 11)
        assert (ann.code, len(answers)) == (3005, 0)


@pytest.mark.parametrize(
    ("fault", "code"), [(Refused(PERMISSION_DENIED), 3005), (Reject(4403, "no"), 4403)]
)
async def test_an_application_that_refuses_says_no(fault: Exception, code: int) -> None:
    async def connect(ask: ConnectAsk) -> ConnectGrant:
        return ConnectGrant("ann", expire_at=now_s(place) + 10)

    async def refresh(ask: RefreshAsk) -> RefreshGrant:
        raise fault

    async with floor() as place:
        place.hooks.connect, place.hooks.refresh = connect, refresh
        ann = Speaker(place)
        await ann.connect()
        await pass_time(place, 11)
        assert ann.code == code


@pytest.mark.parametrize("fault", [HookUnavailable("it sleeps"), Refused(TOO_MANY_REQUESTS_ERROR)])
async def test_an_application_that_is_away_is_asked_again_a_minute_later(fault: Exception) -> None:
    asked: list[RefreshAsk | SubRefreshAsk] = []

    async def connect(ask: ConnectAsk) -> ConnectGrant:
        return ConnectGrant("ann", expire_at=now_s(place) + 10)

    async def subscribe(ask: SubscribeAsk) -> SubscribeGrant:
        return SubscribeGrant(expire_at=now_s(place) + 10)

    async def refresh(ask: RefreshAsk) -> RefreshGrant:
        asked.append(ask)
        raise fault

    async def sub_refresh(ask: SubRefreshAsk) -> SubRefreshGrant:
        asked.append(ask)
        raise fault

    async with floor(namespace=Namespace(subscribe_hook=True)) as place:
        hooks = place.hooks
        hooks.connect, hooks.refresh = connect, refresh
        hooks.subscribe, hooks.sub_refresh = subscribe, sub_refresh
        ann = Speaker(place)
        await ann.connect()
        await ann.ask(subscribe={"channel": "room"})
        for seconds, questions in ((8, 0), (5, 2), (50, 2), (15, 4)):
            for _ in range(seconds):
                ann.session.heard()
                await pass_time(place, 1)
            assert (len(asked), ann.code) == (questions, 0)
        assert list(ann.session.following) == ["room"]


@pytest.mark.parametrize("expired", [False, True])
async def test_the_application_prolongs_a_subscription_or_not(expired: bool) -> None:
    async def subscribe(ask: SubscribeAsk) -> SubscribeGrant:
        return SubscribeGrant(expire_at=now_s(place) + 10)

    async def sub_refresh(ask: SubRefreshAsk) -> SubRefreshGrant:
        assert ask.channel == "room"
        return SubRefreshGrant(expired, now_s(place) + 600)

    async with floor(namespace=Namespace(subscribe_hook=True)) as place:
        place.hooks.subscribe, place.hooks.sub_refresh = subscribe, sub_refresh
        ann = Speaker(place)
        await ann.connect()
        await ann.ask(subscribe={"channel": "room"})
        await pass_time(place, 12)
        assert list(ann.session.following) == ([] if expired else ["room"])
        assert ann.code == 0


async def test_who_left_is_looked_at_no_more() -> None:
    async with floor() as place:
        tokens = tokens_of(now_s(place))
    async with floor(trusting=False, tokens=tokens) as place:
        ann = Speaker(place)
        await ann.connect(token="ann")
        assert ann.session.due
        ann.session.dismiss()
        assert not ann.session.due
        place.tick(100)
        assert ann.code == 3001


async def test_a_client_is_told_a_year_at_most_because_sdks_count_no_further() -> None:
    async with floor() as place:
        tokens = tokens_of(now_s(place))
    async with floor(trusting=False, tokens=tokens) as place:
        ann = Speaker(place)
        assert (await ann.connect(token="milliseconds"))["ttl"] == 365 * 86_400
        reply = await ann.ask(refresh={"token": "milliseconds"})
        assert reply["refresh"]["ttl"] == 365 * 86_400
        await pass_time(place, 2)
        assert ann.code == 0


async def test_who_left_leaves_nothing_until_its_time_would_have_been_over() -> None:
    async with floor() as place:
        start = now_s(place)

        async def connect(ask: ConnectAsk) -> ConnectGrant:
            return ConnectGrant("ann", expire_at=start + 10_000 + place.registry.total)

        place.hooks.connect = connect
        for _ in range(500):
            ann = Speaker(place)
            await ann.connect()
            ann.session.dismiss()
        assert len(place.expiry) < 100
        bob = Speaker(place)
        await bob.connect()
        place.node.clock.jump(20_000)
        place.expiry.tick()
        assert (bob.code, len(place.expiry)) == (3005, 0)
