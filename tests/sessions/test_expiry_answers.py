"""Answers about the end of a subscription that come late, or make no sense."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.hub.permissions.namespaces import Namespace
from hubbub.sessions.hooks import (
    SubRefreshAsk,
    SubRefreshGrant,
    SubscribeAsk,
    SubscribeGrant,
)
from tests.sessions.speaker import Speaker
from tests.sessions.stage import floor
from tests.sessions.test_expiry import now_s, pass_time


@pytest.mark.parametrize("grant", [SubRefreshGrant(expired=True), SubRefreshGrant(expire_at=1)])
async def test_an_answer_about_a_subscription_that_was_made_anew_does_not_touch_it(
    grant: SubRefreshGrant,
) -> None:
    thinking = asyncio.Event()

    async def subscribe(ask: SubscribeAsk) -> SubscribeGrant:
        return SubscribeGrant(expire_at=now_s(place) + 10)

    async def sub_refresh(ask: SubRefreshAsk) -> SubRefreshGrant:
        await thinking.wait()
        return grant

    async with floor(namespace=Namespace(subscribe_hook=True)) as place:
        place.hooks.subscribe, place.hooks.sub_refresh = subscribe, sub_refresh
        ann = Speaker(place)
        await ann.connect()
        await ann.ask(subscribe={"channel": "room"})
        await pass_time(place, 11)
        await ann.ask(unsubscribe={"channel": "room"})
        await ann.ask(subscribe={"channel": "room"})
        thinking.set()
        await pass_time(place, 1)
        assert list(ann.session.following) == ["room"]
        assert [push for push in ann.pushes() if "unsubscribe" in push] == []


async def test_a_subscription_that_is_prolonged_until_the_past_is_over() -> None:
    asked = 0

    async def subscribe(ask: SubscribeAsk) -> SubscribeGrant:
        return SubscribeGrant(expire_at=now_s(place) + 10)

    async def sub_refresh(ask: SubRefreshAsk) -> SubRefreshGrant:
        nonlocal asked
        asked += 1
        return SubRefreshGrant(expire_at=now_s(place))

    async with floor(namespace=Namespace(subscribe_hook=True)) as place:
        place.hooks.subscribe, place.hooks.sub_refresh = subscribe, sub_refresh
        ann = Speaker(place)
        await ann.connect()
        await ann.ask(subscribe={"channel": "room"})
        for _ in range(14):
            await pass_time(place, 1)
        assert (asked, list(ann.session.following)) == (1, [])
