from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.streams.protocol import StreamSettings
from tests.server.ports import GET, PAGE, listening
from tests.transports.wire import Door, RawClient, handshake, raw_client, until

ASK = b"GET /sse?cf_connect=%7B%7D HTTP/1.1\r\nHost: hubbub.test\r\n\r\n"
POST = b"POST /lines HTTP/1.1\r\nHost: hubbub.test\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
LIMITS = ListenerSettings(head_timeout_s=60.0, stream=StreamSettings(request_limit=100))
HASTY = replace(LIMITS, head_timeout_s=0.3)


async def streams(client: RawClient) -> bytes:
    """Expect the head of a stream, and return it."""
    head = await client.until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Connection: close" in head
    return head


async def test_a_kept_connection_may_become_a_stream() -> None:
    door = Door()
    async with listening(door=door) as (port, listener), raw_client(port) as client:
        await client.send(GET)
        await client.until(PAGE)
        await client.send(ASK)
        assert b"text/event-stream" in await streams(client)
        assert (len(listener.carriers), listener.opened, listener.refused) == (1, 1, 0)
        request = door.requests[0]
        assert (request.path, request.peer, door.offered) == ("/sse", "127.0.0.1", [()])
        door.sessions[0].connection.close(Close(1000, ""))
        assert await client.rest() == b"2\r\n\r\n\r\n0\r\n\r\n"
        await until(lambda: not listener.carriers)


BODY = b'{"id":1}'
BODIES = [
    POST + b"Content-Length: 8\r\n\r\n" + BODY,
    POST + b"Expect: 100-continue\r\nContent-Length: 8\r\n\r\n" + BODY,
    CHUNKED + b"3\r\n" + BODY[:3] + b"\r\n5;x=y\r\n" + BODY[3:] + b"\r\n0\r\nTrailer: 1\r\n\r\n",
    POST.replace(b"/lines", b"/sse") + b"Content-Length: 8\r\n\r\n" + BODY,
    POST.replace(b"1.1", b"1.0") + b"Content-Length: 8\r\n\r\n" + BODY,
    POST.replace(b"/lines", b"http://hubbub.test/lines?x=1") + b"Content-Length: 8\r\n\r\n" + BODY,
]


@pytest.mark.parametrize("request_", BODIES)
@pytest.mark.parametrize("size", [1, 1000])
async def test_a_body_is_what_the_client_says_first(request_: bytes, size: int) -> None:
    door = Door()
    async with listening(LIMITS, door=door) as (port, _), raw_client(port) as client:
        for at in range(0, len(request_), size):
            await client.send(request_[at : at + size])
            await asyncio.sleep(0)
        if b"100-continue" in request_:
            assert await client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await streams(client)
        await until(lambda: door.sessions[0].packets == [Packet(BODY)])


async def test_a_stream_may_last_longer_than_a_request() -> None:
    door = Door()
    async with listening(HASTY, door=door) as (port, _), raw_client(port) as client:
        await client.send(BODIES[0])
        await streams(client)
        await asyncio.sleep(HASTY.head_timeout_s * 1.2)
        assert door.sessions[0].closes == []


async def test_the_media_type_is_offered_and_bytes_are_a_binary_packet() -> None:
    door = Door(subprotocol="application/octet-stream")
    async with listening(door=door) as (port, _), raw_client(port) as client:
        typed = b"Content-Type: application/octet-stream\r\nContent-Length: 2\r\n\r\n\x01\xff"
        await client.send(POST + typed)
        assert b"Content-Type: application/octet-stream" in await streams(client)
        assert door.offered == [("application/octet-stream",)]
        await until(lambda: door.sessions[0].packets == [Packet(b"\x01\xff", binary=True)])


async def test_pages_of_other_origins_can_read_what_they_may_ask_for() -> None:
    origin = b"Origin: https://a.example\r\n\r\n"
    allowed = b"\r\nAccess-Control-Allow-Origin: https://a.example\r\n"
    async with listening(LIMITS) as (port, _):
        async with raw_client(port) as client:
            await client.send(ASK[:-2] + origin)
            assert allowed in await streams(client)
        for wrong in (
            ASK.replace(b"cf_connect", b"nothing")[:-2] + origin,
            ASK.replace(b"/sse", b"/sse/closed")[:-2] + origin,
            POST + b"Content-Length: 101\r\n" + origin,
        ):
            async with raw_client(port) as client:
                await client.send(wrong)
                assert allowed in await client.rest()


MANY = b"Content-Length: 101\r\n\r\n" + bytes(101)
BAD: list[tuple[str, bytes, int, str]] = [
    ("nothing said first", ASK.replace(b"cf_connect=%7B%7D", b"x"), 400, "lacks cf_connect"),
    ("an empty body", POST + b"Content-Length: 0\r\n\r\n", 400, "body is empty"),
    ("no body", POST + b"\r\n", 400, "body is empty"),
    ("a body that is not UTF-8", POST + b"Content-Length: 1\r\n\r\n\xff", 400, "not UTF-8"),
    ("a query that is not UTF-8", ASK.replace(b"%7B%7D", b"%ff"), 400, "UTF-8"),
    ("a long body, announced", POST + MANY, 413, "100 bytes at most"),
    ("a long body, in chunks", CHUNKED + b"65\r\n" + bytes(101) + b"\r\n", 413, "100 bytes"),
    ("a bad chunk", CHUNKED + b"zz\r\n", 400, "not a valid HTTP request"),
    ("a body that does not come", POST + b"Content-Length: 5\r\n\r\n{", 408, "took too long"),
    ("another origin", ASK[:-2] + b"Origin: http://evil\r\n\r\n", 403, "Not from there."),
    ("a doorkeeper's refusal", ASK.replace(b"/sse", b"/sse/closed"), 403, "Nobody may come in"),
    ("a doorkeeper's fault", ASK.replace(b"/sse", b"/sse/broken"), 500, "The server failed"),
    ("another request behind it", ASK + GET, 400, "Nothing may follow"),
    ("a part of one behind it", ASK + GET[:3], 400, "Nothing may follow"),
]


@pytest.mark.parametrize(("what", "data", "status", "says"), BAD, ids=[row[0] for row in BAD])
async def test_bad_input_gets_a_status_and_a_sentence(
    what: str, data: bytes, status: int, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    limits = HASTY if status == 408 else LIMITS
    async with listening(limits) as (port, listener), raw_client(port) as client:
        await client.send(data)
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert says in body.decode()
        assert b"Connection: close" in head
        assert (listener.opened, listener.refused) == (0, 1)
        faults = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert len(faults) == (status == 500)


@pytest.mark.parametrize("method", [b"OPTIONS", b"PUT", b"DELETE"])
async def test_other_methods_go_to_the_app(method: bytes) -> None:
    async with listening() as (port, _), raw_client(port) as client:
        await client.send(ASK.replace(b"GET", method))
        assert (await client.until(PAGE)).startswith(b"HTTP/1.1 200 OK")
        await client.send(POST.replace(b"/lines", b"/page") + b"Content-Length: 2\r\n\r\n{}")
        await client.until(PAGE + b" after 2 bytes")


async def test_a_stream_never_cuts_into_an_earlier_answer() -> None:
    async with listening() as (port, listener), raw_client(port) as client:
        await client.send(GET.replace(b"/page", b"/slow") + ASK)
        answer = await client.rest()
        assert answer.count(b"HTTP/1.1 ") == 1
        assert answer.endswith(PAGE)
        assert listener.opened == 0


async def test_an_upgrade_to_something_else_is_passed_over() -> None:
    async with listening() as (port, listener), raw_client(port) as client:
        await client.send(ASK[:-2] + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        await streams(client)
        assert listener.opened == 1


async def test_what_follows_an_upgrade_to_something_else_ends_the_stream() -> None:
    async with listening() as (port, _), raw_client(port) as client:
        await client.send(ASK[:-2] + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI")
        assert (await client.rest()).endswith(b"0\r\n\r\n")


async def test_a_websocket_where_a_stream_is_and_the_other_way_round() -> None:
    async with listening(ws="none") as (port, listener):
        for request in (handshake("/sse"), ASK.replace(b"/sse", b"/ws")):
            async with raw_client(port) as client:
                await client.send(request)
                await client.until(PAGE)
        assert listener.opened == 0


async def test_streams_count_against_the_cap() -> None:
    settings = ListenerSettings(connection_cap=1)
    async with listening(settings) as (port, _), raw_client(port) as client:
        await client.send(ASK)
        await streams(client)
        async with raw_client(port) as second:
            await second.send(ASK)
            assert (await second.rest()).startswith(b"HTTP/1.1 503 ")
