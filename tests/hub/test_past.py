"""What channels keep of their past."""

from __future__ import annotations

import pytest

from hubbub.errors import NOT_AVAILABLE, Refused
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from hubbub.model import Position
from tests.hub.stage import stage


async def test_an_unreadable_entry_does_not_hide_the_others_in_history() -> None:
    async with stage() as node:
        await node.say("room", "1")
        await node.broker.log.publish("room", b"\xc1 nobody wrote this", Namespace().retention)
        await node.say("room", "3")
        page = await node.hub.history("room", 10, None, reverse=False)
        assert [publication.offset for publication in page.publications] == [1, 3]
        assert node.hub.statistics.unreadable == 1


@pytest.mark.parametrize(
    ("limit", "since", "reverse", "offsets"),
    [
        (3, None, False, [1, 2, 3]),
        (3, None, True, [10, 9, 8]),
        (3, 4, False, [5, 6, 7]),
        (3, 4, True, [3, 2, 1]),
        (0, None, False, []),
        (-1, None, False, [1, 2, 3, 4, 5]),
        (99, None, False, [1, 2, 3, 4, 5]),
    ],
)
async def test_history_pages(
    limit: int, since: int | None, reverse: bool, offsets: list[int]
) -> None:
    async with stage(settings=HubSettings(history_limit=5)) as node:
        top = await node.say("room", *map(str, range(1, 11)))
        position = None if since is None else Position(top.epoch, since)
        page = await node.hub.history("room", limit, position, reverse)
        assert [publication.offset for publication in page.publications] == offsets
        assert page.position == top


@pytest.mark.parametrize(
    ("since", "reverse", "code"), [(Position("other", 1), False, 112), (Position("", 0), True, 107)]
)
async def test_senseless_history_is_refused(since: Position, reverse: bool, code: int) -> None:
    async with stage() as node:
        await node.say("room", "1")
        with pytest.raises(Refused) as refusal:
            await node.hub.history("room", 1, since, reverse)
        assert refusal.value.error.code == code


async def test_history_can_be_forgotten_where_there_is_one() -> None:
    async with stage() as place:
        top = await place.say("room", "1", "2")
        await place.hub.past.forget("room")
        page = await place.hub.history("room", -1, None, False)
        assert (page.publications, page.position.offset, page.position.epoch) == ([], 2, top.epoch)
    async with stage(Namespace(history_size=0)) as place:
        with pytest.raises(Refused) as caught:
            await place.hub.past.forget("room")
        assert caught.value.error == NOT_AVAILABLE


async def test_what_was_forgotten_comes_back_to_nobody() -> None:
    async with stage() as place:
        ann = await place.listen("ann", "room")
        first = await place.say("room", "1")
        top = await place.say("room", "2", "3")
        await place.hub.past.forget("room")
        bob = await place.listen("bob", "room", first)
        assert bob.arrivals[0].recovered, "this node remembers them still"
        place.hub.past.let_go("room")
        place.hub.past.let_go("another")
        cid = await place.listen("cid", "room", first)
        assert (cid.arrivals[0].recovered, cid.arrivals[0].reason) == (False, "gap")
        assert cid.arrivals[0].publications == ()
        dan = await place.listen("dan", "room", top)
        assert dan.arrivals[0].recovered, "it has missed nothing"
        await place.say("room", "4")
        eve = await place.listen("eve", "room", top)
        assert [each.data for each in eve.arrivals[0].publications] == [b"4"]
        assert ann.seen() == ["1", "2", "3", "4"]
