"""PyPI `python-socketio`'s client, as it is published, against a running server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import socketio

from tests.docs.served import Served

HERE = Path(__file__).parent
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a server whose rooms are functions."""
    folder = tmp_path_factory.mktemp("application")
    with Served(folder, f"{HERE / 'rooms.py'}:app", "--broker", "memory://") as served:
        yield served


class Seen:
    """What a client was sent."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - it has no types
        self.client = client
        self.events: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        for namespace in ("/", "/chat"):
            client.on("*", self._note, namespace=namespace)

    async def _note(self, event: str, *arguments: object) -> None:
        await self.events.put((event, *arguments))

    async def next(self, event: str) -> tuple[Any, ...]:
        """Return the next event of a name, and forget those before it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                seen = await self.events.get()
                if seen[0] == event:
                    return seen[1:]

    async def ask(self, event: str, said: object, namespace: str = "/") -> Any:  # noqa: ANN401
        return await self.client.call(event, said, namespace=namespace, timeout=PATIENCE_S)


@asynccontextmanager
async def connected(server: Served, *transports: str, user: str = "li") -> AsyncIterator[Seen]:
    client = socketio.AsyncClient(reconnection=False)
    seen = Seen(client)
    await client.connect(
        f"http://{server.address}?roomid=r1",
        auth={"user": user},
        transports=list(transports) or None,
        namespaces=["/", "/chat"],
    )
    try:
        yield seen
    finally:
        await client.disconnect()


@pytest.mark.parametrize("transports", [("polling",), ("websocket",), ("polling", "websocket")])
async def test_the_client(server: Served, transports: tuple[str, ...]) -> None:
    room = "-".join(transports)
    async with connected(server, *transports) as li, connected(server, *transports) as ann:
        for seen in (li, ann):
            assert (await seen.ask("subscribe", room))["recoverable"] is True
        await li.ask("publish", {"channel": room, "data": b"\0\xff", "event": "file"})
        await li.ask("publish", {"channel": room, "data": {"a": [1]}})
        for seen in (li, ann):
            data, meta = await seen.next("file")
            assert (data, meta["channel"], meta["sender"]["user"]) == (b"\0\xff", room, "li")
            assert (await seen.next("message"))[0] == {"a": [1]}
        page = await ann.ask("history", room)
        assert [each["data"] for each in page["publications"]] == [b"\0\xff", {"a": [1]}]
        assert (await ann.ask("subscribe", "r1", "/chat"))["channel"] == "r1"
        await li.ask("publish", {"channel": "chat:r1", "data": "hi"})
        data, meta = await ann.next("message")
        assert (data, meta["channel"]) == ("hi", "r1")


async def test_functions(server: Served) -> None:
    async with connected(server, "polling") as li, connected(server, "websocket") as ann:
        assert (await li.ask("join", {"username": "Li"}))["room"] == "r1"
        await ann.ask("join", {"username": "Ann"})
        assert (await li.next("message"))[0] == {"event": "join", "data": "Ann"}
        ann.client.on("double", lambda n: 2 * n)
        ann.client.on("nothing", lambda: None)
        ann.client.on("bytes", lambda data: data[1:])
        assert await ann.ask("ask me", None) == [2, 4, 6, None, True]
        assert await ann.ask("reverse", b"\x01\x02") == b"\x02\x01"
