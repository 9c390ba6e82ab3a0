"""Every way in which a connection or a subscription ends, provoked by hand on a real server."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.strict import api, introduce, strict, token
from tests.clients.talk import talking
from tests.docs.served import Served
from tests.transports.wire import client_frame, handshake

TEXT = 1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with strict(tmp_path_factory.mktemp("server")) as served:
        yield served


BAD_REQUESTS = [
    "",
    "{",
    "[]",
    '{"id":1}',
    '{"id":1,"connect":{},"publish":{}}',
    '{"connect":{}}',
    '{"id":-1,"connect":{}}',
    '{"id":1,"subscribe":{"channel":"lobby"}}',
    '{"id":1,"ping":{}}',
    "{}",
    '{"send":{"data":{}}}',
]


@pytest.mark.parametrize("frame", BAD_REQUESTS)
async def test_who_does_not_introduce_themselves_properly_is_sent_away(
    server: Served, frame: str
) -> None:
    async with talking(server.port) as talk:
        await talk.say(frame)
        assert await talk.end() == (3501, "bad request")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"id":2,"connect":{}}', 3501),
        ('{"id":0,"publish":{"channel":"lobby","data":{}}}', 3501),
        ('{"id":2,"subscribe":{}}', 3501),
        ('{"id":2,"unknown":{}}', 3501),
        ("{}", 3501),
        ('{"send":{"data":{}}}', 3508),
    ],
)
async def test_who_breaks_the_rules_later_is_sent_away(
    server: Served, frame: str, code: int
) -> None:
    async with talking(server.port) as talk:
        await introduce(talk)
        await talk.say(frame)
        assert (await talk.end())[0] == code


async def test_binary_frames_are_not_json(server: Served) -> None:
    async with talking(server.port) as talk:
        await talk.say(b'{"id":1,"connect":{}}')
        assert await talk.end() == (3506, "inappropriate protocol")


async def test_nobody_need_say_who_they_are_but_must_say_something(server: Served) -> None:
    async with talking(server.port) as talk:
        assert await talk.end() == (3502, "stale")
    async with talking(server.port) as talk:
        assert await talk.verdict("connect") == 3501
    async with talking(server.port) as talk:
        assert await talk.verdict("connect", token="forged") == 3500


async def test_a_token_may_not_name_more_channels_than_anybody_follows(server: Served) -> None:
    channels = [f"private:{n}" for n in range(5)]
    async with talking(server.port) as talk:
        assert await talk.verdict("connect", token=token(channels=channels)) == 3505


async def test_a_user_has_so_many_connections_on_a_node(server: Served) -> None:
    async with talking(server.port) as one, talking(server.port) as two:
        await introduce(one, sub="octopus")
        await introduce(two, sub="octopus")
        async with talking(server.port) as three:
            assert await three.verdict("connect", token=token(sub="octopus")) == 3504


async def test_who_does_not_refresh_has_to_go(server: Served) -> None:
    async with talking(server.port) as talk:
        result = await introduce(talk, exp=int(time.time()) + 2)
        assert result["expires"] and result["ttl"] in {1, 2}
        assert await talk.end() == (3005, "connection expired")


async def test_a_subscription_that_is_not_refreshed_ends(server: Served) -> None:
    async with talking(server.port) as talk:
        await introduce(talk, sub="zhang")
        brief = token(sub="zhang", channel="private:x", exp=int(time.time()) + 2)
        result = await talk.result("subscribe", channel="private:x", token=brief)
        assert result["expires"] and result["ttl"] in {1, 2}
        push = await talk.push("unsubscribe")
        assert (push["channel"], push["unsubscribe"]["code"]) == ("private:x", 2501)
        assert await talk.result("publish", channel="lobby", data={"still": "here"}) == {}


async def test_who_does_not_answer_pings_is_given_up(server: Served) -> None:
    async with talking(server.port) as talk:
        talk.answers = False
        result = await introduce(talk)
        assert (result["ping"], result["pong"]) == (2, True)
        assert await talk.end() == (3012, "no pong")


async def test_slow_readers_are_let_go(server: Served) -> None:
    """They get no farewell before what they do not read: the connection just ends."""
    command = json.dumps({"id": 1, "connect": {"token": token()}})
    follow = json.dumps({"id": 2, "subscribe": {"channel": "much"}})
    with socket.create_connection(("127.0.0.1", server.port)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        frames = client_frame(TEXT, command.encode()) + client_frame(TEXT, follow.encode())
        deaf.sendall(handshake("/connection/websocket") + frames)
        await until_subscribers(server, "much", 1)
        for _ in range(200):
            api(server, "publish", channel="much", data="x" * 60_000)
        await until_subscribers(server, "much", 0)


async def until_subscribers(server: Served, channel: str, number: int) -> None:
    async with asyncio.timeout(60):
        while api(server, "presence_stats", channel=channel)["num_clients"] != number:
            await asyncio.sleep(0.02)


async def test_who_is_there_when_the_server_stops_shall_come_back(tmp_path: Path) -> None:
    with Served(tmp_path, "--broker", "memory://") as brief:
        async with talking(brief.port) as talk:
            await talk.result("connect")
            brief.signal(signal.SIGTERM)
            assert await talk.end() == (3001, "shutdown")
