"""What programs do to clients through the API, as a client sees it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.clients.strict import api, introduce, strict
from tests.clients.talk import talking
from tests.docs.served import Served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with strict(tmp_path_factory.mktemp("server")) as served:
        yield served


async def test_programs_send_users_away(server: Served) -> None:
    async with talking(server.port) as talk:
        await introduce(talk, sub="fired")
        api(server, "disconnect", user="fired")
        assert await talk.end() == (3503, "force disconnect")
    async with talking(server.port) as talk:
        await introduce(talk, sub="moved")
        api(server, "disconnect", user="moved", disconnect={"code": 4321, "reason": "moved"})
        assert await talk.end() == (4321, "moved")


async def test_programs_end_subscriptions(server: Served) -> None:
    async with talking(server.port) as talk:
        await introduce(talk, sub="barred")
        await talk.result("subscribe", channel="lobby")
        api(server, "unsubscribe", user="barred", channel="lobby")
        assert (await talk.push("unsubscribe"))["unsubscribe"]["code"] == 2000


async def test_programs_end_a_connections_time(server: Served) -> None:
    async with talking(server.port) as talk:
        await introduce(talk, sub="old")
        api(server, "refresh", user="old", expired=True)
        assert await talk.end() == (3005, "connection expired")


async def test_what_programs_let_somebody_follow_has_its_time(server: Served) -> None:
    async with talking(server.port) as talk:
        await introduce(talk, sub="guest")
        brief = int(time.time()) + 2
        api(server, "subscribe", user="guest", channel="private:x", expire_at=brief)
        assert (await talk.push("subscribe"))["channel"] == "private:x"
        assert await talk.end() == (3006, "subscription expired")
