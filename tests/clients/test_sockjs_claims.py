"""What sockjs-protocol 0.3.3 claims of what is asked before there is a session, and of every answer's head.

In our own words, class by class; sessions are in test_sockjs.py. The claims about drafts of WebSocket before
RFC 6455 are left out (docs/protocols/sockjs.md).
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.clients.sockjs_wire import WITHIN_S, Answer, Place
from tests.docs.served import Served

SETTINGS = """
allowed_origins = ["http://friend"]

[[endpoints]]
path = "/echo"
channel = "echo"
transport = "sockjs"
client_url = "/sockjs.min.js"

[[endpoints]]
path = "/cookie_needed_echo"
channel = "echo"
transport = "sockjs"
cookie = true
"""
TEXT, SCRIPT = "text/plain; charset=UTF-8", "application/javascript; charset=UTF-8"
UPGRADE = {"Connection": "Upgrade", "Upgrade": "WebSocket"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "hubbub.toml").write_text(SETTINGS)
    with Served(folder, "--broker", "memory://") as served:
        yield served


@pytest.fixture
def echo(server: Served) -> Place:
    return Place(server.port, "echo")


@pytest.fixture
def cookies(server: Served) -> Place:
    return Place(server.port, "cookie_needed_echo")


def assert_never_kept(answer: Answer) -> None:
    kept = answer.headers["cache-control"]
    assert "no-store" in kept
    assert "no-cache" in kept
    assert "expires" not in answer.headers
    assert "last-modified" not in answer.headers


def assert_readable(answer: Answer, origin: str) -> None:
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"


# ── BaseUrlGreeting, IframePage, InfoTest ───────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/echo", "/echo/"])
def test_a_greeting(echo: Place, path: str) -> None:
    answer = echo.ask("GET", path)
    assert (answer.status, answer.text) == (200, "Welcome to SockJS!\n")
    assert answer.headers["content-type"] == TEXT
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/a", "/a.html", "//", "///", "/a/a", "/a/a/", "/a/"])
def test_nothing_else_is_there(echo: Place, path: str) -> None:
    assert echo.ask("GET", f"/echo{path}").status == 404


@pytest.mark.parametrize("version", ["", "-a", "-", "-0.1.2", "-0.1.2-abc2", "-a.html?t=1"])
def test_a_page_for_frames_may_be_kept_for_long(echo: Place, version: str) -> None:
    path = f"/echo/iframe{version}" + ("" if "?" in version else ".html")
    answer = echo.ask("GET", path)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=UTF-8")
    assert "SockJS.bootstrap_iframe();" in answer.text
    assert '<script src="/sockjs.min.js"></script>' in answer.text
    assert "public" in answer.headers["cache-control"]
    assert int(answer.headers["cache-control"].rpartition("max-age=")[2]) >= 31_536_000
    assert answer.headers["expires"]
    assert "set-cookie" not in answer.headers
    again = echo.ask("GET", path, If_None_Match=answer.headers["etag"])
    assert (again.status, again.text, again.headers["content-type"]) == (304, "", None)


@pytest.mark.parametrize(
    "name",
    ["iframe.htm", "iframe", "IFRAME.HTML", "IFRAME", "iframe.HTML", "iframe.xml", "iframe-/.html"],
)
def test_the_page_has_no_other_names(echo: Place, name: str) -> None:
    assert echo.ask("GET", f"/echo/{name}").status == 404


def test_what_a_service_says_of_itself(echo: Place) -> None:
    answer = echo.ask("GET", "/echo/info", Origin="http://friend")
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert_never_kept(answer)
    assert_readable(answer, "http://friend")
    assert "set-cookie" not in answer.headers
    said = json.loads(answer.text)
    assert (said["websocket"], said["cookie_needed"], said["origins"]) == (True, False, ["*:*"])
    other = json.loads(echo.ask("GET", "/echo/info").text)["entropy"]
    assert isinstance(other, int)
    assert other != said["entropy"]


# ── requests of pages of other origins ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("what", "methods"),
    [
        ("info", "OPTIONS, GET"),
        ("000/s/xhr", "OPTIONS, POST"),
        ("000/s/xhr_send", "OPTIONS, POST"),
        ("000/s/xhr_streaming", "OPTIONS, POST"),
    ],
)
def test_a_browser_may_ask_first(echo: Place, what: str, methods: str) -> None:
    """Deviate: an origin that may not ask is told so, `null` too; the suite has all let in."""
    for wish in ("a, b, c", ""):
        more = {"Access_Control_Request_Headers": wish} if wish else {}
        answer = echo.ask("OPTIONS", f"/echo/{what}", Origin="http://friend", **more)
        assert (answer.status, answer.text) == (204, "")
        assert_readable(answer, "http://friend")
        assert answer.headers["access-control-allow-methods"] == methods
        assert answer.headers.get("access-control-allow-headers", "") == wish
        assert int(answer.headers["access-control-max-age"]) >= 1_000_000
        assert "public" in answer.headers["cache-control"]
        assert answer.headers["expires"]
    assert echo.ask("OPTIONS", f"/echo/{what}", Origin="null").status == 403


# ── WebsocketHttpErrors, WebsocketHybi10 ────────────────────────────────────────────────────────


def test_who_wants_no_websocket_is_told_what_is_missing(echo: Place) -> None:
    place = echo.at("websocket")
    plain = echo.ask("GET", place)
    assert (plain.status, 'Can "Upgrade" only to "WebSocket".' in plain.text) == (400, True)
    half = echo.ask("GET", place, Upgrade="WebSocket", Connection="close")
    assert (half.status, "Connection" in half.text) == (400, True)
    wrong = echo.ask("POST", place)
    assert (wrong.status, wrong.text) == (405, "")
    assert "GET" in wrong.headers["allow"]


def test_a_handshake_may_come_with_keep_alive(echo: Place) -> None:
    with socket.create_connection(("127.0.0.1", echo.port), WITHIN_S) as raw:
        raw.sendall(
            f"GET {echo.at('websocket')} HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\n"
            "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n".encode()
        )
        said = b""
        while b"\x81\x01o" not in said:
            piece = raw.recv(4096)
            assert piece, said
            said += piece
    head = said.lower()
    assert head.startswith(b"http/1.1 101 ")
    assert b"\r\nsec-websocket-accept: hsmrc0smlyukagmm5oppg2hagwk=\r\n" in head
    assert b"content-length" not in head
    assert b"transfer-encoding" not in head


# ── XhrPolling, JsonPolling, streams: the heads of answers ──────────────────────────────────────


def test_each_answer_has_its_head(echo: Place) -> None:
    polled = echo.ask("POST", echo.at("xhr"), Origin="http://friend")
    assert (polled.text, polled.headers["content-type"]) == ("o\n", SCRIPT)
    sent = echo.ask("POST", echo.at("xhr_send"), '["x"]', Origin="http://friend")
    assert (sent.status, sent.text, sent.headers["content-type"]) == (204, "", TEXT)
    lost = echo.ask("POST", echo.another().at("xhr_send"), '["x"]', Origin="http://friend")
    assert lost.status == 404
    script = echo.ask("GET", echo.another().at("jsonp?c=x"))
    assert script.headers["content-type"] == SCRIPT
    for answer in (polled, sent, lost):
        assert_readable(answer, "http://friend")
        assert "set-cookie" not in answer.headers
    for answer in (polled, sent, script):
        assert_never_kept(answer)
    for what, method, media in (
        ("xhr_streaming", "POST", SCRIPT),
        ("eventsource", "GET", "text/event-stream; charset=UTF-8"),
        ("htmlfile?c=x", "GET", "text/html; charset=UTF-8"),
    ):
        with echo.another().stream(method, what) as stream:
            head = stream.head
        assert f"\r\nContent-Type: {media}\r\n" in head
        assert "no-store" in head
        assert "set-cookie" not in head.lower()


# ── JsessionidCookie ────────────────────────────────────────────────────────────────────────────


def test_a_cookie_keeps_a_client_with_a_server(cookies: Place) -> None:
    info = cookies.ask("GET", "/cookie_needed_echo/info")
    assert json.loads(info.text)["cookie_needed"]
    assert "set-cookie" not in info.headers
    for sent, value in (("", "dummy"), ("JSESSIONID=abcdef; a=b", "abcdef")):
        more = {"Cookie": sent, "Sec_Fetch_Site": "same-origin"} if sent else {}
        wanted = f"JSESSIONID={value}; Path=/"
        for method, what in (("POST", "xhr"), ("GET", "jsonp?c=x")):
            answer = cookies.ask(method, cookies.another().at(what), **more)
            assert answer.headers["set-cookie"] == wanted
        for method, what in (
            ("POST", "xhr_streaming"),
            ("GET", "eventsource"),
            ("GET", "htmlfile?c=x"),
        ):
            with cookies.another().stream(method, what, more=more) as stream:
                assert f"\r\nSet-Cookie: {wanted}\r\n" in stream.head


# ── Http10, Http11 ──────────────────────────────────────────────────────────────────────────────


def test_before_http_1_1_an_answer_ends_with_its_connection(echo: Place) -> None:
    for wish in ("", "Connection: keep-alive\r\n"):
        with socket.create_connection(("127.0.0.1", echo.port), WITHIN_S) as raw:
            raw.sendall(f"GET /echo HTTP/1.0\r\nHost: localhost\r\n{wish}\r\n".encode())
            said = raw.makefile("rb").read()
        assert said.endswith(b"Welcome to SockJS!\n")
        assert b"transfer-encoding" not in said.lower()


def test_one_connection_takes_many_requests(echo: Place) -> None:
    with (
        socket.create_connection(("127.0.0.1", echo.port), WITHIN_S) as raw,
        raw.makefile("rb") as said,
    ):
        for _ in range(2):
            raw.sendall(b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: Keep-Alive\r\n\r\n")
            head = b"".join(iter(said.readline, b"\r\n")).lower()
            assert b"content-length: 19\r\n" in head
            assert said.read(19) == b"Welcome to SockJS!\n"
        for session in ("one", "two"):
            raw.sendall(
                f"POST /echo/0/{session}{echo.session}/xhr HTTP/1.1\r\nHost: localhost\r\n"
                "Content-Length: 0\r\n\r\n".encode()
            )
            head = b"".join(iter(said.readline, b"\r\n")).lower()
            assert b"transfer-encoding: chunked\r\n" in head
            assert said.read(12) == b"2\r\no\n\r\n0\r\n\r\n"
