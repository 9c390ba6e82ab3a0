"""Pages of other sites: what a browser sends for them gets nothing from any entry, and changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.clients.api import call
from tests.clients.talk import talking
from tests.docs.served import Served

FRIEND = "https://friend.example"
FOES = (
    "https://evil.example",
    "https://friend.example.evil.example",
    "https://evil-friend.example",
    "http://friend.example",
    "https://friend.example:8443",
    "null",
    "file://",
    "chrome-extension://abcdef",
    "https://friend.example, https://evil.example",
)
"""What the Origin header says for pages that may not connect: other sites, sandboxed frames, files."""

WEBSOCKETS = ("/connection/websocket", "/connection/uni_websocket", "/ws/lobby")
CONNECT = json.dumps({"id": 1, "connect": {"data": {"user": "zhang"}}})
BARE = json.dumps({"data": {"user": "zhang"}})
STREAMS = {
    "sse": ("GET", f"/connection/sse?cf_connect={quote(CONNECT)}", ""),
    "HTTP stream": ("POST", "/connection/http_stream", CONNECT),
    "one-way sse": ("GET", f"/connection/uni_sse?cf_connect={quote(BARE)}", ""),
    "one-way HTTP stream": ("POST", "/connection/uni_http_stream", BARE),
}
"""Entries that answer with a stream: method, path, body."""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run an open server on loopback, which every page in a browser on this machine can reach."""
    folder: Path = tmp_path_factory.mktemp("server")
    (folder / "hubbub.toml").write_text(f'allowed_origins = ["{FRIEND}"]\n', encoding="utf-8")
    with Served(folder, "--broker", "memory://") as served:
        yield served.port


PLAIN = httpx.Client(verify=False, trust_env=False, timeout=10)


def ask(port: int, method: str, path: str, body: str, **headers: str) -> httpx.Response:
    """Send a request, and return the answer's head."""
    url = f"http://127.0.0.1:{port}{path}"
    with PLAIN.stream(method, url, content=body or None, headers=headers) as answer:
        return answer


def cors(answer: httpx.Response) -> dict[str, str]:
    """Return the headers by which a browser lets a page read an answer."""
    return {
        name: value
        for name, value in answer.headers.items()
        if name.startswith("access-control-allow-")
    }


# ── WebSockets ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", WEBSOCKETS)
async def test_a_websocket_is_for_pages_that_are_allowed(port: int, path: str) -> None:
    for origin in (None, FRIEND, f"http://127.0.0.1:{port}"):
        async with talking(port, path, origin):
            pass
    for origin in FOES:
        with pytest.raises(InvalidStatus) as refused:
            async with talking(port, path, origin):
                pass
        assert refused.value.response.status_code == 403, origin


# ── streams ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("entry", STREAMS)
def test_a_stream_is_for_pages_that_are_allowed(port: int, entry: str) -> None:
    for origin in FOES:
        answer = ask(port, *STREAMS[entry], Origin=origin)
        assert (answer.status_code, cors(answer)) == (403, {}), origin
    answer = ask(port, *STREAMS[entry], Origin=FRIEND)
    assert answer.status_code == 200
    assert cors(answer) == {
        "access-control-allow-origin": FRIEND,
        "access-control-allow-credentials": "true",
    }
    assert "origin" in answer.headers["vary"].lower()
    assert cors(ask(port, *STREAMS[entry])) == {}


@pytest.mark.parametrize("path", ["/connection/http_stream", "/emulation"])
def test_a_browser_is_told_beforehand_who_may(port: int, path: str) -> None:
    wish = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = ask(port, "OPTIONS", path, "", Origin=FRIEND, **wish)
    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()
    for origin in FOES:
        assert cors(ask(port, "OPTIONS", path, "", Origin=origin, **wish)) == {}, origin


async def test_nobody_speaks_for_another_pages_session(port: int) -> None:
    """Even who knows the session's id, which only the page that opened it does."""
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
        client.stream("POST", "/connection/http_stream", content=CONNECT) as stream,
    ):
        lines = stream.aiter_lines()
        first = json.loads(await anext(lines))["connect"]
        command = json.dumps({"id": 2, "subscribe": {"channel": "lobby"}})
        body = json.dumps({"node": first["node"], "session": first["session"], "data": command})
        for origin in FOES:
            answer = await client.post("/emulation", content=body, headers={"Origin": origin})
            assert (answer.status_code, cors(answer)) == (403, {}), origin
        assert (await subscribers(client)) == 0
        assert (await client.post("/emulation", content=body)).status_code == 204
        assert "subscribe" in json.loads(await anext(lines))
        async with asyncio.timeout(60):  # presence may come a moment behind the answer
            while (await subscribers(client)) != 1:
                await asyncio.sleep(0.05)


async def subscribers(client: httpx.AsyncClient) -> int:
    answer = await client.post("/api/presence_stats", json={"channel": "lobby"})
    return int(answer.json()["result"]["num_clients"])


# ── the API ─────────────────────────────────────────────────────────────────────────────────────


def test_the_open_api_is_for_its_own_pages(port: int) -> None:
    body = json.dumps({"channel": "api", "data": {"by": "a page"}})
    for origin in (*FOES, FRIEND):
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
            answer = ask(
                port, "POST", "/api/publish", body, Origin=origin, **{"Content-Type": kind}
            )
            assert (answer.status_code, cors(answer)) == (403, {}), (origin, kind)
        wish = {"Access-Control-Request-Method": "POST"}
        assert cors(ask(port, "OPTIONS", "/api/publish", "", Origin=origin, **wish)) == {}
    assert call(port, "history", channel="api", limit=10)["publications"] == []
    assert ask(port, "POST", "/api/publish", body).status_code == 200
    own = {"Origin": f"http://127.0.0.1:{port}"}
    assert ask(port, "POST", "/api/publish", body, **own).status_code == 200


def test_what_only_reads_says_nothing_to_other_pages(port: int) -> None:
    for path in ("/", "/metrics", "/health/ready", "/health/live"):
        assert cors(ask(port, "GET", path, "", Origin=FOES[0])) == {}, path
