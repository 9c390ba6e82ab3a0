from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from hubbub.dialects.text import TextDialect
from hubbub.http.settings import HttpSettings
from hubbub.http.site import build
from hubbub.sessions.doors import Doors
from hubbub.sessions.polls.sockjs_endpoint import SockJs, SockJsEndpoint
from tests.http.site_stage import front
from tests.hub.stage import turn
from tests.sessions.sockjs_stage import Node, nodes
from tests.sessions.stage import PLAIN

FRIEND, EVIL = "https://friend.example", "https://evil.example"
LIMIT = 1000
CHAT = SockJsEndpoint("/chat", cookie=True, client_url="/sockjs.min.js")
BARE = SockJsEndpoint("/bare", websocket=False)
NEVER = "no-store, no-cache, must-revalidate, max-age=0"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@asynccontextmanager
async def served() -> AsyncIterator[tuple[httpx.AsyncClient, Node]]:
    async with nodes() as (here, _):
        makers = {"": lambda request: TextDialect(PLAIN, "room", "ann")}
        places = SockJs((CHAT, BARE), here.sessions)
        made = [door for place in places.endpoints for door in place.doors(makers, here.sessions)]
        doors = Doors(made, here.floor.services, lambda origin, host: origin == FRIEND)
        settings = HttpSettings(payload_limit=LIMIT, origins=(FRIEND,))
        app = build(front(here.floor, here.control, here.floor.registry, doors, settings, places))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hubbub.test") as client:
            yield client, here


async def test_it_says_what_it_can_do() -> None:
    async with served() as (client, _):
        asked = [await client.get("/chat/info") for _ in range(2)]
        told = [each.json() for each in asked]
        assert told[0].pop("entropy") != told[1].pop("entropy")
        assert told[0] == {"websocket": True, "cookie_needed": True, "origins": ["*:*"]}
        assert asked[0].headers["cache-control"] == NEVER
        assert "set-cookie" not in asked[0].headers
        bare = (await client.get("/bare/info")).json()
        assert (bare["websocket"], bare["cookie_needed"]) == (False, False)
        for path in ("/chat", "/chat/"):
            assert (await client.get(path)).text == "Welcome to SockJS!\n"


async def test_messages_reach_their_session() -> None:
    async with served() as (client, here):
        key = CHAT.key("/chat/000/s1/xhr")
        assert key is not None
        await here.ask(key)
        sent = await client.post("/chat/111/s1/xhr_send", content='["a","\\ud83d"]')
        assert (sent.status_code, sent.text) == (204, "")
        assert sent.headers["content-type"] == "text/plain; charset=UTF-8"
        assert sent.headers["cache-control"] == NEVER
        assert sent.headers["set-cookie"] == "JSESSIONID=dummy; Path=/"
        form = await client.post("/chat/1/s1/jsonp_send", data={"d": '["b"]'})
        bare = await client.post("/chat/1/s1/jsonp_send", content='["%61"]')
        assert [each.text for each in (form, bare)] == ["ok", "ok"]
        await turn(10)
        assert (await here.ask(key)).said() == ['a["a"]', 'a["\\ufffd"]', 'a["b"]', 'a["%61"]']


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/chat/0/s1/xhr_send", "", 500, "Payload expected."),
        ("/chat/0/s1/xhr_send", '["x', 500, "Broken JSON encoding."),
        ("/chat/0/s1/xhr_send", '["x"]', 404, "There is no such session."),
        ("/chat/0/s.1/xhr_send", '["x"]', 404, "There is no such session."),
        ("/chat/0/s1/xhr_send", '["' + "x" * LIMIT + '"]', 413, "More than 1000 bytes."),
        ("/chat/0/s1/jsonp_send", "p=p", 500, "Payload expected."),
        ("/chat/0/s1/jsonp_send", "d=", 500, "Payload expected."),
        ("/chat/0/s1/jsonp_send", "p=p&" * 20, 500, "Payload expected."),
        ("/chat/0/s1/jsonp_send", "d=%5B%22x", 500, "Broken JSON encoding."),
        ("/chat/0/s1/jsonp_send", "d=%5B%22%FF%22%5D", 404, "There is no such session."),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_cannot_be_taken_is_told(path: str, body: str, status: int, says: str) -> None:
    async with served() as (client, _):
        answer = await client.post(path, content=body, headers=FORM)
        assert (answer.status_code, answer.text) == (status, says)


async def test_where_the_session_cannot_be_reached_the_client_may_try_again() -> None:
    async with served() as (client, here):
        here.presence.away = True
        answer = await client.post("/chat/0/s1/xhr_send", content='["x"]')
        assert answer.status_code == 503


async def test_pages_ask_where_they_may() -> None:
    async with served() as (client, _):
        for path, methods in (
            ("/chat/info", "OPTIONS, GET"),
            ("/chat/0/s1/xhr", "OPTIONS, POST"),
            ("/chat/0/s1/xhr_send", "OPTIONS, POST"),
            ("/chat/0/s1/xhr_streaming", "OPTIONS, POST"),
        ):
            headers = {"Origin": FRIEND, "Access-Control-Request-Headers": "a, b"}
            before = await client.options(path, headers=headers)
            assert before.status_code == 204
            assert before.headers["access-control-allow-origin"] == FRIEND
            assert before.headers["access-control-allow-credentials"] == "true"
            assert before.headers["access-control-allow-methods"] == methods
            assert before.headers["access-control-allow-headers"] == "a, b"
            assert int(before.headers["access-control-max-age"]) > 1_000_000
            assert before.headers["cache-control"] == "public, max-age=31536000"
            assert before.headers["expires"]
            evil = await client.options(path, headers={"Origin": EVIL})
            assert evil.status_code == 403
        told = await client.get("/chat/info", headers={"Origin": FRIEND})
        assert told.headers["access-control-allow-origin"] == FRIEND
        foreign = await client.get("/chat/info", headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403


async def test_other_ways_of_asking_are_none() -> None:
    async with served() as (client, _):
        for method, path, status in (
            ("POST", "/chat/info", 405),
            ("GET", "/chat/0/s1/xhr_send", 405),
            ("GET", "/chat/0/s1/xhr", 405),
            ("POST", "/chat/0/s1/eventsource", 405),
            ("POST", "/chat/0/s1/websocket", 405),
            ("GET", "/chat/0/s1/websocket", 400),
            ("GET", "/chat/websocket", 400),
            ("GET", "/bare/0/s1/websocket", 404),
            ("GET", "/chat/a/a", 404),
            ("GET", "/chat/a", 404),
            ("POST", "/chat/0/s1/xhr", 501),
        ):
            answer = await client.request(method, path)
            assert (answer.status_code, method, path) == (status, method, path)
            if status == 405:
                assert answer.headers["allow"].startswith("OPTIONS, ")


async def test_the_page_for_frames_is_for_friends() -> None:
    async with served() as (client, _):
        # A browser does not say which page has it in a frame, so that is for the browser to judge.
        foreign = {"Sec-Fetch-Site": "cross-site"}
        pages = [
            await client.get(f"/chat/iframe{name}.html?t=1", headers=foreign)
            for name in ("", "-", "-1.6.1")
        ]
        assert {each.text for each in pages} == {pages[0].text}
        assert '<script src="/sockjs.min.js"></script>' in pages[0].text
        headers = pages[0].headers
        assert headers["content-type"] == "text/html; charset=UTF-8"
        assert headers["content-security-policy"] == f"frame-ancestors 'self' {FRIEND}"
        assert "max-age=31536000" in headers["cache-control"]
        tag = {"If-None-Match": headers["etag"]}
        again = await client.get("/chat/iframe.html", headers=tag)
        assert (again.status_code, again.text) == (304, "")
        for path in ("/chat/iframe.htm", "/chat/IFRAME.HTML", "/chat/iframe-/.html"):
            assert (await client.get(path)).status_code == 404
        assert (await client.get("/bare/iframe.html")).status_code == 404
