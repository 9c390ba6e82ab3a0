from __future__ import annotations

import asyncio
import gc
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.server.listener import OnePortProtocol
from hubbub.transports.websocket.frames import deflated_frame, plain_frame
from hubbub.transports.websocket.protocol import WebSocketProtocol, WebSocketSettings
from tests.transports.stage import LIMIT, staged
from tests.transports.wire import client_frame, until

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


MESSAGES: list[str | bytes] = ["", "hi", "é" * 200, b"\xff\x00", "x" * LIMIT, bytes(LIMIT)]


@pytest.mark.parametrize("compression", ["deflate", None])
async def test_messages_go_both_ways(compression: str | None) -> None:
    async with staged(echo=True) as stage, stage.connect(compression=compression) as client:
        for message in MESSAGES:
            await client.send(message)
            assert await client.recv() == message
        await client.send(["frag", "mented ", "text"])
        assert await client.recv() == "fragmented text"
        assert await (await client.ping(b"there?")) >= 0


async def test_connections_that_may_share_frames_have_the_same_function() -> None:
    async with (
        staged() as stage,
        stage.connect(compression=None),
        stage.connect(compression=None),
        stage.connect(),
        stage.connect(),
        stage.raw(Sec_WebSocket_Extensions="permessage-deflate; server_max_window_bits=9"),
    ):
        frames = [session.connection.frame for session in stage.door.sessions]
        assert frames == [plain_frame, plain_frame, deflated_frame, deflated_frame, plain_frame]


async def test_shared_bytes_are_written_as_they_are() -> None:
    async with staged() as stage, stage.connect(compression=None) as client:
        connection = stage.door.sessions[0].connection
        connection.write(connection.frame(Packet(b"one")) + connection.frame(Packet(b"two")))
        assert [await client.recv(), await client.recv()] == ["one", "two"]


async def test_compression_can_be_switched_off() -> None:
    async with staged(WebSocketSettings(compression=False)) as stage, stage.connect() as client:
        assert client.protocol.extensions == []


# ── signs of life ───────────────────────────────────────────────────────────────────────────────


async def test_pings_are_answered_and_signs_of_life_are_told() -> None:
    async with staged() as stage, stage.raw() as (client, session):
        await client.send(client_frame(PING, b"abc"))
        assert await client.exactly(5) == b"\x8a\x03abc"
        session.connection.ping()
        assert await client.exactly(2) == b"\x89\x00"
        await client.send(client_frame(PONG))
        await until(lambda: session.told.count("heard") == 2)
        message = client_frame(TEXT, b"slow")
        await client.send(message[:-1])
        await until(lambda: session.told.count("heard") == 3)
        await client.send(message[-1:] + client_frame(PONG, b"unasked"))
        await until(lambda: session.told.count("heard") == 4)
        assert session.packets == [Packet(b"slow")]


async def test_a_lone_pong_in_the_middle_of_a_message_is_read_in_its_place() -> None:
    async with staged() as stage, stage.raw() as (client, session):
        inside = b"\x8a\x80\x00\x00\x00\x00"
        message = b"\x82\x86" + bytes(4) + inside
        await client.send(message[:6])
        await until(lambda: "heard" in session.told)
        await client.send(inside)
        await until(lambda: session.packets)
        assert session.packets == [Packet(inside, binary=True)]


async def test_a_peer_that_pings_but_does_not_read_gets_no_endless_backlog() -> None:
    async with staged() as stage, stage.raw() as (client, session):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection = session.connection
        flood = client_frame(PING, bytes(125)) * 2000
        for _ in range(100):
            await client.send(flood)
            if connection.backlog() > 64 * 1024:
                break
        else:
            pytest.fail("the socket took everything")
        heard = session.told.count("heard")
        await client.send(flood)
        await until(lambda: session.told.count("heard") >= heard + 1000)
        assert connection.backlog() < 64 * 1024 + 1000
        connection.abort()


# ── backpressure ────────────────────────────────────────────────────────────────────────────────


async def test_a_slow_reader_is_told_and_told_off_again() -> None:
    async with staged() as stage, stage.raw() as (client, session):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        sent = 0
        while "congested" not in session.told:
            session.connection.write(bytes(100_000))
            sent += 100_000
        assert session.connection.backlog() > 64 * 1024
        assert "drained" not in session.told
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await client.exactly(sent)
        await until(lambda: "drained" in session.told)


async def test_a_paused_connection_reads_nothing_until_it_is_resumed() -> None:
    async with staged() as stage, stage.raw() as (client, session):
        session.connection.pause_reading()
        session.connection.pause_reading()
        async with stage.raw() as (_, other):
            await client.send(client_frame(TEXT, b"later"))
            other.connection.close(Close(1000, ""))
        assert session.packets == []
        session.connection.resume_reading()
        await until(lambda: session.packets == [Packet(b"later")])


# ── cost ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_connection_leaves_nothing_behind_and_needs_no_task() -> None:
    """Nothing waits for the garbage collector: neither what HTTP needed, nor a WebSocket that is gone."""
    async with staged() as stage:
        gc.collect()
        gc.disable()
        try:
            async with stage.raw() as (client, session):
                tasks = len(asyncio.all_tasks())
                alive = [type(thing) for thing in gc.get_objects()]
                assert sum(issubclass(kind, OnePortProtocol) for kind in alive) == 0
                assert alive.count(WebSocketProtocol) == 1
                async with stage.raw() as (other, _):
                    assert len(asyncio.all_tasks()) == tasks
                    await other.send(client_frame(CLOSE))
                    await other.rest()
                await client.send(client_frame(CLOSE))
                await client.rest()
            await until(lambda: not stage.listener.carriers)
            del session.connection
            for kept in stage.door.sessions:
                kept.__dict__.pop("connection", None)
            alive = [type(thing) for thing in gc.get_objects()]
            assert alive.count(WebSocketProtocol) == 0
        finally:
            gc.enable()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.booleans(), st.text(max_size=700)), min_size=1, max_size=6),
    st.lists(st.integers(0, 5000), max_size=6),
)
def test_any_conversation_is_echoed_however_it_is_cut(
    messages: list[tuple[bool, str]], cuts: list[int]
) -> None:
    async def converse() -> None:
        async with staged(echo=True) as stage, stage.raw() as (client, _):
            packets = [Packet(text.encode(), binary) for binary, text in messages]
            data = b"".join(client_frame(BINARY if p.binary else TEXT, p.data) for p in packets)
            borders = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
            for start, end in pairwise(borders):
                await client.send(data[start:end])
                await asyncio.sleep(0)
            expected = b"".join(plain_frame(packet) for packet in packets)
            assert await client.exactly(len(expected)) == expected

    asyncio.run(converse())
