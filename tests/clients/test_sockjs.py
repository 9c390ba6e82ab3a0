"""SockJS against a running server: npm `sockjs-client` with each transport forced, and the protocol's cases.

The cases are those of sockjs-protocol 0.3.3 (https://github.com/sockjs/sockjs-protocol), in our own words.
Where we deviate, docs/protocols/sockjs.md says why.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.clients.installed import HERE, INSTALL_WITHIN_S, node_with_clients
from tests.clients.sockjs_wire import BEATS, BEATS_AT_MOST, WITHIN_S, Place
from tests.docs.served import Served
from tests.servers import RedisServer

PLAY_WITHIN_S = 240
TRANSPORTS = ("websocket", "xhr-streaming", "eventsource", "xhr-polling")
APP = f"{HERE / 'wary.py'}:app"

pytestmark = pytest.mark.timeout(INSTALL_WITHIN_S + PLAY_WITHIN_S)


def configured(folder: Path) -> Path:
    shutil.copy(HERE / "sockjs.toml", folder / "hubbub.toml")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = configured(tmp_path_factory.mktemp("server"))
    with Served(folder, APP, "--broker", "memory://") as served:
        yield served


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run two workers behind one port, so that requests of one client land on both."""
    folder = configured(tmp_path_factory.mktemp("workers"))
    with (
        RedisServer(folder) as redis,
        Served(folder, APP, "--broker", redis.url, "--workers", "2") as served,
    ):
        yield served


def play(transports: tuple[str, ...], port: int, *scenarios: str) -> None:
    """Play scenarios over several transports beside each other, because a process costs more than they do."""
    done = subprocess.run(
        [
            node_with_clients(),
            "sockjs_js.mjs",
            "|".join(scenarios),
            "|".join(transports),
            str(port),
        ],
        cwd=HERE,
        capture_output=True,
        check=False,
        text=True,
        timeout=PLAY_WITHIN_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_client(server: Served) -> None:
    play(
        TRANSPORTS,
        server.port,
        "echo",
        "one order for all",
        "streams begin anew and lose nothing",
        "be turned away",
        "hear the heart beat",
    )


def test_two_workers(workers: Served) -> None:
    play(
        TRANSPORTS,
        workers.port,
        "echo",
        "one order for all",
        "streams begin anew and lose nothing",
    )


# ── the cases of the protocol ───────────────────────────────────────────────────────────────────


@pytest.fixture
def echo(server: Served) -> Place:
    return Place(server.port, f"echo/{uuid.uuid4().hex}")


@pytest.fixture
def close(server: Served) -> Place:
    return Place(server.port, "close")


GO_AWAY = 'c[3000,"Go away!"]'
OCCUPIED = 'c[2010,"Another connection still open"]'
INTERRUPTED = 'c[1002,"Connection interrupted"]'


def own(answer: str) -> list[str]:
    """Return the messages of a frame."""
    assert answer[0] == "a", answer
    return list(json.loads(answer[1:]))


def test_a_session_of_polls(echo: Place) -> None:
    assert echo.poll() == "o\n"
    assert echo.send('["a"]').status == 204
    assert echo.poll("999") == 'a["a"]\n', "the server's number is for proxies"
    for kind in (
        "text/plain",
        "T",
        "application/json",
        "application/xml",
        "text/xml; charset=utf-8",
    ):
        assert echo.send('["a"]', Content_Type=kind).status == 204
    heard: list[str] = []
    while len(heard) < 5:
        heard += own(echo.poll())
    assert heard == ["a"] * 5
    assert echo.send('["x').text == "Broken JSON encoding."
    assert echo.send("").text == "Payload expected."
    assert echo.send('["b"]').status == 204
    assert echo.poll() == 'a["b"]\n'
    assert echo.another().send('["a"]').status == 404


@pytest.mark.parametrize("session", ["_/_", "1/1", "abcdefgh_i-j%20/abcdefg_i-j%20", "000/S"])
def test_any_name_is_a_session(echo: Place, session: str) -> None:
    server, name = session.split("/")
    echo.session = f"{name}{echo.session}"
    assert echo.poll(server) == "o\n"


@pytest.mark.parametrize("wrong", ["//", "/a./a", "/a/a.", "/./.", "/", "///", "/a/a/a"])
def test_what_is_no_session(echo: Place, wrong: str) -> None:
    for method in ("GET", "POST"):
        assert echo.ask(method, f"/echo/c{wrong}/xhr").status in {404, 405}


def test_the_end_is_told_until_it_is_forgotten(close: Place) -> None:
    assert [close.poll() for _ in range(3)] == ["o\n", f"{GO_AWAY}\n", f"{GO_AWAY}\n"]
    script = close.another()
    said = [script.script() for _ in range(3)]
    ended = '/**/x("c[3000,\\"Go away!\\"]");\r\n'
    assert said == ['/**/x("o");\r\n', ended, ended]


def test_a_second_request_is_refused_and_a_broken_one_ends_the_session(echo: Place) -> None:
    for what in ("xhr_streaming", "xhr"):
        place = echo.another()
        if what == "xhr":
            assert place.poll() == "o\n"
        with place.stream("POST", what) as first:
            if what == "xhr_streaming":
                assert [first.chunk(), first.chunk()] == ["h" * 2048 + "\n", "o\n"]
            with place.stream("POST", what) as second:
                if what == "xhr_streaming":
                    assert second.chunk()[0] == "h"
                assert [second.chunk(), second.chunk()] == [f"{OCCUPIED}\n", ""]
        for _ in range(100):  # the server hears of the end a moment later
            told = place.poll()
            if told != f"{OCCUPIED}\n":
                break
        assert told == f"{INTERRUPTED}\n"


def test_streams(echo: Place) -> None:
    with echo.stream("POST", "xhr_streaming") as stream:
        assert "application/javascript; charset=UTF-8" in stream.head
        assert [stream.chunk(), stream.chunk()] == ["h" * 2048 + "\n", "o\n"]
        echo.send('["x"]')
        assert stream.chunk() == 'a["x"]\n'
        for _ in range(40):
            if echo.send(f'["{"x" * 128}"]').status == 204 and not stream.chunk():
                break
        else:
            pytest.fail("it does not end after 4096 bytes")
    with echo.another().stream("POST", "xhr_streaming", "1.0") as old:
        assert "chunked" not in old.head.lower()
    ended = Place(echo.port, "close")
    with ended.stream("POST", "xhr_streaming", "1.0") as old:
        assert old.rest() == "h" * 2048 + f"\no\n{GO_AWAY}\n"
    with ended.stream("POST", "xhr_streaming") as again:
        assert [again.chunk()[0], again.chunk(), again.chunk()] == ["h", f"{GO_AWAY}\n", ""]


def test_streams_of_events_and_of_scripts(echo: Place) -> None:
    with echo.stream("GET", "eventsource") as events:
        assert "text/event-stream; charset=UTF-8" in events.head
        assert [events.chunk(), events.chunk()] == ["\r\n", "data: o\r\n\r\n"]
        echo.send(r'["  \u0000\n\r "]')
        assert events.chunk() == 'data: a["  \\u0000\\n\\r "]\r\n\r\n'
        echo.send(f'["{"x" * 4096}"]')
        assert [events.chunk()[:8], events.chunk()] == ["data: a[", ""]
    frame = echo.another()
    with frame.stream("GET", "htmlfile?c=%63allback") as page:
        begun = page.chunk()
        assert "var c = parent.callback;" in begun
        assert len(begun) > 1024
        assert page.chunk() == '<script>\np("o");\n</script>\r\n'
        frame.send('["x"]')
        assert page.chunk() == '<script>\np("a[\\"x\\"]");\n</script>\r\n'
    for what in ("htmlfile", "jsonp"):
        refused = echo.ask("GET", echo.at(what))
        assert (refused.status, '"callback" parameter required' in refused.text) == (500, True)


def test_polls_by_scripts(echo: Place) -> None:
    asked = echo.ask("GET", echo.at("jsonp?c=%63allback"))
    assert asked.text == '/**/callback("o");\r\n'
    assert asked.headers["content-type"] == "application/javascript; charset=UTF-8"
    form = "application/x-www-form-urlencoded"
    sent = echo.ask("POST", echo.at("jsonp_send"), "d=%5B%22x%22%5D", Content_Type=form)
    assert (sent.status, sent.text) == (200, "ok")
    bare = echo.ask("POST", echo.at("jsonp_send"), '["%61bc"]', Content_Type="text/plain")
    assert bare.text == "ok"
    told = echo.script()
    if "%61bc" not in told:
        told += echo.script()  # they came one by one
    whole = r'/**/x("a[\"x\",\"%61bc\"]");'
    assert told.split("\r\n")[:-1] in ([whole], [r'/**/x("a[\"x\"]");', r'/**/x("a[\"%61bc\"]");'])


def test_what_a_service_says_of_itself(server: Served, echo: Place) -> None:
    without = json.loads(echo.ask("GET", "/disabled_websocket_echo/info").text)
    assert (without["websocket"], without["cookie_needed"]) == (False, False)
    assert echo.ask("GET", "/disabled_websocket_echo/0/0/websocket").status == 404
    cookies = Place(server.port, "cookie_needed_echo")
    assert json.loads(cookies.ask("GET", "/cookie_needed_echo/info").text)["cookie_needed"]
    answer = cookies.ask("POST", cookies.at("xhr"), Cookie="JSESSIONID=abcdef")
    assert answer.headers["set-cookie"] == "JSESSIONID=abcdef; Path=/"
    with cookies.another().stream("GET", "eventsource") as events:
        assert "Set-Cookie: JSESSIONID=dummy; Path=/" in events.head


def heard(socket: ClientConnection) -> str:
    """Return the next message that is no heartbeat."""
    for _ in range(BEATS_AT_MOST):
        said = str(socket.recv(WITHIN_S))
        if said not in BEATS:
            return said
    raise AssertionError("nothing but heartbeats")


def test_websockets(server: Served) -> None:
    base, room = f"ws://127.0.0.1:{server.port}", uuid.uuid4().hex
    same = f"{base}/echo/{room}/0/s/websocket"
    with connect(same) as one, connect(same) as two:
        assert [heard(one), heard(two)] == ["o", "o"], "they are two sessions"
        two.send('["b"]')
        assert heard(two) == 'a["b"]'
        one.send("")
        one.send('["a"]')
        assert heard(two) == 'a["a"]'
        two.send('["a')
        assert str(heard(two)).startswith("c[3501,")
        with pytest.raises(ConnectionClosed):
            heard(two)
    with connect(f"{base}/close/0/s/websocket") as ended:
        assert [heard(ended), heard(ended)] == ["o", GO_AWAY]
        with pytest.raises(ConnectionClosed):
            heard(ended)
    with connect(f"{base}/echo/{room}/websocket") as raw:
        raw.send("Hello world!\uffff")
        assert heard(raw) == "Hello world!\uffff"
    with connect(f"{base}/close/websocket") as raw, pytest.raises(ConnectionClosed) as caught:
        heard(raw)
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (3000, "Go away!")
