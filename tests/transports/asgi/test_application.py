"""What a node does in somebody else's server: a real uvicorn, whose transports it takes or does not get."""

from __future__ import annotations

import logging

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from hubbub.errors import BrokerUnavailable
from hubbub.transports.listening import ListenerSettings
from tests.transports.asgi.node import EVENTS, TAKING, Node, application, uvicorned, visit
from tests.transports.asgi.stage import Server, websocket
from tests.transports.wire import until


@pytest.mark.parametrize("options", [TAKING, EVENTS], ids=["taken", "events"])
@pytest.mark.parametrize(("path", "status"), [("/closed", 403), ("/nowhere", 404)])
async def test_a_refusal_is_an_http_answer(
    options: dict[str, str], path: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    app, _ = application(Node())
    async with uvicorned(app, **options) as running:
        with pytest.raises(InvalidStatus) as caught:
            await visit(running.port, path)
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
    async with uvicorned(app) as running, visit(running.port):
        with pytest.raises(InvalidStatus) as caught:
            await visit(running.port)

    assert caught.value.response.status_code == 503
    assert caught.value.response.headers["Retry-After"] == "7"


async def test_a_server_without_lifespan_starts_us_by_a_request_and_ends_us_at_its_end() -> None:
    node = Node()
    app, _ = application(node)
    async with uvicorned(app, lifespan="off") as running:
        before = list(node.done)
        async with visit(running.port):
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
            await visit(running.port)
        node.fault = None

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    assert "away" in answer.json()["error"]["message"]
    assert caught.value.response.status_code == 503


async def test_what_is_open_because_nobody_configured_it_is_so_for_this_machine_alone() -> None:
    app, _ = application(Node(), unasked=True)
    server = Server()
    server.say("websocket.connect")
    await app(websocket(server=("10.0.0.7", 80)), server.receive, server.send)
    await app(
        {**websocket("/page", server=("10.0.0.7", 80)), "type": "http", "method": "GET"},
        server.receive,
        server.send,
    )
    async with uvicorned(app) as running, visit(running.port):
        pass

    started = [event for event in server.sent if event["type"].endswith("response.start")]
    assert [event["status"] for event in started] == [403, 403]
    assert "open=True" in str(server.sent)
