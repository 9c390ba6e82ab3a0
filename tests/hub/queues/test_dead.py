from __future__ import annotations

import pytest

from hubbub.dialects.chat import Amend
from hubbub.dialects.kinds import Act
from hubbub.hub.chats.amendments import Amender, Amendments
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.queues.dead import bury, dead_of
from tests.hub.stage import Stage, stage


@pytest.mark.parametrize(
    ("channel", "dead"),
    [
        ("queue:work", "queue:work.dead"),
        ("$queue:work", "$queue:work.dead"),
        ("queue:work#ann,bob", "queue:work.dead#ann,bob"),
        ("#ann", ".dead#ann"),
    ],
)
def test_what_nobody_wants_is_seen_by_nobody_else(channel: str, dead: str) -> None:
    assert dead_of(channel) == dead


async def dead(place: Stage, channel: str = "q.dead") -> list[bytes]:
    page = await place.hub.history(channel, 9, None, reverse=False)
    return [each.data for each in page.publications]


async def test_it_is_there_once() -> None:
    async with stage() as place:
        top = await place.say("q", "1", "2")
        for _ in range(2):
            await bury(place.hub, "q", top.epoch, 1)
        await bury(place.hub, "q", "another life", 2)
        await bury(place.hub, "q", top.epoch, 3)
        assert await dead(place) == [b"1"]


async def test_what_was_deleted_stays_so() -> None:
    async with stage(Namespace(edits=True)) as place:
        top = await place.say("q", "secret")
        amender = Amender(None, program=True)
        await Amendments(place.hub, place.broker).amend(Amend("q", Act.DELETE, 1), amender)
        await bury(place.hub, "q", top.epoch, 1)
        assert await dead(place) == []


async def test_a_name_that_is_too_long_for_more_holds_nothing_up() -> None:
    async with stage() as place:
        channel = "q" * place.hub.namespaces.name_limit
        top = await place.say(channel, "1")
        await bury(place.hub, channel, top.epoch, 1)
