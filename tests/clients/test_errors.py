"""Every error of the protocol, provoked by hand on a real server."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.clients.strict import api, introduce, strict, token
from tests.clients.talk import talking
from tests.docs.served import Served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with strict(tmp_path_factory.mktemp("server")) as served:
        yield served


SINCE = {"offset": 1, "epoch": "another"}
ERRORS: list[tuple[int, str, dict[str, object]]] = [
    (102, "subscribe", {"channel": "nowhere:x"}),
    (102, "publish", {"channel": "nowhere:x", "data": {}}),
    (102, "history", {"channel": "nowhere:x"}),
    (102, "presence", {"channel": "nowhere:x"}),
    (103, "subscribe", {"channel": "private:x"}),
    (103, "subscribe", {"channel": "private:x", "token": "no.token.this"}),
    (103, "subscribe", {"channel": "$secret"}),
    (103, "subscribe", {"channel": "room#somebody,else"}),
    (103, "publish", {"channel": "private:x", "data": {}}),
    (103, "history", {"channel": "private:x"}),
    (103, "presence", {"channel": "private:x"}),
    (103, "presence_stats", {"channel": "private:x"}),
    (108, "rpc", {"method": "any", "data": {}}),
    (107, "subscribe", {"channel": "x" * 256}),
    (107, "publish", {"channel": "lobby"}),
    (107, "history", {"channel": "lobby", "limit": 1, "reverse": True, "since": {"epoch": "e"}}),
    (108, "history", {"channel": "bare:x", "limit": 1}),
    (108, "presence", {"channel": "bare:x"}),
    (108, "presence_stats", {"channel": "bare:x"}),
    (108, "subscribe", {"channel": "lobby", "type": 1}),
    (112, "history", {"channel": "lobby", "limit": 1, "since": SINCE}),
    (112, "subscribe", {"channel": "lobby", "recover": True, "flag": 2, **SINCE}),
]


@pytest.mark.parametrize(("code", "method", "fields"), ERRORS)
async def test_an_error_is_given_where_the_protocol_says(
    server: Served, code: int, method: str, fields: dict[str, object]
) -> None:
    api(server, "publish", channel="lobby", data={})
    async with talking(server.port) as talk:
        await introduce(talk)
        assert await talk.error(method, **fields) == code
        assert await talk.result("publish", channel="lobby", data={"still": "here"}) == {}


async def test_who_follows_a_channel_need_not_ask_again(server: Served) -> None:
    async with talking(server.port) as talk:
        await introduce(talk)
        await talk.result("subscribe", channel="lobby")
        assert await talk.error("subscribe", channel="lobby") == 105


async def test_channels_are_bounded(server: Served) -> None:
    async with talking(server.port) as talk:
        await introduce(talk)
        for n in range(4):
            await talk.result("subscribe", channel=f"room{n}")
        assert await talk.error("subscribe", channel="one too many") == 106


async def test_tokens_grow_old(server: Served) -> None:
    past = int(time.time()) - 60
    async with talking(server.port) as talk:
        assert await talk.error("connect", token=token(exp=past)) == 109
    async with talking(server.port) as talk:
        await introduce(talk, sub="zhang")
        old = token(sub="zhang", channel="private:x", exp=past)
        assert await talk.error("subscribe", channel="private:x", token=old) == 109


async def test_a_flood_is_refused_and_then_ended(server: Served) -> None:
    async with talking(server.port) as talk:
        await introduce(talk)
        codes = [await talk.verdict("presence_stats", channel="lobby") for _ in range(100)]
    refused = [code for code in codes if code]
    assert refused[:2] == [111, 111]
    assert refused[-1] == 3013
