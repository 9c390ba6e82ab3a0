from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.server.listener import OnePortProtocol
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.streams.protocol import StreamProtocol, StreamSettings
from hubbub.transports.streams.wires import line_frame, sse_frame
from tests.server.ports import listening
from tests.transports.wire import Door, RawClient, Recorder, raw_client, until

GET = b"GET /sse?cf_connect=%7B%7D HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /lines HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
BEGIN = b"\r\n\r\n2\r\n\r\n\r\n"


class Stage:
    """A server, and those who read its streams."""

    def __init__(self, port: int, door: Door, carriers: set[object]) -> None:
        self.port, self.door, self.carriers = port, door, carriers

    @asynccontextmanager
    async def stream(self, request: bytes = GET) -> AsyncIterator[tuple[RawClient, Recorder]]:
        """Open a stream, and read its head."""
        async with raw_client(self.port) as client:
            await client.send(request)
            head = await client.until(BEGIN if request.startswith(b"GET") else b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            await until(lambda: self.door.sessions and self.door.sessions[-1].packets)
            yield client, self.door.sessions[-1]


@asynccontextmanager
async def staged(settings: StreamSettings | None = None) -> AsyncIterator[Stage]:
    door = Door()
    limits = ListenerSettings(stream=settings or StreamSettings())
    async with listening(limits, door=door) as (port, listener):
        yield Stage(port, door, listener.carriers)  # type: ignore[arg-type]
    for session in door.sessions:
        assert len(session.closes) == 1


async def test_a_conversation_is_carried_one_way() -> None:
    async with staged() as stage, stage.stream() as (client, session):
        assert (session.told, session.packets) == (["opened"], [Packet(b"{}")])
        session.connection.send(Packet(b"one"))
        assert await client.exactly(16) == b"b\r\ndata: one\n\n\r\n"
        session.connection.write(sse_frame(Packet(b"2")) * 2)
        assert await client.exactly(28) == b"9\r\ndata: 2\n\n\r\n" * 2
        assert session.connection.backlog() == 0
        session.connection.close(Close(3001, "shutdown"))
        session.connection.close(Close(3001, "shutdown"))
        session.connection.send(Packet(b"too late"))
        assert await client.rest() == b"0\r\n\r\n"
        await until(lambda: session.closes == [Close(3001, "shutdown")])
        session.connection.send(Packet(b"too late"))
        assert session.connection.backlog() == 0


async def test_connections_that_may_share_frames_have_the_same_function() -> None:
    async with (
        staged() as stage,
        stage.stream(),
        stage.stream(),
        stage.stream(POST),
        stage.stream(POST),
    ):
        frames = [session.connection.frame for session in stage.door.sessions]
        assert frames == [sse_frame, sse_frame, line_frame, line_frame]


async def test_a_reader_that_leaves_ends_it() -> None:
    async with staged() as stage, stage.stream() as (client, session):
        client.writer.write_eof()
        assert await client.rest() == b""
        await until(lambda: session.closes == [Close(1006, "connection lost")])


async def test_a_reader_that_talks_ends_it_but_blank_lines_do_not() -> None:
    async with staged() as stage, stage.stream() as (client, session):
        await client.send(b"\r\n\r\n")
        session.connection.send(Packet(b"1"))
        assert await client.until(b"\n\n\r\n") == b"9\r\ndata: 1\n\n\r\n"
        await client.send(GET)
        assert await client.rest() == b"0\r\n\r\n"
        assert session.closes == [Close(1002, "nothing may follow the request of a stream")]
        assert session.packets == [Packet(b"{}")]


async def test_a_ping_is_a_comment_and_its_being_taken_a_sign_of_life() -> None:
    async with (
        staged() as stage,
        stage.stream() as (client, session),
        stage.stream(POST) as (_, other),
    ):
        session.connection.ping()
        assert await client.exactly(8) == b"3\r\n:\n\n\r\n"
        other.connection.ping()
        assert (session.told[-1], other.told[-1]) == ("heard", "heard")
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        while not session.connection.backlog():
            session.connection.write(bytes(100_000))
        told = session.told.count("heard")
        session.connection.ping()
        assert session.told.count("heard") == told
        session.connection.abort()
        await until(lambda: session.closes == [Close(1006, "connection aborted")])
        session.connection.ping()


async def test_a_slow_reader_is_told_and_told_off_again() -> None:
    async with staged() as stage, stage.stream() as (client, session):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        session.connection.pause_reading()
        sent = 0
        while "congested" not in session.told:
            session.connection.write(bytes(100_000))
            sent += 100_000
        assert session.connection.backlog() > 64 * 1024
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await client.exactly(sent)
        await until(lambda: "drained" in session.told)
        session.connection.resume_reading()


@pytest.mark.parametrize("by_client", [False, True])
async def test_who_does_not_read_what_is_left_is_dropped(by_client: bool) -> None:
    settings = StreamSettings(close_timeout_s=0.1)
    async with staged(settings) as stage, stage.stream() as (client, session):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        while session.connection.backlog() < 1_000_000:
            session.connection.write(bytes(100_000))
        if by_client:
            client.writer.write_eof()
        else:
            session.connection.close(Close(3008, "slow"))
        await until(lambda: session.closes)
        await until(lambda: not stage.carriers)


async def test_a_stream_leaves_nothing_behind_and_needs_no_task() -> None:
    """Nothing waits for the garbage collector: neither what HTTP needed, nor a stream that is gone."""
    async with staged() as stage:
        gc.collect()
        gc.disable()
        try:
            async with stage.stream() as (client, session):
                tasks = len(asyncio.all_tasks())
                alive = [type(thing) for thing in gc.get_objects()]
                assert sum(issubclass(kind, OnePortProtocol) for kind in alive) == 0
                assert alive.count(StreamProtocol) == 1
                async with stage.stream(POST) as (other, second):
                    assert len(asyncio.all_tasks()) == tasks
                    second.connection.close(Close(1000, ""))
                    await other.rest()
                session.connection.close(Close(1000, ""))
                await client.rest()
            await until(lambda: not stage.carriers)
            for kept in stage.door.sessions:
                kept.__dict__.pop("connection", None)
            alive = [type(thing) for thing in gc.get_objects()]
            assert alive.count(StreamProtocol) == 0
        finally:
            gc.enable()
