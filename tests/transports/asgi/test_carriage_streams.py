"""Streams through a real uvicorn: on transports that were taken out of it, and by its events."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.errors import Close
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.streams.protocol import StreamProtocol, StreamSettings
from tests.transports.asgi.node import EVENTS, TAKING, Node, Running, application, uvicorned
from tests.transports.wire import Door, RawClient, raw_client, until

GET = b"GET /sse?cf_connect=%7B%7D HTTP/1.1\r\nHost: hubbub.test\r\n\r\n"
POST = b"POST /lines HTTP/1.1\r\nHost: hubbub.test\r\nContent-Length: 2\r\n\r\n{}"
PAGE = b"GET /page HTTP/1.1\r\nHost: hubbub.test\r\n\r\n"
LIMITS = ListenerSettings(stream=StreamSettings(request_limit=10))

both = pytest.mark.parametrize(
    ("options", "taken"), [(TAKING, True), (EVENTS, False)], ids=["taken", "events"]
)


async def chunk(client: RawClient) -> bytes:
    """Return the next chunk of a body; a blank line that a stream begins with is skipped."""
    size = int(await client.until(b"\r\n"), 16)
    data = (await client.exactly(size + 2))[:-2]
    return data if data.strip() or not size else await chunk(client)


async def idle(running: Running) -> None:
    """Wait until the server has no task left."""
    await until(lambda: not running.server.server_state.tasks)


@both
@pytest.mark.parametrize(
    ("request_", "media", "said"),
    [(GET, b"text/event-stream", b"data: {}\n\n"), (POST, b"application/json", b"{}\n")],
    ids=["sse", "lines"],
)
async def test_a_stream_is_carried_either_way(
    options: dict[str, str], taken: bool, request_: bytes, media: bytes, said: bytes
) -> None:
    node = Node(Door(echo=True))
    app, life = application(node)
    async with uvicorned(app, **options) as running, raw_client(running.port) as client:
        await client.send(request_)
        head = (await client.until(b"\r\n\r\n")).lower()
        first = await chunk(client)
        if taken:
            await idle(running)
        [carrier] = life.sockets
        node.doors.sessions[0].connection.close(Close(3000, "enough"))
        last = await chunk(client)
        await until(lambda: not life.sockets)

    assert head.startswith(b"http/1.1 200 ")
    assert media in head
    assert (first, last) == (said, b"")
    assert isinstance(carrier, StreamProtocol) is taken
    assert (app.carriage.taken_over, app.carriage.carried) == ((1, 0) if taken else (0, 1))
    assert [close.code for close in node.doors.sessions[0].closes] == [3000]


@both
async def test_a_kept_connection_may_become_a_stream(options: dict[str, str], taken: bool) -> None:
    app, life = application(Node(Door(echo=True)))
    async with uvicorned(app, **options) as running, raw_client(running.port) as client:
        await client.send(PAGE)
        await client.until(b"the site")
        await client.until(b"0\r\n\r\n")
        for byte in POST:
            await client.send(bytes((byte,)))
        await client.until(b"\r\n\r\n")
        assert await chunk(client) == b"{}\n"
        assert len(life.sockets) == 1
    assert app.carriage.taken_over == int(taken)


async def test_a_stream_behind_another_request_waits_for_its_answer() -> None:
    app, _ = application(Node(Door(echo=True)))
    async with uvicorned(app, **TAKING) as running, raw_client(running.port) as client:
        await client.send(PAGE + POST)
        await client.until(b"the site")
        await client.until(b"application/json")
        await client.until(b"\r\n\r\n")
        assert await chunk(client) == b"{}\n"
    assert app.carriage.taken_over == 1


async def test_a_stream_must_be_the_last_request_on_its_way() -> None:
    app, life = application(Node(Door(echo=True)))
    async with uvicorned(app, **TAKING) as running, raw_client(running.port) as client:
        await client.send(POST + PAGE)
        head = await client.until(b"\r\n\r\n")
        await client.until(b"the site")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert life.sockets == set()


@both
@pytest.mark.parametrize(
    ("request_", "status", "sentence"),
    [
        (POST.replace(b"2", b"11", 1).replace(b"{}", b"x" * 11), 413, b"10 bytes"),
        (
            b"POST /lines HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
            400,
            b"body is empty",
        ),
        (b"GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, b"cf_connect"),
        (GET.replace(b"/sse", b"/sse/closed"), 403, b"Nobody"),
        (GET.replace(b"Host: ", b"Origin: http://evil\r\nHost: "), 403, b"Not from there"),
        (GET.replace(b"/sse", b"/sse/%FF"), 400, b"UTF-8"),
    ],
)
async def test_a_mistake_is_told(
    options: dict[str, str], taken: bool, request_: bytes, status: int, sentence: bytes
) -> None:
    app, _ = application(Node(Door(echo=True)), LIMITS)
    async with uvicorned(app, **options) as running, raw_client(running.port) as client:
        await client.send(request_)
        head = await client.until(b"\r\n\r\n")
        body = await client.until(b"\n")

    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert sentence in body


async def test_other_methods_and_paths_are_the_sites() -> None:
    app, _ = application(Node(Door(echo=True)))
    async with uvicorned(app) as running, raw_client(running.port) as client:
        await client.send(b"OPTIONS /sse HTTP/1.1\r\nHost: hubbub.test\r\n\r\n")
        await client.until(b"the site")


@both
async def test_a_client_that_leaves_amid_its_request_is_forgotten(
    options: dict[str, str], taken: bool
) -> None:
    app, life = application(Node(Door(echo=True)))
    async with uvicorned(app, **options) as running:
        async with raw_client(running.port) as client:
            await client.send(POST[:-1])
            await until(lambda: running.server.server_state.tasks)
        await idle(running)
    assert life.sockets == set()


@both
async def test_a_servers_shutdown_ends_streams(options: dict[str, str], taken: bool) -> None:
    node = Node(Door(echo=True))
    app, _ = application(node)
    async with (
        uvicorned(app, timeout_graceful_shutdown=1, **options) as running,
        raw_client(running.port) as client,
    ):
        await client.send(POST)
        await client.until(b"{}")
        running.server.should_exit = True
        rest = await asyncio.wait_for(client.rest(), 30)

    assert rest.endswith(b"0\r\n\r\n")
    assert [close.code for close in node.doors.sessions[0].closes] == [3001]
