from __future__ import annotations

import asyncio
import json
from functools import partial

import pytest

from hubbub.dialects.contract import Opened
from hubbub.dialects.socketio.conversation import SocketIoDialect
from hubbub.errors import Elsewhere, ProtocolViolation
from hubbub.framings.conversation import EngineIo
from hubbub.hub.nodes.control import Control
from hubbub.sessions.backlog import WAITING_LIMIT, Backlog
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.operations.commands import handle
from hubbub.sessions.polls.polled import NOTHING
from hubbub.sessions.polls.polling import Missed, Polling, Said
from hubbub.sessions.session import Session
from tests.hub.stage import Stage, turn
from tests.sessions.cluster import pair_of
from tests.sessions.stage import Floor
from tests.transports.wire import until


class Node:
    """A node whose sessions are polled."""

    def __init__(self, place: Stage, name: str) -> None:
        self.floor = Floor(place, SessionLimits(), trusting=True, name=name)
        self.control = Control(place.broker, name, place.clock)
        place.hub.admit(self.control.names, self.control)
        self.polling = Polling(name, self.floor.services.seal, self.control)

    async def open(self) -> str:
        """Begin a session, and return under which id it is polled."""
        dialect = EngineIo(SocketIoDialect(1024), ("websocket",), 1024)
        handshake = await self.polling.open(Session(self.floor.services, dialect, handle))
        return str(json.loads(handshake[1:])["sid"])


nodes = partial(pair_of, Node)
"""Run two nodes of one cluster."""


@pytest.mark.parametrize("at", [0, 1])
async def test_a_session_is_found_wherever_a_request_lands(at: int) -> None:
    async with nodes() as pair:
        sid = await pair[0].open()
        asked = pair[at].polling
        polling = asyncio.create_task(asked.poll(sid, "n1"))
        await turn(10)
        assert await asked.take(sid, b"40") is None
        said = await polling
        assert isinstance(said, bytes)
        assert said.startswith(b'40{"sid":')
        assert await asked.poll(sid, "n1") == said
        assert (len(pair[0].polling), len(pair[1].polling)) == (1, 0)
        assert not asked.is_full


@pytest.mark.parametrize("at", [0, 1])
async def test_what_cannot_be_read_ends_the_session(at: int) -> None:
    async with nodes() as pair:
        sid = await pair[0].open()
        waits = asyncio.ensure_future(pair[0].polling.poll(sid, ""))
        await turn()
        assert await pair[at].polling.take(sid, b"b!") is Missed.WRONG
        assert await waits == b"1"
        assert await pair[at].polling.poll(sid, "") is Missed.UNKNOWN
        assert await pair[at].polling.take(sid, b"3") is Missed.UNKNOWN


@pytest.mark.parametrize("at", [0, 1])
async def test_who_says_more_before_the_first_has_an_answer_is_sent_away(at: int) -> None:
    async with nodes() as pair:
        sid = await pair[0].open()
        services = pair[0].floor.services
        session = services.registry.get(services.seal.session(sid) or "")
        assert isinstance(session, Session)
        session.backlog = Backlog(session.connection)
        for _ in range(WAITING_LIMIT):
            session.backlog.put(Opened(), 0)
        assert await pair[at].polling.take(sid, b"40") is Missed.WRONG
        assert session.gone


async def test_nobody_is_found_by_a_wrong_id() -> None:
    async with nodes() as (here, _):
        sid = await here.open()
        for wrong in ("", "n1", "n1.", sid + "0", "n9" + sid, sid.removeprefix("n1.")):
            assert await here.polling.poll(wrong, "") is Missed.UNKNOWN
            assert await here.polling.take(wrong, b"3") is Missed.UNKNOWN
            with pytest.raises(ProtocolViolation, match="Session ID unknown"):
                here.polling.upgrade(wrong)


async def test_a_websocket_takes_over_where_the_session_is() -> None:
    async with nodes() as (here, there):
        sid = await here.open()
        assert not here.polling.upgrade(sid).probed
        with pytest.raises(Elsewhere) as raised:
            there.polling.upgrade(sid)
        assert raised.value.node == "n1"


async def test_a_node_that_stops_sends_polls_for_others_elsewhere() -> None:
    async with nodes() as (here, there):
        sid = await here.open()
        told: list[Said] = []
        there.polling.begin(sid, "n1", told.append)
        await turn(5)
        there.polling.hurry()
        await turn(20)
        assert told == [NOTHING]
        assert await here.polling.take(sid, b"40") is None  # what that is answered is not lost
        said = await here.polling.poll(sid, "n2")
        assert isinstance(said, bytes)
        assert said.startswith(b"40{")


async def test_where_the_node_of_a_poll_cannot_be_asked_the_poll_is_answered_all_the_same() -> None:
    async with nodes() as (here, there):
        told: list[Said] = []
        there.polling.begin(await here.open(), "n1", told.append)
        await turn(5)
        await here.control.close()
        there.polling.hurry()
        await until(lambda: told)
        assert told[0] in {NOTHING, Missed.UNKNOWN}


async def test_a_poll_for_another_node_can_be_given_up() -> None:
    async with nodes() as (here, there):
        sid = await here.open()
        told: list[Said] = []
        give_up = there.polling.begin(sid, "n1", told.append)
        await turn(5)
        give_up()
        await turn(5)
        assert told == []
        assert not there.polling._away
