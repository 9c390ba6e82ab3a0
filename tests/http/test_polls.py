from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from hubbub.dialects.contract import Request
from hubbub.dialects.socketio.conversation import SocketIoDialect
from hubbub.errors import BrokerUnavailable
from hubbub.framings.conversation import EngineIo
from hubbub.http.polling import answer_to
from hubbub.http.polls import Polls
from hubbub.http.settings import HttpSettings
from hubbub.hub.nodes.control import Control
from hubbub.sessions.contract import Headers
from hubbub.sessions.doors import Door, Doors
from hubbub.sessions.operations.commands import handle
from hubbub.sessions.session import Session
from tests.http.site_stage import front
from tests.hub.stage import turn
from tests.sessions.stage import floor

FRIEND = "https://friend.example"
POLL = Request(
    path="/socket.io/", query={"EIO": "4", "transport": "polling", "sid": "n1.nobody", "t": "a"}
)
Answered = list[tuple[int, Headers, bytes]]


@asynccontextmanager
async def polls() -> AsyncIterator[tuple[Polls, str]]:
    """Run a node with a session that is polled; give its name."""
    async with floor(name="n1") as place:
        control = Control(place.node.broker, "n1", place.node.clock)
        await control.start()
        dialects = {"": lambda request: EngineIo(SocketIoDialect(100), (), 100)}
        door = Door("/socket.io/", dialects, "polling")
        doors = Doors([door], place.services, lambda origin, host: origin == FRIEND)
        node = front(place, control, place.registry, doors, HttpSettings())
        session = Session(place.services, EngineIo(SocketIoDialect(100), (), 100), handle)
        handshake = await node.polling.open(session)
        yield Polls(node), json.loads(handshake[1:])["sid"]
        await control.close()


def asked(sid: str, headers: dict[str, str] | None = None, **query: str) -> Request:
    return replace(POLL, query={**POLL.query, "sid": sid, **query}, headers=headers or {})


async def test_only_what_is_usual_is_taken() -> None:
    async with polls() as (taker, sid):
        assert taker.takes(asked(sid))
        assert taker.takes(asked("n1.nobody", {"origin": FRIEND}))
        for unusual in (
            asked(""),
            asked(sid, EIO="3"),
            asked(sid, transport="websocket"),
            asked(sid, j="0"),
            asked(sid, {"origin": "https://evil.example"}),
            replace(asked(sid), path="/other"),
        ):
            assert not taker.takes(unusual)


async def test_a_poll_is_answered_once_when_there_is_something() -> None:
    async with polls() as (taker, sid):
        told: Answered = []
        taker.begin(asked(sid, {"origin": FRIEND}), lambda *each: told.append(each))
        assert told == []
        assert await taker._node.polling.take(sid, b"40") is None
        await turn(20)
        [(status, headers, body)] = told
        assert (status, body[:3]) == (200, b"40{")
        assert ("Access-Control-Allow-Origin", FRIEND) in headers
        assert ("cache-control", "no-store") in headers


async def test_one_that_was_given_up_takes_nothing() -> None:
    async with polls() as (taker, sid):
        told: Answered = []
        taker.begin(asked(sid), lambda *each: told.append(each))()
        await taker._node.polling.take(sid, b"40")
        await turn(20)
        assert told == []
        taker.begin(asked(sid, t="b"), lambda *each: told.append(each))
        assert told[0][2].startswith(b"40{")


@pytest.mark.parametrize("sid", ["n1.nobody", "n9.nobody"])
async def test_nobodys_poll_is_answered_in_the_protocols_words(sid: str) -> None:
    async with polls() as (taker, _):
        told: Answered = []
        taker.begin(asked(sid), lambda *each: told.append(each))
        await turn(20)
        [(status, headers, body)] = told
        assert (status, json.loads(body)["code"]) == (400, 1)
        assert ("content-type", "application/json") in headers


async def test_where_the_broker_is_away_a_client_may_ask_again() -> None:
    status, _, body = answer_to(BrokerUnavailable("it is away"))
    assert status == 503
    assert b"cannot be reached" in body
