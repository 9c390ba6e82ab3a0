"""Hosts as their own tests and other frameworks run them: again and again, or without a lifespan."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from hubbub import ConnectAsk, Hubbub, LifecycleError, Settings
from hubbub.transports.asgi import release
from tests.transports.asgi.node import uvicorned, visit

hubbub = Hubbub(Settings(broker="memory://"))
host = FastAPI(lifespan=hubbub.lifespan)
host.mount("/rt", hubbub.asgi)


@host.post("/say")
async def say(text: str) -> int:
    stored = await hubbub.publish("lobby", text)
    return stored.position.offset


@host.post("/say-in-a-thread")
def say_in_a_thread(text: str) -> int:
    return hubbub.publish_from_thread("lobby", text).position.offset


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(host) as client:
        yield client


@pytest.mark.parametrize("path", ["/say", "/say-in-a-thread", "/say"])
def test_the_tests_of_a_host_start_it_as_often_as_they_like(client: TestClient, path: str) -> None:
    with client.websocket_connect("/rt/ws/lobby") as socket:
        assert client.post(path, params={"text": "hello"}).json() == 1
        assert socket.receive_text() == "hello"
        socket.send_text("and good-bye")
        assert socket.receive_text() == "and good-bye"


def test_a_test_client_that_runs_no_lifespan_is_told_to() -> None:
    inner = Hubbub(Settings(broker="memory://"))
    client = TestClient(inner.asgi)
    client.get("/health/live")

    with pytest.raises(LifecycleError, match="with TestClient"):
        client.get("/health/live")


async def test_a_host_may_have_a_lifespan_of_its_own() -> None:
    inner = Hubbub(Settings(broker="memory://"))
    done: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:  # noqa: ANN401
        async with inner.running():
            done.append("started")
            yield
        done.append("ended")

    outer = FastAPI(lifespan=lifespan)
    outer.mount("/rt", inner.asgi)
    async with uvicorned(outer) as running, visit(running.port, "/rt/ws/lobby") as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"

    assert done == ["started", "ended"]


async def test_a_router_of_protocols_that_knows_no_lifespan_starts_it_by_a_request() -> None:
    """Such as the ProtocolTypeRouter of Django Channels, of which this is all."""
    inner = Hubbub(Settings(broker="memory://"))

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the site"})

    mapping: dict[str, ASGIApp] = {"http": page, "websocket": inner.asgi}

    async def router(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in mapping:
            raise ValueError(f"No application configured for scope type {scope['type']!r}")
        await mapping[scope["type"]](scope, receive, send)

    async with uvicorned(router) as running:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}") as browser:
            assert (await browser.get("/")).text == "the site"
        before = inner.loop
        sockets = await asyncio.gather(*(visit(running.port, "/ws/lobby") for _ in range(3)))
        await sockets[0].send("hello")
        assert [await socket.recv() for socket in sockets] == ["hello"] * 3
        during = inner.loop

    assert (before, during, inner.loop) == (None, asyncio.get_running_loop(), None)
    assert inner.asgi.carriage.taken_over == 3


async def test_it_is_a_servers_root_application_too() -> None:
    inner = Hubbub(Settings(broker="memory://"))
    async with uvicorned(inner.asgi) as running, visit(running.port, "/ws/lobby") as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
    assert inner.loop is None


async def test_a_uvicorn_that_nobody_read_is_slower_and_right(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(release, "_uvicorn", lambda: "9.9.9")
    inner = Hubbub(Settings(broker="memory://"))
    async with uvicorned(inner.asgi) as running:
        for _ in range(2):
            async with visit(running.port, "/ws/lobby") as socket:
                await socket.send("hello")
                assert await socket.recv() == "hello"

    assert (inner.asgi.carriage.taken_over, inner.asgi.carriage.carried) == (0, 2)
    assert caplog.text.count("uvicorn 9.9.9 is newer or older than what is known") == 1


async def test_socket_io_begins_below_the_mount_and_goes_on_over_a_websocket() -> None:
    inner = Hubbub(Settings(broker="memory://"))
    outer = FastAPI(lifespan=inner.lifespan)
    outer.mount("/rt", inner.asgi)
    seen: list[str] = []

    @inner.on_connect
    async def who(request: ConnectAsk) -> str:
        seen.append(request.client.scope["root_path"])
        return "zhang"

    path = "/rt/socket.io/?EIO=4&transport="
    async with uvicorned(outer) as running:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}") as browser:
            opened = json.loads((await browser.get(f"{path}polling")).text[1:])
            where = f"{path}polling&sid={opened['sid']}"
            assert (await browser.post(where, content="40")).text == "ok"
            assert (await browser.get(where)).text.startswith("40{")
        async with visit(running.port, f"{path}websocket") as socket:
            assert str(await socket.recv()).startswith("0{")
            await socket.send("40")
            assert str(await socket.recv()).startswith("40{")

    assert seen == ["/rt", "/rt"]
    assert inner.asgi.carriage.taken_over == 1
