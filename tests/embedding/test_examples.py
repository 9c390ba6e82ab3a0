"""Each example under stock uvicorn, which lets its transports go, and under hypercorn, which does not."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.clients.installed import HERE, INSTALL_WITHIN_S, node_with_clients
from tests.embedding.hosts import Host, hosted
from tests.server.running import wait_until

PATIENCE_S = 60.0

pytestmark = pytest.mark.timeout(INSTALL_WITHIN_S + 60)


class Part(NamedTuple):
    """How somebody gets a cookie of an example, and what its host publishes where."""

    cookie: str
    log_in: str
    channel: str
    publish: str
    body: str
    told: str


PARTS = {
    "fastapi_app": Part(
        *("session", "/login?name=zhang", "order:7"),
        *("/orders/7?status=packed", "", '{"status":"packed","by":"zhang"}'),
    ),
    "starlette_app": Part(
        *("name", "", "room:lobby"),
        *("/rooms/lobby/announce", "closing soon", '{"from":"zhang","text":"closing soon"}'),
    ),
    "django_app": Part(
        *("sessionid", "/login/zhang", "news:today"),
        *("/news/today", "it rains", '{"text":"it rains","by":"zhang"}'),
    ),
}


class Stage(NamedTuple):
    """A running example, and the part that is played."""

    host: Host
    part: Part
    taken: bool

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """Open a client of the host's routes who is logged in."""
        with self.host.client() as client:
            if self.part.log_in:
                assert client.post(self.part.log_in).status_code == 200
            else:
                client.cookies.set(self.part.cookie, "zhang")
            yield client

    def enter(self, browser: httpx.Client | None = None) -> ClientConnection:
        """Open a plain WebSocket with the cookies of a browser."""
        cookies = dict(browser.cookies) if browser else {}
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Origin": self.host.origin,
        }
        where = self.host.address(f"/ws/{self.part.channel}")
        return connect(where, additional_headers=headers, proxy=None)


@pytest.fixture(scope="module", params=["uvicorn", "hypercorn"])
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=list(PARTS))
def stage(
    request: pytest.FixtureRequest, server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    place = tmp_path_factory.mktemp(server)
    with hosted(request.param, server, place) as host:
        yield Stage(host, PARTS[request.param], server == "uvicorn")


def close_code(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            socket.recv(PATIENCE_S)
    assert caught.value.rcvd is not None, caught.value
    return caught.value.rcvd.code


def test_a_route_of_the_host_reaches_a_plain_websocket(stage: Stage) -> None:
    before = stage.host.counts()
    with stage.browser() as browser, stage.enter(browser) as socket:
        wait_until(lambda: stage.host.followers() == 1)
        answer = browser.post(stage.part.publish, content=stage.part.body)
        said = socket.recv(PATIENCE_S)
        after = stage.host.counts()

    assert answer.status_code == 200
    assert said == stage.part.told
    grown = {name: after[name] - before[name] for name in after}
    assert grown == ({"taken": 1, "carried": 0} if stage.taken else {"taken": 0, "carried": 1})


def test_who_is_not_logged_in_is_sent_away(stage: Stage) -> None:
    with stage.host.client() as stranger:
        refused = stranger.post(stage.part.publish, content="let me in")
    with stage.enter() as socket:
        if stage.part.log_in:
            assert close_code(socket) == 4501
        else:  # may listen, and does not speak
            socket.send("let me in")
            assert close_code(socket) == 1008

    assert refused.status_code in {401, 403}


def test_what_the_host_does_not_have_is_found_nowhere(stage: Stage) -> None:
    with stage.host.client() as client:
        answers = [client.get(path) for path in ("/", "/rt/", "/rt/health/ready", "/rt/nope")]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 404]
    assert "rt/ws/" in answers[0].text
    assert answers[3].json()["error"]["message"] == "nothing is at /rt/nope"


def test_a_page_of_another_origin_does_not_get_in(stage: Stage) -> None:
    with pytest.raises(InvalidStatus) as caught:
        connect(stage.host.address("/ws/x"), origin=Origin("http://evil.example"), proxy=None)

    assert caught.value.response.status_code == 403


def test_the_sdk_and_an_orderly_end(stage: Stage) -> None:
    """The last one for each host, because it ends it."""
    node, part = node_with_clients(), stage.part
    with stage.browser() as browser, stage.enter(browser) as socket:
        cookie = f"{part.cookie}={browser.cookies[part.cookie]}"
        with subprocess.Popen(
            [
                *(node, "embedded.mjs", stage.host.origin, part.channel),
                *(cookie, part.publish, part.body),
            ],
            cwd=HERE,
            stdout=subprocess.PIPE,
            text=True,
        ) as sdk:
            assert sdk.stdout is not None
            ready = sdk.stdout.readline()
            assert ready == f"ready {part.told}\n", ready
            stage.host.process.terminate()
            code = close_code(socket)
            told = sdk.stdout.readline()
        wait_until(lambda: stage.host.process.poll() is not None)
        log = stage.host.log.read_text()

    assert code == 3001
    assert told.split()[1] == "3001"
    if stage.taken:
        assert told == "told 3001 3001\n"
        assert "Finished server process" in log
        assert "Traceback" not in log
