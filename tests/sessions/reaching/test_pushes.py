from __future__ import annotations

import pytest

from hubbub.errors import Refused
from hubbub.sessions.reaching.pushes import TIMEOUT_LIMIT_S, Addressee
from hubbub.sessions.reaching.reach import Deed, Fate, Kick, Mark, Reached, Say
from tests.sessions.cluster import heard, nodes

HI = Say("hi", b"1")


async def test_whom_an_application_names_is_reached() -> None:
    async with nodes() as (one, two):
        ann = await two.speaker()
        await one.groups.join("team", user="ann")
        await one.pushes.do(Addressee(user="ann"), Mark(("beta",)))
        for whom in (
            Addressee(ann.session.id),
            Addressee(user="ann"),
            Addressee(group="team"),
            Addressee(tag="beta"),
            Addressee(everybody=True),
        ):
            assert await one.pushes.do(whom, HI) == Reached(Fate.DELIVERED, 1)
        assert heard(ann) == [{"event": "hi", "data": 1}] * 5
        assert await one.pushes.do(Addressee(group="nobodys"), HI) == Reached(Fate.GONE)


@pytest.mark.parametrize(
    "whom", [Addressee(), Addressee("n1.x", "ann"), Addressee(tag="a", everybody=True)], ids=str
)
async def test_one_of_them_is_named(whom: Addressee) -> None:
    async with nodes(1) as (one,):
        with pytest.raises(Refused, match="name one of these"):
            await one.pushes.do(whom, HI)


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        (Say("connect", b"1"), 107),
        (Say("x" * 129, b"1"), 107),
        (Kick(2999), 107),
        (Kick(4000, "x" * 124), 107),
        (Mark(("",)), 107),
        (Mark(tuple(f"{n}" for n in range(33))), 106),
    ],
    ids=["reserved", "long event", "code", "reason", "tag", "tags"],
)
async def test_what_no_client_may_be_told_is_refused(deed: Deed, code: int) -> None:
    async with nodes(1) as (one,):
        with pytest.raises(Refused) as caught:
            await one.pushes.do(Addressee(user="ann"), deed)
        assert caught.value.error.code == code


@pytest.mark.parametrize("seconds", [0, -1, TIMEOUT_LIMIT_S + 1])
async def test_nobody_waits_for_ever(seconds: float) -> None:
    async with nodes(1) as (one,):
        with pytest.raises(Refused, match="seconds to answer"):
            await one.pushes.do(Addressee(user="ann"), HI, seconds)
