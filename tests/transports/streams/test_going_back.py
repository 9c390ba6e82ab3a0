"""Streams behind which another request may come on the same connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hubbub.errors import NORMAL
from hubbub.model import Packet
from hubbub.server.listener import Listener
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.streams.protocol import REST_LIMIT, TALKATIVE, StreamSettings
from tests.server.ports import GET, PAGE, listening
from tests.transports.wire import Door, RawClient, Recorder, raw_client, until

POLL = b"POST /xhr HTTP/1.1\r\nHost: hubbub.test\r\nContent-Length: 0\r\n\r\n"
EVENTS = b"GET /events HTTP/1.1\r\nHost: hubbub.test\r\n\r\n"
END = b"0\r\n\r\n"


class Stage:
    """A client of a server with streams."""

    def __init__(self, client: RawClient, door: Door, listener: Listener) -> None:
        self.client, self.door, self.listener = client, door, listener

    async def ask(self, request: bytes = POLL) -> Recorder:
        """Ask for a stream; return its conversation once it has begun."""
        before = len(self.door.sessions)
        await self.client.send(request)
        await until(lambda: len(self.door.sessions) > before and self.door.sessions[-1].told)
        return self.door.sessions[-1]


@asynccontextmanager
async def staged(settings: StreamSettings | None = None) -> AsyncIterator[Stage]:
    door = Door()
    limits = ListenerSettings(stream=settings or StreamSettings())
    async with listening(limits, door=door) as (port, listener), raw_client(port) as client:
        yield Stage(client, door, listener)
    for session in door.sessions:
        assert len(session.closes) == 1


def answer(conversation: Recorder, said: bytes = b"o\n") -> None:
    conversation.connection.send(Packet(said))
    conversation.connection.close(NORMAL)


@pytest.mark.parametrize("request_", [POLL, EVENTS])
async def test_the_next_request_comes_on_the_same_connection(request_: bytes) -> None:
    async with staged() as stage:
        for _ in range(3):
            conversation = await stage.ask(request_)
            assert len(stage.listener.carriers) == 1
            answer(conversation)
            said = await stage.client.until(END)
            assert b"connection: close" not in said.lower()
            await until(lambda: not stage.listener.busy)
            await stage.client.send(GET)
            assert (await stage.client.until(PAGE)).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_poll_says_nothing_before_it_has_something_to_say() -> None:
    async with staged() as stage:
        conversation = await stage.ask()
        assert conversation.connection.backlog() == 0
        assert "HTTP" not in repr(getattr(stage.client.reader, "_buffer", b""))
        answer(conversation)
        head, _, body = (await stage.client.until(END)).partition(b"\r\n\r\n")
        assert (head[:15], body) == (b"HTTP/1.1 200 OK", b"2\r\no\n\r\n0\r\n\r\n")
        (await stage.ask()).connection.close(NORMAL)
        assert (await stage.client.until(END)).endswith(b"\r\n\r\n0\r\n\r\n")


async def test_what_comes_before_the_end_is_the_next_request() -> None:
    async with staged() as stage:
        conversation = await stage.ask()
        await stage.client.send(GET[:10])
        await stage.client.send(GET[10:])
        answer(conversation)
        await stage.client.until(END)
        assert (await stage.client.until(PAGE)).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_who_says_too_much_before_the_end_is_sent_away() -> None:
    async with staged() as stage:
        conversation = await stage.ask()
        await stage.client.send(b"x" * (REST_LIMIT + 1))
        await until(lambda: conversation.closes)
        assert conversation.closes == [TALKATIVE]
        await stage.client.rest()


@pytest.mark.parametrize(
    "last",
    [
        POLL.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        POLL.replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
    ids=["close", "1.0"],
)
async def test_the_last_request_ends_the_connection(last: bytes) -> None:
    async with staged() as stage:
        answer(await stage.ask(last))
        assert b"\r\nConnection: close\r\n" in await stage.client.rest()


async def test_where_the_server_drains_nothing_follows() -> None:
    async with staged() as stage:
        conversation = await stage.ask()
        stage.listener.room.closing = True
        answer(conversation)
        said = await stage.client.rest()
        assert b"\r\nConnection: close\r\n" in said
        assert said.endswith(END)


async def test_what_began_before_the_server_drained_has_one_more_answer() -> None:
    async with staged() as stage:
        conversation = await stage.ask(EVENTS)
        stage.listener.room.closing = True
        answer(conversation)
        await stage.client.until(END)
        await stage.client.send(GET)
        assert b"connection: close" in await stage.client.rest()


async def test_a_slow_reader_may_ask_again_when_it_has_read() -> None:
    async with staged() as stage:
        stage.client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        conversation = await stage.ask(EVENTS)
        while conversation.connection.backlog() < 1_000_000:
            conversation.connection.send(Packet(b"x" * 100_000))
        conversation.connection.close(NORMAL)
        assert stage.listener.busy
        stage.client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await stage.client.send(GET)
        heard = b""
        while not heard.endswith(PAGE):
            heard = heard[-1000:] + await stage.client.reader.read(65536)
        assert END + b"HTTP/1.1 200 OK\r\n" in heard


async def test_one_that_does_not_read_is_dropped() -> None:
    async with staged(StreamSettings(close_timeout_s=0.1)) as stage:
        stage.client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        conversation = await stage.ask(EVENTS)
        while conversation.connection.backlog() < 1_000_000:
            conversation.connection.send(Packet(b"x" * 100_000))
        conversation.connection.close(NORMAL)
        await until(lambda: conversation.closes)
        assert not stage.listener.busy


async def test_a_client_that_leaves_before_the_end_is_told() -> None:
    async with staged() as stage:
        conversation = await stage.ask()
        stage.client.writer.close()
        await until(lambda: conversation.closes)
        answer(conversation)
        assert [close.code for close in conversation.closes] == [1006]


async def test_who_says_too_much_as_a_stream_ends_is_sent_away() -> None:
    async with staged() as stage:
        conversation = await stage.ask()
        [protocol] = stage.listener.carriers
        answer(conversation)
        protocol.data_received(b"x" * (REST_LIMIT + 1))  # in the same turn, before the way back
        await until(lambda: not stage.listener.carriers)
        assert END in await stage.client.rest()
