"""Requests of SockJS on a node that stops, of which the sessions are elsewhere or there."""

from __future__ import annotations

import pytest

from hubbub.errors import SHUTDOWN
from hubbub.sessions.polls.receiving import StreamReceiver
from tests.hub.stage import turn
from tests.sessions.sockjs_stage import Asked, nodes
from tests.transports.wire import until

GONE = 'c[3001,"shutdown"]'


@pytest.mark.parametrize(("limit", "said"), [(0, ["h"]), (1000, [])])
async def test_a_request_ends_where_the_node_stops_and_its_session_goes_on(
    limit: int, said: list[str]
) -> None:
    async with nodes() as (here, there):
        await here.ask()
        asked = await there.ask(limit=limit)
        assert not asked.is_over
        there.sessions.hurry()
        await until(lambda: asked.is_over)
        assert asked.said() == said, "its client asks again"
        late = await there.ask(limit=limit)
        assert (late.said(), late.is_over) == (said, True)
        await here.sessions.take("k1", [b"a"])
        await turn(20)
        assert (await here.ask()).said() == ['a["a"]'], "nothing went with it"
        assert len(here.floor.registry) == 1


async def test_what_is_said_while_a_node_stops_is_not_lost() -> None:
    async with nodes() as (here, there):
        await here.ask()
        asked = await there.ask()
        await here.sessions.take("k1", [b"a"])
        there.sessions.hurry()
        await until(lambda: asked.is_over)
        said = asked.said()
        said += [] if said == ['a["a"]'] else (await here.ask()).said()
        assert said[-1] == 'a["a"]'


async def test_no_session_begins_where_the_node_stops() -> None:
    async with nodes() as (here, there):
        asked = Asked(StreamReceiver("k1", None, 0, here.sessions))
        await turn(20)
        assert (asked.said(), asked.is_over) == ([GONE], True)
        assert len(here.sessions) == 0
        assert (await there.ask()).said() == ["o"]


async def test_a_stopping_node_knows_who_was_not_told_why() -> None:
    async with nodes() as (here, there):
        await here.ask()
        untold = [here.sessions.untold]
        (session,) = list(here.floor.registry)
        session.end(SHUTDOWN)
        untold.append(here.sessions.untold)
        assert (await there.ask()).said() == [GONE]
        assert [*untold, here.sessions.untold] == [False, True, False]
