from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from hubbub.dialects.socketio.conversation import SocketIoDialect
from hubbub.framings.conversation import EngineIo
from hubbub.http.settings import HttpSettings
from hubbub.http.site import build
from hubbub.hub.nodes.control import Control
from hubbub.sessions.doors import Door, Doors
from hubbub.sessions.polls import polling
from tests.http.site_stage import front
from tests.sessions.stage import floor

FRIEND, EVIL = "https://friend.example", "https://evil.example"
LIMIT = 1000


@asynccontextmanager
async def served() -> AsyncIterator[tuple[httpx.AsyncClient, Doors]]:
    async with floor(name="n1") as place:
        control = Control(place.node.broker, "n1", place.node.clock)
        dialects = {"": lambda request: EngineIo(SocketIoDialect(LIMIT), (), LIMIT)}
        door = Door("/socket.io/", dialects, "polling")
        doors = Doors([door], place.services, lambda origin, host: origin == FRIEND)
        settings = HttpSettings(payload_limit=LIMIT)
        app = build(front(place, control, place.registry, doors, settings))
        transport = httpx.ASGITransport(app)
        params = {"EIO": "4", "transport": "polling"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://hubbub.test", params=params
        ) as client:
            yield client, doors


async def test_a_conversation_of_short_requests() -> None:
    async with served() as (client, _):
        opened = await client.get("/socket.io/")
        assert opened.headers["content-type"] == "text/plain; charset=UTF-8"
        assert opened.headers["cache-control"] == "no-store"
        sid = {"sid": json.loads(opened.text[1:])["sid"]}
        waiting = asyncio.create_task(client.get("/socket.io/", params=sid))
        said = await client.post("/socket.io/", params=sid, content=b'40\x1e421["presence","r"]')
        assert (said.status_code, said.text) == (200, "ok")
        connected = (await waiting).text
        assert connected.startswith('40{"sid":')
        rest = connected.partition("\x1e")[2] or (await client.get("/socket.io/", params=sid)).text
        assert rest == '431[{"channel":"r","members":[]}]'


@pytest.mark.parametrize(
    ("method", "params", "status", "code"),
    [
        ("GET", {"transport": "flash"}, 400, 0),
        ("GET", {"sid": "n1.nobody"}, 400, 1),
        ("POST", {"sid": "n1.nobody"}, 400, 1),
        ("GET", {"sid": "elsewhere.nobody"}, 400, 1),
        ("POST", {}, 400, 2),
        ("DELETE", {}, 400, 2),
        ("GET", {"j": "0"}, 400, 3),
        ("GET", {"EIO": "3"}, 400, 5),
    ],
)
async def test_refusals_are_those_of_the_protocol(
    method: str, params: dict[str, str], status: int, code: int
) -> None:
    async with served() as (client, _):
        answer = await client.request(method, "/socket.io/", params=params)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_body_has_a_bound_and_a_meaning() -> None:
    async with served() as (client, _):
        opened = await client.get("/socket.io/")
        sid = {"sid": json.loads(opened.text[1:])["sid"]}
        large = await client.post("/socket.io/", params=sid, content=b"4" * (LIMIT + 1))
        assert large.status_code == 413
        wrong = await client.post("/socket.io/", params=sid, content=b"b!")
        assert (wrong.status_code, wrong.json()["code"]) == (400, 3)


async def test_pages_of_other_origins_ask_where_they_may() -> None:
    async with served() as (client, _):
        friend = await client.get("/socket.io/", headers={"Origin": FRIEND})
        assert friend.headers["access-control-allow-origin"] == FRIEND
        assert friend.headers["access-control-allow-credentials"] == "true"
        before = await client.options("/socket.io/", headers={"Origin": FRIEND})
        assert before.status_code == 204
        assert "GET" in before.headers["access-control-allow-methods"]
        refused = await client.get("/socket.io/?EIO=3", headers={"Origin": FRIEND})
        assert refused.headers["access-control-allow-origin"] == FRIEND, "so that it can be read"
        evil = await client.get("/socket.io/", headers={"Origin": EVIL})
        assert (evil.status_code, evil.json()["code"]) == (403, 4)


async def test_nobody_comes_in_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served() as (client, doors):
        doors.closing = True
        assert (await client.get("/socket.io/")).status_code == 503
        doors.closing = False
        monkeypatch.setattr(polling, "POLLED_LIMIT", 0)
        assert (await client.get("/socket.io/")).status_code == 503
