from __future__ import annotations

import json

import pytest

from hubbub.errors import Refused
from hubbub.sessions.reaching.reach import Fate, Reached
from hubbub.sessions.session import Session
from tests.test_app import enter, running, turn


async def test_a_program_pushes_tags_and_kicks() -> None:
    async with running() as app:
        session, carrier = enter(app, "/ws/lobby")
        assert isinstance(session, Session)
        await turn()
        assert await app.tag(["beta"], session_id=session.id) == Reached(Fate.TAGGED, 1)
        assert await app.push({"text": "größe"}, tag="beta") == Reached(Fate.DELIVERED, 1)
        assert await app.push(data=b"bytes", session_id=session.id, event="x") == Reached(
            Fate.DELIVERED, 1
        )
        await app.groups.join("team", session_id=session.id)
        assert (await app.push("hi", group="team")).sessions == 1
        assert await app.tag(remove=["beta"], everybody=True) == Reached(Fate.TAGGED, 1)
        assert await app.push(1, tag="beta") == Reached(Fate.OFFLINE)
        assert await app.kick(session_id=session.id, code=4001, reason="out") == Reached(
            Fate.KICKED, 1
        )
        gone = Reached(Fate.GONE, 0, (session.id,))
        assert await app.push(1, session_id=session.id) == gone
        with pytest.raises(TypeError):
            await app.push(object(), everybody=True)
        with pytest.raises(Refused):
            await app.push(1)

    first, *others = carrier.lines()
    assert (json.loads(first), others) == ({"text": "größe"}, ["bytes", "hi"])
    assert [close.code for close in carrier.closes] == [4001]
