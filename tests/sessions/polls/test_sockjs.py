from __future__ import annotations

import asyncio

import pytest

from hubbub.dialects.contract import Opened
from hubbub.errors import BrokerUnavailable, Close
from hubbub.sessions.backlog import WAITING_LIMIT, Backlog
from hubbub.sessions.polls import relaying, sockjs
from hubbub.sessions.polls.relaying import Outcome
from hubbub.sessions.polls.sockjs import key_of
from tests.hub.stage import turn
from tests.sessions.sockjs_stage import LOST, Asked, nodes
from tests.transports.wire import until

GO_AWAY = Close(3000, "Go away!")
INTERRUPTED = 'c[1002,"Connection interrupted"]'


async def test_a_session_begins_with_a_request_and_hears_what_is_said() -> None:
    async with nodes() as (here, _):
        assert (await here.ask()).said() == ["o"]
        assert await here.sessions.take("k1", [b"a", b"b"]) is Outcome.DONE
        asked = await here.ask()
        assert (asked.said(), asked.is_over) == (['a["a"]', 'a["b"]'], True)
        assert await here.sessions.take("k2", [b"a"]) is Outcome.UNKNOWN
        assert len(here.sessions) == 1


async def test_a_session_is_found_from_any_node() -> None:
    async with nodes() as (here, there):
        await here.ask()
        assert await there.sessions.take("k1", [b"a"]) is Outcome.DONE
        await turn(10)
        assert (await there.ask()).said() == ['a["a"]']
        waiting = await there.ask()
        assert await here.sessions.take("k1", [b"b"]) is Outcome.DONE
        await until(lambda: waiting.is_over)
        assert waiting.said() == ['a["b"]']
        assert (len(here.sessions), len(there.sessions)) == (1, 0)


@pytest.mark.parametrize("at", [0, 1])
async def test_nothing_more_is_taken_before_what_came_first_has_an_answer(at: int) -> None:
    async with nodes() as pair:
        connection = (await pair[0].ask("k1")).receiver.connection
        assert connection is not None
        session = connection.session
        session.backlog = Backlog(session.connection)
        for _ in range(WAITING_LIMIT):
            session.backlog.put(Opened(), 0)
        assert await pair[at].sessions.take("k1", [b"a"]) is Outcome.BUSY
        assert not session.gone


async def test_a_stream_goes_on_at_another_node() -> None:
    async with nodes() as (here, there):
        first = await here.ask(limit=8)
        await here.sessions.take("k1", [b"a"])
        await turn(10)
        assert (first.said(), first.is_over) == (["o", 'a["a"]'], True)
        stream = await there.ask(limit=20)
        seen: list[str] = []
        for text in (b"b", b"c", b"d"):
            await there.sessions.take("k1", [text])
            await turn(20)
            seen += stream.said()
        assert (seen, stream.is_over) == (['a["b"]', 'a["c"]', 'a["d"]'], True)


async def test_the_end_is_heard_at_another_node() -> None:
    async with nodes() as (here, there):
        await here.ask()
        stream = await there.ask(limit=1000)
        (session,) = list(here.floor.registry)
        session.end(GO_AWAY)
        await until(lambda: stream.is_over)
        assert stream.said() == ['c[3000,"Go away!"]']
        assert (await there.ask()).said() == ['c[3000,"Go away!"]']


async def test_a_slow_reader_at_another_node_holds_its_session_back_and_loses_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with nodes() as (here, there):
        await here.ask()
        stream = await there.ask(limit=10_000)
        stream.receiver.congested()
        await here.sessions.take("k1", [b"a"])
        await turn(20)
        assert stream.said() == ['a["a"]'], "it was asked for before"
        await here.sessions.take("k1", [b"b"])
        await turn(20)
        assert stream.said() == []
        stream.receiver.drained()
        await until(lambda: stream.response.data)
        assert stream.said() == ['a["b"]']
        monkeypatch.setattr(relaying, "DELAY_S", 0.01)
        stream.receiver.congested()
        await here.sessions.take("k1", [b"c"])
        await until(lambda: stream.is_over)
        await until(lambda: not len(here.floor.registry))


async def test_two_requests_at_once_are_one_too_many_wherever_they_come() -> None:
    async with nodes() as (here, there):
        await here.ask()
        waiting = await here.ask()
        for node in (here, there):
            refused = await node.ask()
            assert refused.said() == ['c[2010,"Another connection still open"]']
            assert refused.is_over
        assert not waiting.is_over


async def test_a_second_request_before_the_first_has_found_its_session_is_refused() -> None:
    async with nodes() as (here, _):
        here.presence.slow = asyncio.Event()
        first = await here.ask()
        second = await here.ask()
        assert second.said() == ['c[2010,"Another connection still open"]']
        here.presence.slow.set()
        await until(lambda: first.is_over)
        assert first.said() == ["o"]


async def leave(asked: Asked) -> None:
    asked.receiver.closed(Close(LOST, "connection lost"))
    await turn(20)


async def test_a_request_that_breaks_off_ends_the_session_wherever_it_came() -> None:
    for at in (0, 1):
        async with nodes() as pair:
            await pair[0].ask()
            await leave(await pair[at].ask())
            assert len(pair[0].floor.registry) == 0
            assert (await pair[at].ask()).said() == [INTERRUPTED]


async def test_a_request_that_was_answered_may_break_off() -> None:
    async with nodes() as (here, _):
        asked = await here.ask()
        await leave(asked)
        assert len(here.floor.registry) == 1
        assert (await here.ask()).said() == []


async def test_a_client_that_left_before_its_session_began_leaves_nothing() -> None:
    async with nodes() as (here, there):
        here.presence.slow = asyncio.Event()
        await leave(await here.ask())
        here.presence.slow.set()
        await turn(20)
        assert len(here.sessions) == 0
        assert (await there.ask()).said() == ["o"]


async def test_a_session_that_nobody_asks_for_is_forgotten_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sockjs, "DELAY_S", 0.01)
    async with nodes() as (here, there):
        await here.ask()
        await until(lambda: not len(here.sessions))
        assert len(here.floor.registry) == 0
        await turn(10)
        assert (await there.ask()).said() == ["o"], "it is another one"


async def test_polls_are_answered_before_proxies_give_them_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for part in (sockjs, relaying):
        monkeypatch.setattr(part, "HOLD_S", 0.02)
        monkeypatch.setattr(part, "FORWARDED_S", 0.01)
    async with nodes() as pair:
        await pair[0].ask()
        for node in pair:
            asked = await node.ask()
            await until(lambda: asked.is_over)  # noqa: B023 - it is waited for here
            assert asked.said() == ["h"]


async def test_a_node_that_cannot_be_reached_is_told_as_an_interruption() -> None:
    async with nodes() as (here, there):
        await here.ask()
        here.control.on("sockjs.receive", _fail)
        asked = await there.ask()
        assert (asked.said(), asked.is_over) == ([INTERRUPTED], True)


def _fail(payload: bytes) -> bytes:
    raise RuntimeError("no such luck")


async def test_a_node_that_stopped_has_no_sessions() -> None:
    async with nodes() as (here, there):
        await here.presence.enter("!session.k1", "n1", b"")
        assert await there.sessions.take("k1", [b"a"]) is Outcome.UNKNOWN
        assert (await there.ask()).said() == ["o"], "it says that it does not know it"


async def test_where_nobody_can_be_looked_for_clients_are_told() -> None:
    async with nodes() as (here, _):
        here.presence.away = True
        asked = await here.ask()
        assert asked.said() == ['c[1013,"the server cannot look for sessions now"]']
        with pytest.raises(BrokerUnavailable):
            await here.sessions.take("k1", [b"a"])


async def test_there_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    async with nodes() as (here, _):
        await here.ask()
        monkeypatch.setattr(sockjs, "SESSIONS_LIMIT", 1)
        assert here.sessions.has_room("k1")
        assert not here.sessions.has_room("k2")


def test_a_key_tells_neither_name_nor_place() -> None:
    keys = {key_of("/a", "s"), key_of("/a", "t"), key_of("/b", "s"), key_of("/a\0s", "")}
    assert len(keys) == 4
    assert all(len(key) == 32 for key in keys)
