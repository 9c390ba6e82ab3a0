"""Visitors of every protocol: each comes, follows a room, hears what is said there, and goes in some way."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx
import socketio
from centrifuge import Client, SubscriptionEventHandler  # type: ignore[import-untyped]
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.bad_input.raw import handshake

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Visit:
    """Where somebody goes; `rough` is whether the connection is broken off in the end."""

    port: int
    room: str
    rough: bool
    http: httpx.AsyncClient

    @property
    def address(self) -> str:
        """Return where the server is, without the scheme."""
        return f"{HOST}:{self.port}"


Texts: TypeAlias = AsyncIterator[str]
Speaker: TypeAlias = Callable[[Visit], AbstractAsyncContextManager[Texts]]


@asynccontextmanager
async def plain(visit: Visit) -> AsyncIterator[Texts]:
    async with connect(f"ws://{visit.address}/ws/{visit.room}", proxy=None) as socket:

        async def texts() -> Texts:
            async for text in socket:
                yield str(text)

        yield texts()
        if visit.rough:
            socket.transport.abort()


def opening(room: str) -> str:
    """Return the commands that let somebody in and follow a room."""
    return f'{{"id":1,"connect":{{}}}}\n{json.dumps({"id": 2, "subscribe": {"channel": room}})}'


def of_room(said: dict[str, Any], room: str) -> list[str]:
    """Return what a message of the Centrifuge protocol says in a room."""
    assert "error" not in said, said
    push = said.get("push", {})
    return [push["pub"]["data"]] if push.get("channel") == room and "pub" in push else []


@asynccontextmanager
async def centrifuge_json(visit: Visit) -> AsyncIterator[Texts]:
    """Follow a channel of one's own, too, that nobody else will ever follow."""
    own = f"own:{secrets.token_hex(6)}"
    async with connect(f"ws://{visit.address}/connection/websocket", proxy=None) as socket:

        async def texts() -> Texts:
            async for frame in socket:
                for line in str(frame).splitlines():
                    if line == "{}":
                        await socket.send("{}")
                    for text in of_room(json.loads(line), visit.room):
                        yield text

        await socket.send(opening(visit.room))
        await socket.send(json.dumps({"id": 3, "subscribe": {"channel": own}}))
        await socket.send(json.dumps({"id": 4, "publish": {"channel": own, "data": "mine"}}))
        yield texts()
        if visit.rough:
            socket.transport.abort()


class _Ear(SubscriptionEventHandler):  # type: ignore[misc]
    """Keep what a subscription of the SDK is shown."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    async def on_publication(self, ctx: Any) -> None:  # noqa: ANN401 (the SDK's)
        self.heard.put_nowait(json.loads(ctx.pub.data))


async def _from(queue: asyncio.Queue[str]) -> Texts:
    while True:
        yield await queue.get()


@asynccontextmanager
async def centrifuge_protobuf(visit: Visit) -> AsyncIterator[Texts]:
    client = Client(f"ws://{visit.address}/connection/websocket", use_protobuf=True, proxy=None)
    ear = _Ear()
    subscription = client.new_subscription(visit.room, events=ear)
    await client.connect()
    try:
        await subscription.subscribe()
        await subscription.ready(60)
        yield _from(ear.heard)
    finally:
        await client.disconnect()


@asynccontextmanager
async def _stream(visit: Visit, response: httpx.Response, prefix: str) -> AsyncIterator[Texts]:
    """Read a stream line by line; pings are answered beside it."""
    where: dict[str, str] = {}

    async def texts() -> Texts:
        async for line in response.aiter_lines():
            if not line.startswith(prefix) or not line:
                continue
            said = json.loads(line.removeprefix(prefix))
            if said == {}:
                pong = json.dumps({**where, "data": "{}"})
                await visit.http.post(f"http://{visit.address}/emulation", content=pong)
            elif "connect" in said:
                where.update({name: said["connect"][name] for name in ("session", "node")})
            for text in of_room(said, visit.room):
                yield text

    yield texts()


@asynccontextmanager
async def sse(visit: Visit) -> AsyncIterator[Texts]:
    where = f"http://{visit.address}/connection/sse?cf_connect={quote(opening(visit.room))}"
    async with (
        visit.http.stream("GET", where) as response,
        _stream(visit, response, "data: ") as texts,
    ):
        yield texts


@asynccontextmanager
async def http_stream(visit: Visit) -> AsyncIterator[Texts]:
    where = f"http://{visit.address}/connection/http_stream"
    async with (
        visit.http.stream("POST", where, content=opening(visit.room)) as response,
        _stream(visit, response, "") as texts,
    ):
        yield texts


@asynccontextmanager
async def _socketio(visit: Visit, transport: str) -> AsyncIterator[Texts]:
    client = socketio.AsyncClient(reconnection=False)
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def note(text: str, meta: object) -> None:
        heard.put_nowait(text)

    client.on("message", note)
    await client.connect(f"http://{visit.address}", transports=[transport], wait_timeout=60)
    try:
        await client.call("subscribe", visit.room, timeout=60)
        yield _from(heard)
    finally:
        await client.disconnect()


def socketio_websocket(visit: Visit) -> AbstractAsyncContextManager[Texts]:
    return _socketio(visit, "websocket")


def socketio_polling(visit: Visit) -> AbstractAsyncContextManager[Texts]:
    return _socketio(visit, "polling")


@asynccontextmanager
async def stomp(visit: Visit) -> AsyncIterator[Texts]:
    where = f"ws://{visit.address}/stomp"
    async with connect(where, proxy=None, subprotocols=[Subprotocol("v12.stomp")]) as socket:

        async def texts() -> Texts:
            async for frame in socket:
                head, _, body = str(frame).strip("\n\0").partition("\n\n")
                command = head.partition("\n")[0]
                assert command in {"", "CONNECTED", "MESSAGE"}, frame
                if command == "MESSAGE":
                    yield json.loads(body)

        await socket.send("CONNECT\naccept-version:1.2\nhost:soak\n\n\0")
        await socket.send(f"SUBSCRIBE\nid:1\ndestination:/topic/{visit.room}\n\n\0")
        yield texts()
        if visit.rough:
            socket.transport.abort()


def _of_sockjs(frame: str) -> list[str]:
    """Return the messages of a frame of SockJS."""
    assert frame[:1] in {"", "o", "h", "a"}, frame
    return list(json.loads(frame[1:])) if frame.startswith("a") else []


def _sockjs(visit: Visit, scheme: str) -> str:
    return f"{scheme}://{visit.address}/sockjs/{visit.room}/000/{secrets.token_hex(6)}"


@asynccontextmanager
async def sockjs_websocket(visit: Visit) -> AsyncIterator[Texts]:
    async with connect(f"{_sockjs(visit, 'ws')}/websocket", proxy=None) as socket:

        async def texts() -> Texts:
            async for frame in socket:
                for text in _of_sockjs(str(frame)):
                    yield text

        yield texts()
        if visit.rough:
            socket.transport.abort()


@asynccontextmanager
async def _sockjs_requests(visit: Visit, transport: str) -> AsyncIterator[Texts]:
    """Ask again and again; who goes just asks no more."""
    where = f"{_sockjs(visit, 'http')}/{transport}"

    async def texts() -> Texts:
        while True:
            async with visit.http.stream("POST", where) as response:
                async for line in response.aiter_lines():
                    for text in _of_sockjs(line):
                        yield text

    yield texts()


def sockjs_streaming(visit: Visit) -> AbstractAsyncContextManager[Texts]:
    return _sockjs_requests(visit, "xhr_streaming")


def sockjs_polling(visit: Visit) -> AbstractAsyncContextManager[Texts]:
    return _sockjs_requests(visit, "xhr")


SPEAKERS: tuple[Speaker, ...] = (
    plain,
    centrifuge_json,
    centrifuge_protobuf,
    sse,
    http_stream,
    socketio_websocket,
    socketio_polling,
    stomp,
    sockjs_websocket,
    sockjs_streaming,
    sockjs_polling,
)

RUDE = (
    b"",
    b"GET /ws/lobby HTTP/1.1\r\nHost: loc",
    b"\x16\x03\x01\x02\x00 this is no TLS",
    b"POST /api/publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
    b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\r\n",
    handshake("/connection/websocket"),
    handshake("/ws/lobby") + b"\xff\xff\xff\xff",
    handshake("/socket.io/?EIO=4&transport=websocket"),
    handshake("/stomp"),
)
"""What people say who then break off: nothing, half a request, or a session that they forget."""


async def be_rude(port: int) -> None:
    """Come, say something that makes no sense, and break off."""
    _, writer = await asyncio.open_connection(HOST, port)
    writer.write(random.choice(RUDE))
    await asyncio.sleep(random.uniform(0, 0.5))
    writer.transport.abort()
