"""A node in somebody else's server: a real uvicorn, whose transports it takes, or one that lets none go."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hubbub.errors import BrokerUnavailable
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.websocket.protocol import WebSocketProtocol
from tests.transports.asgi.node import Node, application, uvicorned
from tests.transports.asgi.stage import Server, websocket
from tests.transports.wire import Door, raw_client, until

TAKING = {"ws": "websockets-sansio"}
EVENTS = {"ws": "wsproto"}


def client(port: int, path: str = "/ws", **options: Any) -> connect:  # noqa: ANN401
    return connect(f"ws://127.0.0.1:{port}{path}", proxy=None, **options)


async def closing(peer: ClientConnection) -> int:
    """Return the code with which a connection is closed."""
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            await asyncio.wait_for(peer.recv(), 5)
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code


@pytest.mark.parametrize(
    ("options", "taken"), [(TAKING, True), (EVENTS, False)], ids=["taken", "events"]
)
async def test_a_conversation_is_carried_either_way(options: dict[str, str], taken: bool) -> None:
    node = Node(Door(echo=True, subprotocol="chat"))
    app, life = application(node)
    async with uvicorned(app, **options) as running:
        async with client(running.port, "/ws/lobby?name=zhang", subprotocols=["chat"]) as peer:
            await peer.send("x" * 2000)
            await peer.send(b"\x00")
            said = [await peer.recv(), await peer.recv()]
            await until(lambda: len(running.server.server_state.tasks) == (0 if taken else 1))
            [carrier] = life.sockets
        await until(lambda: not life.sockets)

    assert said == ["x" * 2000, b"\x00"]
    assert peer.subprotocol == "chat"
    assert isinstance(carrier, WebSocketProtocol) is taken
    assert (app.taken_over, app.carried) == ((1, 0) if taken else (0, 1))
    assert [(each.path, each.query) for each in node.doors.requests] == [
        ("/ws/lobby", {"name": "zhang"})
    ]
    assert [close.code for close in node.doors.sessions[0].closes] == [1000]


async def test_compression_is_negotiated_by_us_on_a_transport_that_we_took() -> None:
    app, _ = application(Node(Door(echo=True)))
    async with uvicorned(app) as running, client(running.port) as peer:
        await peer.send("x" * 2000)
        await peer.recv()
        extensions = peer.response.headers["Sec-WebSocket-Extensions"] if peer.response else ""

    assert "server_no_context_takeover" in extensions


@pytest.mark.parametrize("options", [TAKING, EVENTS], ids=["taken", "events"])
@pytest.mark.parametrize(("path", "status"), [("/closed", 403), ("/nowhere", 404)])
async def test_a_refusal_is_an_http_answer(
    options: dict[str, str], path: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    app, _ = application(Node())
    async with uvicorned(app, **options) as running:
        with pytest.raises(InvalidStatus) as caught:
            await client(running.port, path)
        await until(lambda: not running.connections)
    response = caught.value.response

    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/plain")
    if path == "/closed":
        assert response.body == b"Nobody may come in here.\n"
        assert response.headers["X-Why"] == "closed"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_server_that_cannot_say_so_refuses_with_its_own_403() -> None:
    app, _ = application(Node())
    server = Server()
    server.say("websocket.connect")
    await app(websocket("/closed", extensions={}), server.receive, server.send)

    assert server.sent == [{"type": "websocket.close"}]


async def test_no_more_come_in_than_there_is_room_for() -> None:
    app, _ = application(Node(), ListenerSettings(connection_cap=1, retry_after_s=7))
    async with uvicorned(app) as running, client(running.port):
        with pytest.raises(InvalidStatus) as caught:
            await client(running.port)

    assert caught.value.response.status_code == 503
    assert caught.value.response.headers["Retry-After"] == "7"


async def test_a_servers_shutdown_waits_for_what_was_taken_from_it() -> None:
    node = Node()
    app, life = application(node)
    async with uvicorned(app) as running:
        peers = [await client(running.port) for _ in range(3)]
        running.server.should_exit = True
        codes = [await closing(peer) for peer in peers]

    assert codes == [3001] * 3
    assert (node.done, life.sockets) == (["start", "drain", "stop"], set())
    assert running.connections == set()


async def test_a_server_without_lifespan_starts_us_by_a_request_and_ends_us_at_its_end() -> None:
    node = Node()
    app, _ = application(node)
    async with uvicorned(app, lifespan="off") as running:
        before = list(node.done)
        async with client(running.port):
            pass

    assert before == []
    assert node.done == ["start", "drain", "stop"]


async def test_plain_http_is_the_sites() -> None:
    app, _ = application(Node())
    async with (
        uvicorned(app) as running,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}") as http,
    ):
        assert (await http.get("/anything")).text == "the site"


async def test_a_request_that_finds_no_broker_is_told_when_to_come_back() -> None:
    node = Node(fault=BrokerUnavailable("away", 3.0))
    app, _ = application(node)
    async with (
        uvicorned(app, lifespan="off") as running,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}") as http,
    ):
        answer = await http.get("/")
        node.fault = BrokerUnavailable("away", 3.0)
        node.loop = None
        with pytest.raises(InvalidStatus) as caught:
            await client(running.port)
        node.fault = None

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    assert "away" in answer.json()["error"]["message"]
    assert caught.value.response.status_code == 503


async def test_a_middleware_that_wants_to_see_events_sees_them() -> None:
    app, _ = application(Node(Door(echo=True)))
    seen: list[str] = []

    async def watching(scope: Scope, receive: Receive, send: Send) -> None:
        async def watch() -> Any:  # noqa: ANN401
            event = await receive()
            seen.append(event["type"])
            return event

        await app(scope, watch, send)

    async with uvicorned(watching) as running, client(running.port) as peer:
        await peer.send("hello")
        assert await peer.recv() == "hello"

    assert app.carried == 1
    assert "websocket.receive" in seen


async def test_a_first_frame_right_behind_the_answer_is_read() -> None:
    node = Node(Door(echo=True))
    app, _ = application(node)
    async with uvicorned(app) as running, raw_client(running.port) as peer:
        await peer.upgrade()
        await peer.send(b"\x81\x85\x00\x00\x00\x00hello")
        assert await peer.exactly(7) == b"\x81\x05hello"


def said(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> str:
    return caplog.text + "".join(capsys.readouterr())


async def test_workers_that_cannot_hear_each_other_are_warned_about(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    app, _ = application(Node(), alone=True)
    async with uvicorned(app, workers=2) as running:
        for _ in range(2):
            async with client(running.port):
                pass

    assert said(caplog, capsys).count("several workers") == 1
