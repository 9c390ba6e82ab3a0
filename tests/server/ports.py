"""A listener under uvicorn, in front of an app that tests can tell from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from hubbub.server.listener import Listener
from hubbub.server.waiting import Polls
from hubbub.transports.listening import ListenerSettings
from tests.transports.wire import DEADLINE_S, Door, until

GET = b"GET /page HTTP/1.1\r\nHost: hubbub.test\r\n\r\n"
PAGE = b"the page"


async def pages(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI's own types)
    """Be the ASGI app: a page that tells how large the body was, a slow one, and an echoing WebSocket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": "asgi:" + event["text"]})
        return
    body, more = b"", True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        body += event["body"]
        more = event["more_body"]
    if scope["path"] == "/slow":
        await asyncio.sleep(0.3)
    answer = PAGE + b" after %d bytes" % len(body) if body else PAGE
    if scope["path"] == "/where":
        answer = "{}:{}".format(*scope["server"]).encode()
    if scope["path"] == "/who":
        answer = "{} by {}".format(scope["client"][0], scope["scheme"]).encode()
    length = (b"content-length", str(len(answer)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": answer})


@asynccontextmanager
async def listening(
    settings: ListenerSettings | None = None,
    *,
    door: Door | None = None,
    polls: Polls | None = None,
    **options: Any,  # noqa: ANN401
) -> AsyncIterator[tuple[int, Listener]]:
    """Run uvicorn with a listener on a free port; give the port and the listener."""
    listener = Listener(door or Door(echo=True), settings, polls=polls)
    config = uvicorn.Config(
        pages,
        port=0,
        http=listener.http_class(),
        lifespan="off",
        log_config=None,
        log_level="error",
        **{"ws": "websockets-sansio", **options},
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1], listener
    finally:
        for socket in (*listener.carriers, *listener.room.requests):
            socket.abort()
        await until(lambda: not listener.busy)
        await asyncio.wait_for(server.shutdown(), DEADLINE_S)
