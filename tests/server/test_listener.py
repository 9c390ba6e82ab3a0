from __future__ import annotations

import asyncio
import gc
import resource

import pytest
from websockets.asyncio.client import connect

from hubbub.dialects.contract import Request
from hubbub.errors import Close
from hubbub.server.listener import Listener, OnePortProtocol
from hubbub.transports.listening import ListenerSettings, default_cap
from tests.server.ports import GET, PAGE, listening
from tests.transports.wire import DEADLINE_S, Door, client_frame, handshake, raw_client, until

TEXT, CLOSE = 1, 8


# ── one port ────────────────────────────────────────────────────────────────────────────────────


async def test_pages_and_websockets_share_the_port() -> None:
    async with listening() as (port, listener), raw_client(port) as http:
        await http.send(GET)
        assert (await http.until(PAGE)).startswith(b"HTTP/1.1 200 OK\r\n")
        async with connect(f"ws://127.0.0.1:{port}/ws", proxy=None) as client:
            await client.send("hello")
            assert await client.recv() == "hello"
            assert (len(listener.carriers), listener.opened) == (1, 1)
        await until(lambda: not listener.carriers)
        await http.send(GET)
        assert (await http.until(PAGE)).startswith(b"HTTP/1.1 200 OK\r\n")
        assert (listener.opened, listener.refused) == (1, 0)


async def test_a_request_may_take_longer_than_a_kept_connection_may_be_idle() -> None:
    async with listening(timeout_keep_alive=0.1) as (port, _), raw_client(port) as http:
        await http.send(GET)
        await http.until(PAGE)
        await http.send(GET.replace(b"/page", b"/slow"))  # it takes 0.3 s
        assert (await http.until(PAGE)).startswith(b"HTTP/1.1 200 OK\r\n")
        assert await http.rest() == b""


async def test_the_app_learns_the_servers_address() -> None:
    async with listening() as (port, _), raw_client(port) as http:
        for _again in range(2):
            await http.send(GET.replace(b"/page", b"/where"))
            await http.until(f"127.0.0.1:{port}".encode())


async def test_a_request_may_become_a_websocket_on_a_kept_connection() -> None:
    async with listening() as (port, _), raw_client(port) as client:
        await client.send(GET)
        await client.until(PAGE)
        await client.upgrade()
        await client.send(client_frame(TEXT, b"hi"))
        assert await client.exactly(4) == b"\x81\x02hi"


async def test_frames_pipelined_behind_the_handshake_are_kept() -> None:
    async with listening() as (port, _), raw_client(port) as client:
        message = client_frame(TEXT, b"one") + client_frame(TEXT, b"two")
        await client.send(handshake() + message[:-2])
        await client.until(b"\r\n\r\n")
        assert await client.exactly(5) == b"\x81\x03one"
        await client.send(message[-2:])
        assert await client.exactly(5) == b"\x81\x03two"


async def test_a_handshake_may_arrive_byte_by_byte() -> None:
    async with listening() as (port, _), raw_client(port) as client:
        for byte in handshake() + client_frame(TEXT, b"hi"):
            await client.send(bytes((byte,)))
            await asyncio.sleep(0)
        await client.until(b"\r\n\r\n")
        assert await client.exactly(4) == b"\x81\x02hi"


async def test_websockets_of_other_paths_are_the_apps_and_lose_no_frame_either() -> None:
    async with listening() as (port, listener), raw_client(port) as client:
        await client.send(handshake("/theirs") + client_frame(TEXT, b"early"))
        assert (await client.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        assert await client.exactly(12) == b"\x81\x0aasgi:early"
        await client.send(client_frame(TEXT, b"late"))
        assert await client.exactly(11) == b"\x81\x09asgi:late"
        assert listener.opened == 0
        await client.send(client_frame(CLOSE))
        await client.rest()


async def test_without_a_websocket_app_other_paths_get_a_page_and_the_end() -> None:
    async with listening(ws="none") as (port, _), raw_client(port) as client:
        await client.send(handshake("/theirs") + b"whatever")
        answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(PAGE)


async def test_other_upgrades_are_answered_over_http() -> None:
    async with listening() as (port, _), raw_client(port) as client:
        extra = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
        await client.send(GET[:-2] + extra)
        answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(PAGE)


async def test_the_doorkeeper_sees_the_request() -> None:
    door = Door(subprotocol="v12.stomp")
    async with listening(door=door) as (port, _), raw_client(port) as client:
        path = "/ws/a%20b?channel=%22zhang%22&x=1&x=2"
        offered = "v12.stomp, , v11.stomp"
        head = await client.upgrade(path, Cookie="a=1", Sec_WebSocket_Protocol=offered)
        assert b"\r\nSec-WebSocket-Protocol: v12.stomp\r\n" in head
        request: Request = door.requests[0]
        assert (request.path, request.peer) == ("/ws/a%20b", "127.0.0.1")
        assert request.query == {"channel": '"zhang"', "x": "2"}
        assert (request.headers["cookie"], request.headers["host"]) == ("a=1", "hubbub.test")
        assert door.offered == [("v12.stomp", "v11.stomp")]


async def test_an_empty_subprotocol_header_is_no_offer() -> None:
    door = Door()
    async with listening(door=door) as (port, _), raw_client(port) as client:
        head = await client.upgrade(Sec_WebSocket_Protocol="")
        assert b"sec-websocket-protocol" not in head.lower()
        assert door.offered == [()]


async def test_an_upgraded_connection_drops_what_http_needed() -> None:
    async with listening() as (port, _), raw_client(port) as client:
        await client.send(GET)
        await client.until(PAGE)
        gc.collect()
        gc.disable()
        try:
            await client.upgrade()
            assert not [one for one in gc.get_objects() if isinstance(one, OnePortProtocol)]
        finally:
            gc.enable()


async def test_shutting_uvicorn_down_does_not_wait_for_websockets_it_does_not_know() -> None:
    async with listening() as (port, listener), raw_client(port) as client:
        await client.upgrade()
        (websocket,) = listener.carriers
        websocket.close(Close(1001, "server is shutting down"))
        assert await client.until(b"shutting down") == b"\x88\x19\x03\xe9server is shutting down"
        await client.send(client_frame(CLOSE, b"\x03\xe9"))
        assert await client.rest() == b""


# ── the cap ─────────────────────────────────────────────────────────────────────────────────────


async def test_connections_of_all_kinds_count_against_the_cap() -> None:
    async with (
        listening(ListenerSettings(connection_cap=3, retry_after_s=7)) as (port, listener),
        raw_client(port) as websocket,
        raw_client(port) as http,
        raw_client(port) as silent,
    ):
        await websocket.upgrade()
        await http.send(GET)
        await http.until(PAGE)
        async with raw_client(port) as fourth:
            await fourth.send(handshake())
            head, _, body = (await fourth.rest()).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nRetry-After: 7\r\n" in head
            assert body == b"The server has as many connections as it can hold.\n"
        assert listener.refused == 1
        silent.writer.close()
        await silent.writer.wait_closed()
        async with asyncio.timeout(DEADLINE_S):
            while True:
                async with raw_client(port) as fourth:
                    await fourth.send(handshake())
                    if (await fourth.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 "):
                        break
        await websocket.send(client_frame(TEXT, b"hi"))
        assert await websocket.exactly(4) == b"\x81\x02hi"


async def test_far_above_the_cap_connections_are_dropped_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hubbub.server.listener.OVERFLOW", 0)
    async with (
        listening(ListenerSettings(connection_cap=1)) as (port, _),
        raw_client(port) as client,
    ):
        await client.upgrade()
        async with raw_client(port) as second:
            assert await second.rest() == b""


def test_the_default_cap_leaves_files_for_others() -> None:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert 0 < default_cap() < files or files == resource.RLIM_INFINITY
    assert Listener(Door()).cap == default_cap()
