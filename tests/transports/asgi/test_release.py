"""What uvicorn's protocol object is taken for: the installed one, and others that are left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from hubbub.transports.asgi import release as module
from hubbub.transports.asgi.release import (
    NotReleased,
    Stays,
    find_websocket,
    is_known,
    release_websocket,
)
from tests.transports.asgi.node import uvicorned
from tests.transports.wire import client_frame, handshake, raw_client, until


class Host:
    """An application that looks behind its `receive`, and then leaves the WebSocket alone."""

    def __init__(self, look: Callable[[Receive], Any]) -> None:
        self._look = look
        self.may_look = asyncio.Event()
        self.seen: list[Any] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await self.may_look.wait()
        try:
            self.seen.append(self._look(receive))
        except NotReleased as why:
            self.seen.append(why)
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close"})


async def seen_by(host: Host, behind: bytes = b"", **options: object) -> Any:  # noqa: ANN401
    """Return what a host saw of a client that sends `behind` behind its handshake, too early."""
    async with (
        uvicorned(host, lifespan="off", **options) as running,
        raw_client(running.port) as client,
    ):
        await client.send(handshake())
        if behind:
            await asyncio.sleep(0.02)
            await client.send(behind)
            await asyncio.sleep(0.02)
        host.may_look.set()
        await until(lambda: host.seen)
    return host.seen[0]


def let_go(receive: Receive) -> str:
    transport = release_websocket(find_websocket(receive))
    transport.set_protocol(asyncio.Protocol())
    transport.write(b"it is mine\n")
    transport.close()
    return "taken"


async def test_the_installed_uvicorn_lets_its_transport_go() -> None:
    host = Host(let_go)
    host.may_look.set()
    async with uvicorned(host, lifespan="off") as running, raw_client(running.port) as client:
        await client.send(handshake())
        said = await client.rest()
        await until(lambda: not running.server.server_state.tasks)
        left = set(running.connections)

    assert (host.seen, said, left) == (["taken"], b"it is mine\n", set())


@pytest.mark.parametrize(
    "early", [client_frame(1, b"too early"), client_frame(1, b"too early")[:1]]
)
async def test_who_does_not_wait_for_the_answer_is_left_to_the_server(early: bytes) -> None:
    why = await seen_by(Host(let_go), early)

    assert isinstance(why, NotReleased)
    assert (why.expected, "did not wait" in why.reason) == (True, True)


async def test_another_implementation_is_left_alone_and_its_successor_recommended() -> None:
    why = await seen_by(Host(let_go), ws="wsproto")

    assert isinstance(why, NotReleased)
    assert (why.expected, "by itself" in why.reason) == (False, True)


async def test_another_server_is_left_alone() -> None:
    async def receive() -> dict[str, object]:
        return {}

    with pytest.raises(NotReleased) as caught:
        find_websocket(receive)

    assert caught.value.expected


async def test_a_version_that_nobody_read_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_uvicorn", lambda: "0.55.0")

    why = await seen_by(Host(let_go))

    assert isinstance(why, NotReleased)
    assert (why.expected, "0.55.0" in why.reason) == (False, True)


async def test_a_protocol_that_has_changed_inside_is_left_alone() -> None:
    def look(receive: Receive) -> str:
        receive.__self__.conn.reader = SimpleNamespace()  # type: ignore[attr-defined]
        return let_go(receive)

    why = await seen_by(Host(look))

    assert isinstance(why, NotReleased)
    assert "changed" in why.reason


@pytest.mark.parametrize(
    ("number", "known"),
    [
        ("0.49.9", False),
        ("0.50.0", True),
        ("0.54.0", True),
        ("0.54.1.dev1", True),
        ("0.55.0", False),
        ("0.6.0", False),
        ("1.50.0", False),
        ("", False),
    ],
)
def test_known_versions_are_those_that_were_read(number: str, known: bool) -> None:
    assert is_known(number) is known


async def test_a_servers_shutdown_waits_until_everybody_has_left() -> None:
    gone = asyncio.Event()
    calls: list[str] = []

    async def leave() -> None:
        calls.append("leave")
        await gone.wait()

    stays, connections, others = Stays(leave), set[Any](), set[Any]()
    for _ in range(3):
        stays.stand_in(connections)
        stays.stand_in(others)
    [stay] = connections
    stay.shutdown()
    stay.shutdown()
    await asyncio.sleep(0)
    waiting = len(connections)
    gone.set()
    await until(lambda: not connections)
    stays.stand_in(connections)

    assert (calls, waiting, len(connections), len(others)) == (["leave"], 1, 1, 1)


async def test_a_shutdown_that_fails_does_not_hold_the_server_up() -> None:
    async def leave() -> None:
        raise OSError("it went wrong")

    stays, connections = Stays(leave), set[Any]()
    stays.stand_in(connections)
    [stay] = connections
    stay.shutdown()
    await until(lambda: not connections)
    with pytest.raises(OSError, match="wrong"):
        await stay._task
