"""WebSockets through a real uvicorn: on transports that were taken out of it, and by its events."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hubbub.transports.websocket.protocol import WebSocketProtocol
from tests.servers import make_certificate
from tests.transports.asgi.node import EVENTS, TAKING, Node, application, uvicorned, visit
from tests.transports.wire import Door, raw_client, until


async def closing(peer: ClientConnection) -> int:
    """Return the code with which a connection is closed."""
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            await asyncio.wait_for(peer.recv(), 30)
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code


@pytest.mark.parametrize(
    ("options", "taken"), [(TAKING, True), (EVENTS, False)], ids=["taken", "events"]
)
async def test_a_conversation_is_carried_either_way(options: dict[str, str], taken: bool) -> None:
    node = Node(Door(echo=True, subprotocol="chat"))
    app, life = application(node)
    async with uvicorned(app, **options) as running:
        async with visit(running.port, "/ws/lobby?name=zhang", subprotocols=["chat"]) as peer:
            await peer.send("x" * 2000)
            await peer.send(b"\x00")
            said = [await peer.recv(), await peer.recv()]
            await until(lambda: len(running.server.server_state.tasks) == (0 if taken else 1))
            [carrier] = life.sockets
        await until(lambda: not life.sockets)

    assert said == ["x" * 2000, b"\x00"]
    assert peer.subprotocol == "chat"
    assert isinstance(carrier, WebSocketProtocol) is taken
    assert (app.carriage.taken_over, app.carriage.carried) == ((1, 0) if taken else (0, 1))
    assert [(each.path, each.query) for each in node.doors.requests] == [
        ("/ws/lobby", {"name": "zhang"})
    ]
    assert [close.code for close in node.doors.sessions[0].closes] == [1000]


async def test_compression_is_negotiated_by_us_on_a_transport_that_we_took() -> None:
    app, _ = application(Node(Door(echo=True)))
    async with uvicorned(app) as running, visit(running.port) as peer:
        await peer.send("x" * 2000)
        await peer.recv()
        extensions = peer.response.headers["Sec-WebSocket-Extensions"] if peer.response else ""

    assert "server_no_context_takeover" in extensions


async def test_a_servers_shutdown_waits_for_what_was_taken_from_it() -> None:
    node = Node()
    app, life = application(node)
    async with uvicorned(app) as running:
        peers = [await visit(running.port) for _ in range(3)]
        running.server.should_exit = True
        codes = [await closing(peer) for peer in peers]

    assert codes == [3001] * 3
    assert (node.done, life.sockets) == (["start", "drain", "stop"], set())
    assert running.connections == set()


async def test_a_middleware_that_wants_to_see_events_sees_them() -> None:
    app, _ = application(Node(Door(echo=True)))
    seen: list[str] = []

    async def watching(scope: Scope, receive: Receive, send: Send) -> None:
        async def watch() -> Any:  # noqa: ANN401
            event = await receive()
            seen.append(event["type"])
            return event

        await app(scope, watch, send)

    async with uvicorned(watching) as running, visit(running.port) as peer:
        await peer.send("hello")
        assert await peer.recv() == "hello"

    assert app.carriage.carried == 1
    assert "websocket.receive" in seen


async def test_a_first_frame_right_behind_the_answer_is_read() -> None:
    node = Node(Door(echo=True))
    app, _ = application(node)
    async with uvicorned(app) as running, raw_client(running.port) as peer:
        await peer.upgrade()
        await peer.send(b"\x81\x85\x00\x00\x00\x00hello")
        assert await peer.exactly(7) == b"\x81\x05hello"


async def test_workers_that_cannot_hear_each_other_are_warned_about(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    app, _ = application(Node(), alone=True)
    async with uvicorned(app, workers=2) as running:
        for _ in range(2):
            async with visit(running.port):
                pass

    assert (caplog.text + "".join(capsys.readouterr())).count("several workers") == 1


async def test_a_transport_with_tls_is_taken_as_well(tmp_path: Path) -> None:
    app, life = application(Node(Door(echo=True)))
    made = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(made.certificate))
    options = {"ssl_certfile": made.certificate, "ssl_keyfile": made.key}
    async with uvicorned(app, **options) as running:
        where = f"wss://localhost:{running.port}/ws"
        async with connect(where, ssl=trusting, proxy=None) as peer:
            await peer.send("x" * 100_000)
            assert await peer.recv() == "x" * 100_000
            running.server.should_exit = True
            assert await closing(peer) == 3001

    assert (app.carriage.taken_over, life.sockets) == (1, set())
