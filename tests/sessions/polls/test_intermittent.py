from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hubbub.dialects.text import TextDialect
from hubbub.errors import Close
from hubbub.framings.sockjs.conversation import SockJsRequests
from hubbub.framings.sockjs.frames import HEARTBEAT, merged
from hubbub.model import Packet
from hubbub.sessions.operations.commands import handle
from hubbub.sessions.polls import intermittent
from hubbub.sessions.polls.fetched import HIGH_WATER
from hubbub.sessions.polls.intermittent import IntermittentConnection
from hubbub.sessions.session import Session
from tests.hub.stage import turn
from tests.sessions.stage import PLAIN, Floor, floor

GO_AWAY = Close(3000, "Go away!")


class Taker:
    """A request that receives; `limit` bytes end it, and 0 the first frame."""

    def __init__(self, limit: int = 0) -> None:
        self.single = not limit
        self.limit = limit
        self.taken: list[bytes] = []
        self.over = False
        self.unread = 0

    def take(self, lines: bytes) -> bool:
        self.taken.append(merged(lines) if self.single else lines)
        return sum(map(len, self.taken)) < self.limit

    def finish(self) -> None:
        self.over = True

    def backlog(self) -> int:
        return self.unread


class Client:
    """A client whose requests come and go, and the keeper of its connection."""

    def __init__(self, place: Floor) -> None:
        self.kept: list[str] = []
        self.session = Session(
            place.services, SockJsRequests(TextDialect(PLAIN, "room", "ann")), handle
        )
        self.connection = IntermittentConnection("k1", self.session, self)
        self.session.opened(self.connection)

    def left(self, connection: IntermittentConnection) -> None:
        self.kept.append("left")

    def joined(self, connection: IntermittentConnection) -> None:
        self.kept.append("joined")

    def forget(self, connection: IntermittentConnection) -> None:
        self.kept.append("forgotten")

    async def ask(self, limit: int = 0) -> Taker:
        taker = Taker(limit)
        self.connection.receive(taker)
        await turn(5)
        return taker

    async def said(self) -> bytes:
        """Return what the next request is told."""
        taker = await self.ask()
        assert taker.over
        (taken,) = taker.taken
        return taken

    async def say(self, *texts: str) -> None:
        await self.connection.take([text.encode() for text in texts])
        await turn(5)


@asynccontextmanager
async def client() -> AsyncIterator[tuple[Floor, Client]]:
    async with floor() as place:
        made = Client(place)
        await turn(5)
        yield place, made


async def test_a_poll_takes_one_frame() -> None:
    async with client() as (_, ann):
        assert await ann.said() == b"o"
        await ann.say("a", "b")
        await ann.say("c")
        assert await ann.said() == b'a["a","b","c"]'
        waiting = await ann.ask()
        assert not waiting.taken
        await ann.say("d", "e")
        assert (waiting.taken, waiting.over) == ([b'a["d","e"]'], True)
        assert ann.kept == ["joined", "left"] * 3


async def test_a_stream_takes_frames_until_it_has_enough() -> None:
    async with client() as (_, ann):
        stream = await ann.ask(30)
        await ann.say("a")
        await ann.say("b")
        assert (stream.taken, stream.over) == ([b"o\n", b'a["a"]\n', b'a["b"]\n'], False)
        await ann.say("0123456789")
        assert (stream.taken[3:], stream.over) == ([b'a["0123456789"]\n'], True)
        await ann.say("c")
        assert (await ann.ask(30)).taken == [b'a["c"]\n']


async def test_a_second_request_is_refused() -> None:
    async with client() as (_, ann):
        assert await ann.said() == b"o"
        first = await ann.ask()
        second = await ann.ask()
        assert (second.taken, second.over) == ([b'c[2010,"Another connection still open"]'], True)
        ann.connection.give_up(second)
        await ann.say("a")
        assert first.taken == [b'a["a"]']


async def test_the_end_is_told_to_whoever_asks_until_it_is_forgotten() -> None:
    async with client() as (place, ann):
        stream = await ann.ask(1000)
        ann.session.end(GO_AWAY)
        assert (stream.taken[-1], stream.over) == (b'c[3000,"Go away!"]\n', True)
        assert await ann.said() == await ann.said() == b'c[3000,"Go away!"]'
        assert len(place.registry) == 0
        ann.session.end(GO_AWAY)
        ann.connection.close(GO_AWAY)
        ann.connection.expire()
        ann.connection.expire()
        assert ann.kept == ["joined", "left", "forgotten"]
        late = await ann.ask()
        assert (late.taken, late.over) == ([], True)


async def test_what_was_said_before_the_end_comes_first() -> None:
    async with client() as (_, ann):
        await ann.say("a")
        ann.session.end(GO_AWAY)
        assert [await ann.said() for _ in range(3)] == [b"o", b'a["a"]', b'c[3000,"Go away!"]']
        ann.connection.send(Packet(b"too late"))
        assert await ann.said() == b'c[3000,"Go away!"]'
    async with client() as (_, ann):
        await ann.say("a")
        ann.session.end(GO_AWAY)
        stream = await ann.ask(1000)
        assert (stream.taken, stream.over) == (
            [b"o\n", b'a["a"]\n', b'c[3000,"Go away!"]\n'],
            True,
        )


@pytest.mark.parametrize("limit", [0, 1000])
async def test_a_request_that_breaks_off_ends_the_session(limit: int) -> None:
    async with client() as (place, ann):
        assert await ann.said() == b"o"
        broken = await ann.ask(limit)
        await ann.say("a") if limit else None
        ann.connection.give_up(broken)
        assert len(place.registry) == 0
        assert await ann.said() == b'c[1002,"Connection interrupted"]'
        ann.connection.interrupt()
        assert ann.kept[-1] == "left"


async def test_a_client_that_does_not_come_back_is_gone() -> None:
    async with client() as (place, ann):
        await ann.ask()
        ann.connection.expire()
        await turn(5)
        assert (len(place.registry), ann.kept[-1]) == (0, "forgotten")


async def test_a_client_that_asks_is_alive() -> None:
    async with client() as (place, ann):
        assert await ann.said() == b"o"
        for _ in range(4):
            place.tick(25)
            assert (await ann.ask()).taken in ([], [b"h"])
            ann.connection.beat()
            await turn(5)
        assert len(place.registry) == 1
        stream = await ann.ask(1000)
        place.tick(100)
        assert stream.taken[-1] == b"h\n"
        assert len(place.registry) == 1
        stream.unread = 1
        place.tick(100)
        assert len(place.registry) == 0
        ann.connection.ping()


async def test_a_heartbeat_is_for_who_listens_and_hears_nothing_else() -> None:
    async with client() as (_, ann):
        ann.connection.send(HEARTBEAT)
        assert await ann.said() == b"o"
        ann.connection.send(HEARTBEAT)
        ann.connection.beat()
        waiting = await ann.ask()
        assert not waiting.taken
        ann.connection.beat()
        await turn(5)
        assert waiting.taken == [b"h"]


async def test_what_is_not_fetched_congests_until_it_is() -> None:
    async with client() as (place, ann):
        for _ in range(2):
            ann.connection.write(b"a" + bytes(HIGH_WATER))
        assert list(place.registry.congested) == [ann.session.id]
        assert ann.connection.backlog() > HIGH_WATER
        await ann.ask()
        await ann.ask()
        assert not place.registry.congested
        assert ann.connection.backlog() == 0


async def test_a_poll_takes_so_much_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intermittent, "TAKEN_LIMIT", 20)
    async with client() as (_, ann):
        assert await ann.said() == b"o"
        for text in ("01234", "56789", "b"):
            await ann.say(text)
        assert [await ann.said() for _ in range(2)] == [b'a["01234"]', b'a["56789","b"]']


async def test_a_client_is_held_back_while_much_of_it_waits() -> None:
    async with client() as (_, ann):
        ann.connection.pause_reading()
        ann.connection.pause_reading()
        saying = asyncio.create_task(ann.connection.take([b"a"]))
        await turn(5)
        assert not saying.done()
        ann.connection.resume_reading()
        await asyncio.wait_for(saying, 30)
        ann.connection.pause_reading()
        saying = asyncio.create_task(ann.connection.take([b"a"]))
        ann.session.end(GO_AWAY)
        await asyncio.wait_for(saying, 30)
        ann.connection.pause_reading()
        await ann.connection.take([b"nobody hears it"])


async def test_all_can_be_dropped_at_once() -> None:
    async with client() as (place, ann):
        stream = await ann.ask(1000)
        ann.connection.abort()
        ann.connection.abort()
        await turn(5)
        assert (stream.over, ann.kept[-1], len(place.registry)) == (True, "forgotten", 0)
