from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace

import pytest

from hubbub.transports.listening import ListenerSettings
from tests.server.ports import GET, PAGE, listening
from tests.transports.wire import client_frame, handshake, raw_client

TEXT = 1


# ── bad input: bytes in, status out ─────────────────────────────────────────────────────────────

LIMITS = ListenerSettings(head_limit=2000, head_timeout_s=60.0, body_limit=5000)
HASTY = replace(LIMITS, head_timeout_s=0.5)
POST = b"POST /page HTTP/1.1\r\nHost: hubbub.test\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BAD: list[tuple[str, bytes, int, str]] = [
    ("not HTTP", b"\x16\x03\x01\x02\x00\x01", 400, "not a valid HTTP request"),
    ("not a method", b"HELLO there\r\n\r\n", 400, "not a valid HTTP request"),
    (
        "HTTP/2 without being asked",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        400,
        "not a valid HTTP request",
    ),
    ("two lengths", POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400, "not a valid"),
    ("a length and chunks", CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n", 400, "not a valid"),
    ("a bad chunk", CHUNKED + b"zz\r\n", 400, "not a valid HTTP request"),
    ("a header without end", GET[:-2] + b"X: " + b"a" * 2000, 431, "2000 bytes at most"),
    ("a long header", GET[:-2] + b"X: " + b"a" * 2000 + b"\r\n\r\n", 431, "2000 bytes at most"),
    ("many headers", GET[:-2] + b"X: y\r\n" * 400 + b"\r\n", 431, "2000 bytes at most"),
    (
        "a long address",
        b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        431,
        "at most",
    ),
    ("an address without end", b"GET /" + b"a" * 3000, 431, "2000 bytes at most"),
    ("blank lines without end", GET + b"\r\n" * 10 + b"GET /" + b"a" * 3000, 0, ""),
    ("a long trailer", CHUNKED + b"0\r\nX: " + b"a" * 2000 + b"\r\n\r\n", 431, "at most"),
    ("a long body, announced", POST + b"Content-Length: 5001\r\n\r\n", 413, "5000 bytes at most"),
    (
        "a long body, in chunks",
        CHUNKED + (b"800\r\n" + bytes(2048) + b"\r\n") * 3,
        413,
        "5000 bytes",
    ),
    ("half a head", GET[:30], 408, "took too long"),
    ("a doorkeeper's refusal", handshake("/closed"), 403, "Nobody may come in here."),
    ("a doorkeeper's fault", handshake("/broken"), 500, "The server failed on this request."),
    ("no key", handshake(Sec_WebSocket_Key=None), 400, "Sec-WebSocket-Key"),
    ("a short key", handshake(Sec_WebSocket_Key="c2hvcnQ="), 400, "Sec-WebSocket-Key"),
    ("no version", handshake(Sec_WebSocket_Version=None), 426, "version 13"),
    ("version 8", handshake(Sec_WebSocket_Version="8"), 426, "version 13"),
    ("no Connection", handshake(Connection=None), 400, "Connection header"),
    ("no Upgrade", handshake(Upgrade=None), 400, "Upgrade header"),
    ("no Host", handshake(Host=None), 400, "Host header"),
    ("a POST", handshake().replace(b"GET", b"POST", 1), 405, "GET request"),
    ("HTTP/1.0", handshake().replace(b"HTTP/1.1", b"HTTP/1.0", 1), 400, "HTTP/1.1"),
    ("a body", handshake(Content_Length="5") + b"hello", 400, "no body"),
    ("a path that is not UTF-8", handshake("/ws/%ff"), 400, "UTF-8"),
    ("a path with raw bytes", handshake("/ws/x").replace(b"/x", b"/\xff"), 400, ""),
]


@pytest.mark.parametrize(("what", "data", "status", "says"), BAD, ids=[row[0] for row in BAD])
async def test_bad_input_gets_a_status_and_a_sentence(
    what: str, data: bytes, status: int, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    limits = HASTY if status == 408 else LIMITS
    async with listening(limits) as (port, listener), raw_client(port) as client:
        await client.send(data)
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")
        if (
            status == 0
        ):  # the page, and then nothing: the refusal would be taken for its continuation
            assert (head[:15], body) == (b"HTTP/1.1 200 OK", PAGE)
            return
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert says in body.decode()
        assert body.endswith(b".\n")
        assert f"Content-Length: {len(body)}".encode() in head
        assert b"Connection: close" in head
        assert (listener.opened, listener.refused) == (0, 1)
        faults = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert len(faults) == (status == 500)


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_a_head_is_limited_in_small_pieces_too(size: int) -> None:
    async with listening(LIMITS) as (port, _), raw_client(port) as client:
        data = GET[:-2] + b"X: " + b"a" * 2100
        for at in range(0, len(data), size):
            client.writer.write(data[at : at + size])
            await asyncio.sleep(0)
        assert (await client.rest()).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("endless", [b"0\r\nX: ", b"1;extension="])
async def test_a_trailer_or_chunk_size_without_end_is_limited_too(endless: bytes) -> None:
    async with listening(LIMITS) as (port, _), raw_client(port) as client:
        await client.send(CHUNKED + b"1\r\nx\r\n" + endless)
        for _ in range(30):
            client.writer.write(b"a" * 100)
            await asyncio.sleep(0)
        assert (await client.rest()).startswith(b"HTTP/1.1 431 ")


async def test_large_heads_and_bodies_within_the_limits_pass() -> None:
    async with listening(LIMITS) as (port, listener), raw_client(port) as client:
        for _ in range(3):
            padding = b"X: " + b"a" * 1800 + b"\r\n"
            await client.send(POST + padding + b"Content-Length: 5000\r\n\r\n" + bytes(5000))
            await client.until(PAGE + b" after 5000 bytes")
            await client.send(CHUNKED + (b"3e8\r\n" + bytes(1000) + b"\r\n") * 5 + b"0\r\n\r\n")
            await client.until(PAGE + b" after 5000 bytes")
        assert listener.refused == 0


async def test_pipelined_requests_are_each_measured_by_themselves() -> None:
    async with listening(LIMITS) as (port, _), raw_client(port) as client:
        one = GET[:-2] + b"X: " + b"a" * 1500 + b"\r\n\r\n"
        await client.send(
            one * 5 + POST + b"Content-Length: 4000\r\n\r\n" + bytes(4000) + one[:1000]
        )
        for _ in range(5):
            await client.until(PAGE)
        await client.until(PAGE + b" after 4000 bytes")
        await client.send(one[1000:])
        await client.until(PAGE)


async def test_a_refusal_never_cuts_into_an_earlier_answer() -> None:
    async with listening(LIMITS) as (port, _), raw_client(port) as client:
        await client.send(GET.replace(b"/page", b"/slow") + handshake("/ws"))
        answer = await client.rest()
        assert answer.count(b"HTTP/1.1 ") == 1
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert answer.endswith(PAGE)


# ── time ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_silent_connection_is_closed() -> None:
    async with listening(HASTY) as (port, _), raw_client(port) as client:
        assert await client.rest() == b""


async def test_a_follow_up_head_is_timed_too() -> None:
    async with listening(HASTY) as (port, _), raw_client(port) as client:
        await client.send(GET)
        await client.until(PAGE)
        await client.send(GET[:20])
        assert (await client.rest()).startswith(b"HTTP/1.1 408 ")


async def test_a_head_that_trickles_in_is_timed_from_its_start() -> None:
    async with listening(HASTY) as (port, _), raw_client(port) as client:

        async def trickle() -> None:
            for byte in GET[:-1] * 100:
                client.writer.write(bytes((byte,)))
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        assert (await client.rest()).startswith(b"HTTP/1.1 408 ")
        trickling.cancel()


async def test_bodies_answers_and_websockets_may_take_longer_than_a_head() -> None:
    async with listening(HASTY) as (port, _), raw_client(port) as http, raw_client(port) as ws:
        await ws.upgrade()
        await http.send(POST.replace(b"/page", b"/slow") + b"Content-Length: 5\r\n\r\nhel")
        await asyncio.sleep(HASTY.head_timeout_s * 1.5)
        await http.send(b"lo")
        await http.until(PAGE + b" after 5 bytes")
        await ws.send(client_frame(TEXT, b"hi"))
        assert await ws.exactly(4) == b"\x81\x02hi"


@pytest.mark.parametrize("begun", [POST + b"Content-Length: 500\r\n\r\n", CHUNKED])
async def test_a_body_that_trickles_in_is_timed_from_its_start(begun: bytes) -> None:
    slow = replace(LIMITS, body_timeout_s=0.5)
    async with listening(slow) as (port, _), raw_client(port) as client:

        async def trickle() -> None:
            client.writer.write(begun)
            for _ in range(100):
                client.writer.write(b"1\r\nx\r\n")
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        assert (await client.rest()).startswith(b"HTTP/1.1 408 ")
        trickling.cancel()
        async with raw_client(port) as other:
            await other.send(GET)
            await other.until(PAGE)


async def test_blank_lines_do_not_keep_an_idle_connection() -> None:
    async with listening(LIMITS, timeout_keep_alive=1) as (port, _), raw_client(port) as client:
        await client.send(GET)
        await client.until(PAGE)

        async def blanks() -> None:
            while True:
                client.writer.write(b"\r\n")
                await asyncio.sleep(0.1)

        sending = asyncio.create_task(blanks())
        async with asyncio.timeout(60):
            # What is sent behind the end resets the connection.
            with suppress(ConnectionResetError):
                assert await client.reader.read(-1) == b""
        sending.cancel()


async def test_nobody_is_asked_to_go_on_behind_a_refusal(caplog: pytest.LogCaptureFixture) -> None:
    head = b"POST /page HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
    with caplog.at_level(logging.ERROR):
        async with listening() as (port, _):
            for wrong in (b"zz\r\n", b"ffffff\r\n" + b"x" * 70_000):
                async with raw_client(port) as http:
                    await http.send(head + wrong)
                    answer = await http.until(b"\r\n\r\n")
                    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 100"))
            async with raw_client(port) as http:
                await http.send(GET)
                await http.until(PAGE)
    assert not caplog.records
