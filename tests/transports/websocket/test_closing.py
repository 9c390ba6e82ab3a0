from __future__ import annotations

import asyncio
import socket

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.transports.websocket.protocol import WebSocketSettings
from tests.transports.stage import LIMIT, staged
from tests.transports.wire import client_frame, until

TEXT, CLOSE = 1, 8


async def farewell(client: ClientConnection) -> Close:
    """Wait for the end; return what the server said."""
    with pytest.raises(ConnectionClosed) as caught:
        async with asyncio.timeout(60):
            while True:
                await client.recv()
    assert caught.value.rcvd is not None
    return Close(caught.value.rcvd.code, caught.value.rcvd.reason)


async def test_the_server_says_goodbye_with_code_and_reason() -> None:
    async with staged() as stage, stage.connect() as client:
        session = stage.door.sessions[0]
        session.connection.send(Packet(b"last words"))
        session.connection.close(Close(4001, "é" * 200))
        session.connection.close(Close(4002, "again"))
        session.connection.send(Packet(b"too late"))
        session.connection.ping()
        assert await client.recv() == "last words"
        assert await farewell(client) == Close(4001, "é" * 61)
        await until(lambda: not stage.listener.carriers)
        assert session.closes == [Close(4001, "é" * 200)]


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (4321, "went home")])
async def test_the_client_says_goodbye(code: int, reason: str) -> None:
    async with staged() as stage:
        async with stage.connect() as client:
            await client.close(code, reason)
            assert client.close_code == code
        await until(lambda: stage.door.sessions[0].closes)
        assert stage.door.sessions[0].closes == [Close(code, reason)]


async def test_a_close_without_a_code_is_answered_in_kind() -> None:
    async with staged() as stage, stage.raw() as (client, session):
        await client.send(client_frame(CLOSE) + client_frame(TEXT, b"behind it"))
        assert await client.rest() == b"\x88\x00"
        await until(lambda: session.closes)
        assert (session.closes, session.packets) == ([Close(1005, "")], [])


async def test_both_say_goodbye_at_once() -> None:
    async with staged() as stage, stage.raw() as (client, session):
        session.connection.close(Close(3001, "shutdown"))
        await client.send(client_frame(TEXT, b"unheard") + client_frame(CLOSE, b"\x03\xe8"))
        assert await client.rest() == b"\x88\x0a\x0b\xb9shutdown"
        await until(lambda: session.closes)
        assert (session.closes, session.packets) == ([Close(3001, "shutdown")], [])


async def test_a_peer_that_never_answers_a_close_is_dropped() -> None:
    async with (
        staged(WebSocketSettings(close_timeout_s=0.2)) as stage,
        stage.raw() as (client, session),
    ):
        session.connection.close(Close(1001, ""))
        assert await client.rest() == b"\x88\x02\x03\xe9"
        await until(lambda: session.closes == [Close(1001, "")])


async def test_a_peer_that_reads_nothing_is_dropped_after_its_own_close() -> None:
    async with (
        staged(WebSocketSettings(close_timeout_s=0.2)) as stage,
        stage.raw() as (client, session),
    ):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        session.connection.write(bytes(64 * 1024 * 1024))
        await client.send(client_frame(CLOSE, b"\x03\xe8"))
        await until(lambda: not stage.listener.carriers)
        assert session.closes == [Close(1000, "")]


async def test_a_close_is_read_behind_what_was_left_unread() -> None:
    patient = WebSocketSettings(close_timeout_s=60)
    async with staged(patient) as stage, stage.raw() as (client, session):
        session.connection.pause_reading()
        await client.send(client_frame(TEXT, b"unread"))
        session.connection.close(Close(1000, ""))
        session.connection.pause_reading()
        await client.until(b"\x88\x02\x03\xe8")
        await client.send(client_frame(CLOSE, b"\x03\xe8"))
        await until(lambda: session.closes)
        assert session.packets == []


async def test_a_lost_or_aborted_connection_is_closed_once() -> None:
    async with staged() as stage:
        async with stage.raw() as (client, lost):
            client.writer.write_eof()
            assert await client.rest() == b""
        async with stage.raw() as (client, aborted):
            aborted.connection.abort()
            aborted.connection.abort()
            assert await client.rest() == b""
        async with stage.raw() as (client, broken):
            reset = (1).to_bytes(4, "little") + bytes(4)
            raw: socket.socket = client.writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            client.writer.transport.abort()
        await until(lambda: broken.closes)
        ends = [session.closes[0] for session in (lost, aborted, broken)]
        assert [end.code for end in ends] == [1006, 1006, 1006]
        assert [end.reason for end in ends] == [
            "connection lost",
            "connection aborted",
            "connection lost",
        ]


async def test_nothing_may_go_wrong_after_the_end() -> None:
    async with staged() as stage:
        async with stage.raw() as (_, session):
            connection = session.connection
            write = connection.write
        await until(lambda: session.closes)
        connection.write(b"x")
        connection.send(Packet(b"x"))
        connection.ping()
        connection.close(Close(1000, ""))
        connection.abort()
        connection.pause_reading()
        connection.resume_reading()
        assert connection.backlog() == 0
        with pytest.raises(RuntimeError):
            write(b"a kept transport.write tells; groups must be left in closed()")


async def test_writes_between_the_peers_end_and_its_notice_are_harmless() -> None:
    """Fan-out may run between the socket's failure and `closed`: it must not be broken by one subscriber."""
    async with staged() as stage, stage.raw() as (_, session):
        session.connection.abort()
        session.connection.write(b"x")
        session.connection.send(Packet(b"y"))
        assert session.closes == []


VIOLATIONS = [
    (b"\x81\x02hi", 1002, "protocol error: a client must mask its frames"),
    (client_frame(TEXT, b"\xff"), 1007, "invalid UTF-8 or compressed data: "),
    (b"\x82\xff" + (1 << 33).to_bytes(8), 1009, f"message too big: the limit is {LIMIT} bytes"),
    (
        client_frame(TEXT, b"z", rsv1=True),
        1002,
        "protocol error: the compression bit has no place here",
    ),
]


@pytest.mark.parametrize(
    ("data", "code", "says"), VIOLATIONS, ids=[says for *_, says in VIOLATIONS]
)
async def test_a_violation_ends_with_its_code_and_without_a_reset(
    data: bytes, code: int, says: str
) -> None:
    async with staged() as stage, stage.raw() as (client, session):
        await client.send(client_frame(TEXT, b"before") + data)
        await client.send(
            bytes(3_000_000)
        )  # what is still on its way must not reset the connection
        end = await client.rest()
        assert (end[0], int.from_bytes(end[2:4])) == (0x88, code)
        assert end[4:].decode().startswith(says)
        assert (session.packets, session.closes[0].code) == ([Packet(b"before")], code)
        assert session.closes[0].reason.startswith(says)


async def test_a_client_learns_why_its_message_was_too_big() -> None:
    async with staged() as stage, stage.connect(compression=None) as client:
        with pytest.raises(ConnectionClosed):
            await client.send(bytes(50_000_000))
            await client.recv()
        assert await farewell(client) == Close(1009, f"message too big: the limit is {LIMIT} bytes")
