"""Sockets that go from one process to another, here between two listeners of one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop
from websockets.asyncio.client import connect

from hubbub.dialects.contract import Request
from hubbub.server.handover import SAID_LIMIT, Adoption, Handover, head
from hubbub.server.listener import Listener
from hubbub.sessions.contract import Accepted, Carrier, Refusal
from tests.server.ports import GET, PAGE, listening
from tests.transports.wire import Door, client_frame, handshake, raw_client, until

TEXT = 1


class WrongDoor(Door):
    """Say that everybody is for another node."""

    def __init__(self, node: str) -> None:
        super().__init__()
        self.node = node

    def admit(
        self, request: Request, offered: Sequence[str], carrier: Carrier = "websocket"
    ) -> Accepted | Refusal | None:
        return Refusal(400, "Not here.", node=self.node)


@asynccontextmanager
async def two(place: Path, node: str = "right") -> AsyncIterator[tuple[int, Listener, Door]]:
    """Run a wrong listener and the right one; give the wrong one's port, itself, and the right one's door."""
    door = Door(echo=True)
    async with listening(door=door) as (port, right), listening(door=WrongDoor(node)) as wrong:
        async with raw_client(port) as client:  # so that it knows how to make more
            await client.send(GET)
            await client.until(PAGE)
        assert right.room.again is not None
        there, here = Handover(place, "right"), Handover(place, "wrong")
        there.listen(Adoption(right.room.again))
        wrong[1].handover = here
        yield *wrong, door
        there.close()
        here.close()


async def test_a_websocket_goes_where_it_is_wanted(tmp_path: Path) -> None:
    async with two(tmp_path) as (port, wrong, door):
        async with connect(f"ws://127.0.0.1:{port}/ws?a=b", proxy=None) as client:
            assert not wrong.busy
            for text in ("hello", "x" * 100_000):
                await client.send(text)
                assert await client.recv() == text
        [request] = door.requests
        assert (request.path, request.query) == ("/ws", {"a": "b"})
        assert request.headers["host"] == f"127.0.0.1:{port}"
        assert request.peer == "127.0.0.1"
        await until(lambda: door.sessions[0].closes)


def test_what_came_before_is_heard_before_what_comes() -> None:
    heard: list[bytes] = []

    class Listening(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            heard.append(data)

    async def adopt() -> None:
        ours, theirs = socket.socketpair()
        with ours:
            theirs.setblocking(False)
            ours.sendall(b"later")
            Adoption(Listening)(theirs, b"before")
            await until(lambda: len(heard) == 2)

    uvloop.run(adopt())  # the loop of workers, which reads sooner than another
    assert heard == [b"before", b"later"]


async def test_what_came_with_the_handshake_goes_along(tmp_path: Path) -> None:
    async with two(tmp_path) as (port, _, _), raw_client(port) as client:
        await client.send(handshake() + client_frame(TEXT, b"early"))
        assert (await client.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        assert await client.exactly(7) == b"\x81\x05early"


@pytest.mark.parametrize("node", ["gone", "../right", "RIGHT", "right\0", "", "x" * 65])
async def test_where_nobody_takes_it_it_is_refused_as_ever(tmp_path: Path, node: str) -> None:
    async with two(tmp_path, node) as (port, wrong, door), raw_client(port) as client:
        await client.send(handshake())
        answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.endswith(b"Not here.\n")
        assert (wrong.refused, door.requests) == (1, [])


async def test_a_handshake_that_is_none_is_refused_here(tmp_path: Path) -> None:
    async with two(tmp_path) as (port, _, door), raw_client(port) as client:
        await client.send(handshake(Sec_WebSocket_Version="8"))
        assert (await client.rest()).startswith(b"HTTP/1.1 426 ")
        assert door.requests == []


async def test_too_much_is_not_taken_along(tmp_path: Path) -> None:
    async with two(tmp_path) as (_, wrong, _):
        assert wrong.handover is not None
        assert not wrong.handover.give("right", asyncio.Transport(), b"x" * (SAID_LIMIT + 1))


async def test_what_is_no_socket_does_no_harm(tmp_path: Path) -> None:
    async with two(tmp_path) as (port, _, _):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
            for said in (b"", b"GET / HTTP/1.1\r\n\r\n", b"x" * SAID_LIMIT):
                stranger.sendto(said, str(tmp_path / "right.sock"))
        async with connect(f"ws://127.0.0.1:{port}/ws", proxy=None) as client:
            await client.send("hello")
            assert await client.recv() == "hello"


async def test_one_that_has_closed_takes_no_more(tmp_path: Path) -> None:
    taken: list[bytes] = []
    there = Handover(tmp_path, "there")
    there.listen(lambda found, said: taken.append(said))
    there.close()
    there.close()
    assert list(tmp_path.iterdir()) == []
    async with two(tmp_path, "there") as (port, _, _), raw_client(port) as client:
        await client.send(handshake())
        assert (await client.rest()).startswith(b"HTTP/1.1 400 ")


async def test_a_socket_whose_client_has_gone_is_dropped(tmp_path: Path) -> None:
    async with two(tmp_path) as (port, _, door):
        for _ in range(20):
            async with raw_client(port) as client:
                await client.send(handshake())
        await until(lambda: len(door.sessions) == 20)
        await until(lambda: all(session.closes for session in door.sessions))


def test_a_head_as_it_might_have_come() -> None:
    said = head(b"/a?b", [(b"host", b"x"), (b"cookie", b"a=b; c=d")])
    assert said == b"GET /a?b HTTP/1.1\r\nhost: x\r\ncookie: a=b; c=d\r\n\r\n"
