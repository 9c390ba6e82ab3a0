"""What was deleted is shown by no node, in no protocol, and in no way to read the past of a channel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from tests.docs.served import Served
from tests.servers import RedisServer

SECRET = "what-was-deleted"
SETTINGS = """
[server_api]
api_keys = ["a-key-of-this-test"]

[[endpoints]]
path = "/recent/{name}"
channel = "chat:{name}"
recent = 50

[namespaces.chat]
edits = true
reactions = true
delta = true
patterns = true
mentions = "to"
"""
PATIENCE_S = 60.0


class Reader:
    """Whoever reads a socket: keeps all that arrives, as text."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.heard = ""

    async def say(self, text: str) -> None:
        await self.socket.send(text)

    async def until(self, fact: Callable[[str], bool]) -> str:
        while not fact(self.heard):
            try:
                data = await asyncio.wait_for(self.socket.recv(), PATIENCE_S)
            except TimeoutError:
                pytest.fail(f"this is all that was heard: {self.heard}")
            self.heard += f"{data if isinstance(data, str) else data.decode(errors='replace')}\n"
        return self.heard

    async def until_end(self) -> str:
        """Return when the last message of the channel is there, which says so."""
        return await self.until(lambda heard: "the-end" in heard)


@asynccontextmanager
async def reader(served: Served, path: str, speech: str = "") -> AsyncIterator[Reader]:
    spoken = [websockets.Subprotocol(speech)] if speech else None
    async with websockets.connect(f"ws://{served.address}{path}", subprotocols=spoken) as socket:
        yield Reader(socket)


async def call(served: Served, method: str, **body: object) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        answer = await client.post(
            f"http://{served.address}/api/{method}",
            json=body,
            headers={"X-API-Key": "a-key-of-this-test"},
        )
    result: dict[str, Any] = answer.json()["result"]
    return result


async def over_http(served: Served, epoch: str) -> str:
    asking = [
        call(served, "history", channel="chat:a", limit=50, reverse=way) for way in (False, True)
    ]
    return json.dumps(await asyncio.gather(*asking))


async def over_centrifuge(served: Served, epoch: str) -> str:
    async with reader(served, "/connection/websocket") as one:
        await one.say('{"id":1,"connect":{"data":{"user":"cia"}}}')
        await one.say('{"id":2,"history":{"channel":"chat:a","limit":50}}')
        back = {"channel": "chat:a", "recover": True, "epoch": epoch, "offset": 1}
        await one.say(json.dumps({"id": 3, "subscribe": {**back, "delta": "fossil"}}))
        await one.say('{"id":4,"subscribe":{"channel":"chat:*"}}')
        heard = await one.until(lambda heard: all(f'"id":{n}' in heard for n in (1, 2, 3, 4)))
        assert heard.count("the-end") == 2
        assert '"recovered":true' in heard
        return heard


async def over_text(served: Served, epoch: str) -> str:
    heard = ""
    for path in (f"/ws/chat:a?since={epoch}.1.0&", "/recent/a?"):
        async with reader(served, f"{path}format=json&user=cia") as one:
            heard += await one.until_end()
            await one.say('{"type":"history","limit":50,"reverse":true,"id":1}')
            heard += await one.until(lambda heard: '"type":"history"' in heard)
    async with reader(served, f"/ws/chat:a?user=cia&since={epoch}.1.0") as one:
        return heard + await one.until_end()


async def over_stomp(served: Served, epoch: str) -> str:
    heard = ""
    for how in (f"x-since:{epoch}.1.0", "x-recent:50"):
        async with reader(served, "/stomp", "v12.stomp") as one:
            await one.say(f"CONNECT\naccept-version:1.2\nhost:{served.address}\nlogin:cia\n\n\0")
            await one.say(f"SUBSCRIBE\nid:1\ndestination:/topic/chat:a\n{how}\n\n\0")
            heard += await one.until_end()
    return heard


async def over_socketio(served: Served, epoch: str) -> str:
    async with reader(served, "/socket.io/?EIO=4&transport=websocket") as one:
        await one.say('40{"user":"cia"}')
        await one.until(lambda heard: "40{" in heard)
        ask = {"channel": "chat:a", "since": f"{epoch}.1.0"}
        await one.say(f"421{json.dumps(['subscribe', ask])}")
        await one.say(f"422{json.dumps(['history', {'channel': 'chat:a', 'limit': 50}])}")
        return await one.until(lambda heard: heard.count("the-end") == 2)


async def test_what_was_deleted_is_shown_in_no_way(tmp_path: Path) -> None:
    (tmp_path / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    with (
        RedisServer(tmp_path) as redis,
        Served(tmp_path, "--broker", redis.url) as one,
        Served(tmp_path, "--broker", redis.url) as other,
    ):
        # Each node has somebody there, and so remembers what is said.
        async with reader(one, "/ws/chat:a?user=ann") as ann, reader(other, "/ws/chat:a") as bob:
            first = await call(one, "publish", channel="chat:a", data="the first")
            await call(one, "publish", channel="chat:a", data={"text": SECRET, "to": ["cia"]})
            await call(other, "edit", channel="chat:a", offset=2, data={"text": f"{SECRET} too"})
            for listener in (ann, bob):
                await listener.until(lambda heard: SECRET in heard)
            await call(other, "delete", channel="chat:a", offset=2)
            await call(one, "publish", channel="chat:a", data="the-end")
            for served in (one, other):
                for read in (over_http, over_centrifuge, over_text, over_stomp, over_socketio):
                    heard = await read(served, first["epoch"])
                    assert "the-end" in heard
                    assert SECRET not in heard, (read.__name__, heard)
            inbox = json.dumps(await call(other, "inbox_pull", user="cia"))
            assert "chat:a" in inbox
            assert SECRET not in inbox
