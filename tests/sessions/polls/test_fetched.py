"""What waits to be fetched; how it is fetched is shown in test_polled.py and test_intermittent.py."""

from __future__ import annotations

import asyncio

from hubbub.dialects.text import TextDialect
from hubbub.sessions.operations.commands import handle
from hubbub.sessions.polls.fetched import HIGH_WATER, FetchedConnection
from hubbub.sessions.session import Session
from tests.hub.stage import turn
from tests.sessions.stage import PLAIN, Floor, floor


class Bag(FetchedConnection):
    """A connection that is fetched piece by piece."""

    def __init__(self, place: Floor) -> None:
        super().__init__(Session(place.services, TextDialect(PLAIN, "room", "ann"), handle))

    def put(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._keep(piece)

    def fetch(self) -> bytes:
        piece = self._next()
        self._relieve()
        return piece

    def empty(self) -> None:
        self._drop()

    async def may_say_more(self) -> None:
        await self._may_say_more()


async def test_much_that_waits_congests_until_half_of_it_is_fetched() -> None:
    async with floor() as place:
        bag = Bag(place)
        bag.put(b"1" * (HIGH_WATER // 2), b"2" * (HIGH_WATER // 2))
        assert not place.registry.congested
        bag.put(b"3")
        assert (list(place.registry.congested), bag.backlog()) == ([bag.session.id], HIGH_WATER + 1)
        assert bag.fetch()[:1] == b"1"
        assert place.registry.congested
        assert bag.fetch()[:1] == b"2"
        assert not place.registry.congested
        bag.empty()
        assert bag.backlog() == 0


async def test_a_client_waits_until_it_may_say_more() -> None:
    async with floor() as place:
        bag = Bag(place)
        await bag.may_say_more()
        bag.pause_reading()
        bag.pause_reading()
        waiting = asyncio.create_task(bag.may_say_more())
        await turn(3)
        assert not waiting.done()
        bag.resume_reading()
        bag.resume_reading()
        await asyncio.wait_for(waiting, 30)
