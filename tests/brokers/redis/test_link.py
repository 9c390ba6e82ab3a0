"""One socket: replies whole, in pieces and joined, and its end."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.redis.address import parse_address
from hubbub.brokers.redis.failures import ErrorReply
from hubbub.brokers.redis.link import NOT_REDIS, Link, Unreachable, ask, connect, enter, pack
from tests.servers import RedisServer

STREAM = (
    b"+OK\r\n:42\r\n$-1\r\n$3\r\na\r\n\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$0\r\n\r\n-ERR no\r\n"
)


def read(pieces: list[bytes]) -> list[object]:
    replies: list[object] = []
    link = Link(replies.append, lambda reason: None)
    for piece in pieces:
        link.data_received(piece)
    return replies


def check(replies: list[object]) -> None:
    assert replies[:-1] == [b"OK", 42, None, b"a\r\n", [b"message", b"c", b""]]
    assert isinstance(replies[-1], ErrorReply)
    assert str(replies[-1]) == "ERR no"


def test_replies_in_one_piece() -> None:
    check(read([STREAM]))


def test_replies_byte_by_byte() -> None:
    check(read([STREAM[at : at + 1] for at in range(len(STREAM))]))


def test_replies_cut_anywhere() -> None:
    for at in range(len(STREAM)):
        check(read([STREAM[:at], STREAM[at:]]))


def test_an_unfinished_reply_waits() -> None:
    assert len(read([STREAM + b"$5\r\nab"])) == 6


def test_commands_are_packed_as_the_protocol_says() -> None:
    assert (
        pack(("SET", b"k\r\n", 12, ""))
        == b"*4\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$2\r\n12\r\n$0\r\n\r\n"
    )


async def test_what_is_not_redis_ends_the_link(server: RedisServer) -> None:
    link = await connect(parse_address(server.url))
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    replies: list[object] = []
    link.on_reply, link.on_lost = replies.append, lost.set_result
    link.data_received(b"+first\r\nHTTP/1.1 400 Bad Request\r\n\r\n")

    assert await lost == NOT_REDIS
    assert replies == [b"first"]
    assert not link.is_open
    link.write(b"into the void")


async def test_asking(server: RedisServer) -> None:
    link = await connect(parse_address(server.url))
    await enter(link, parse_address(server.url), "a-name")
    name, wrong, pong = await ask(link, [("CLIENT", "GETNAME"), ("NOCOMMAND",), ("PING",)])
    link.abort("done")

    assert (name, pong) == (b"a-name", b"PONG")
    assert isinstance(wrong, ErrorReply)


async def test_a_connection_that_ends_under_a_question(server: RedisServer) -> None:
    link = await connect(parse_address(server.url))

    with pytest.raises(Unreachable, match="closed the connection"):
        await ask(link, [("QUIT",), ("PING",), ("PING",)])
