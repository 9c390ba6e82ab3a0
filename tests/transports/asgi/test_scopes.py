from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.contract import Request
from hubbub.sessions.contract import Refusal
from hubbub.transports.asgi.scopes import is_local, read_scope, target
from tests.transports.asgi.stage import websocket


@pytest.mark.parametrize(
    ("root", "path", "raw", "seen"),
    [
        ("", "/ws/lobby", b"/ws/lobby", b"/ws/lobby"),
        ("/rt", "/rt/ws/lobby", b"/rt/ws/lobby", b"/ws/lobby"),
        ("/rt/", "/rt/ws/lobby", b"/rt/ws/lobby", b"/ws/lobby"),
        ("/rt", "/rt", b"/rt", b"/"),
        ("/rt", "/rt/", b"/rt/", b"/"),
        ("/a/b", "/a/b/ws/x", b"/a/b/ws/x", b"/ws/x"),
        ("/rt", "/ws/lobby", b"/ws/lobby", b"/ws/lobby"),  # a server that leaves the root out
        ("/rt", "/rtx/ws", b"/rtx/ws", b"/rtx/ws"),
        ("/rt", "/rt/ws/a/b", b"/rt/ws/a%2Fb", b"/ws/a%2Fb"),  # doors tell %2F from a slash
        ("/räume", "/räume/ws/x y", b"/r%C3%A4ume/ws/x%20y", b"/ws/x%20y"),
        ("/a/b", "/a/b/ws/x y", b"/a%2Fb/ws/x%20y", b"/ws/x%20y"),
        ("/rt", "/rt/ws/x y", None, b"/ws/x%20y"),
        ("", "/", b"", b"/"),
    ],
)
def test_a_path_is_seen_from_the_mount(
    root: str, path: str, raw: bytes | None, seen: bytes
) -> None:
    assert target(websocket(path, raw_path=raw, root_path=root)) == seen


@given(root=st.text().filter(lambda root: root.strip("/")), rest=st.text())
def test_every_path_below_every_mount_is_found(root: str, rest: str) -> None:
    try:
        prefix = "/" + root.strip("/")
        raw = quote(prefix).encode() + b"/" + quote(rest).encode()
    except UnicodeEncodeError:
        return
    scope = websocket(f"{prefix}/{rest}", raw_path=raw, root_path=prefix)

    assert target(scope) == b"/" + quote(rest).encode()


def test_a_request_says_all_that_doors_ask() -> None:
    scope = websocket(
        "/rt/ws/lobby",
        root_path="/rt",
        query_string=b"format=json&user=zh%C3%A4ng",
        headers=[(b"host", b"here"), (b"cookie", b"a=1"), (b"cookie", b"b=2")],
        client=("10.0.0.7", 4711),
    )

    assert read_scope(scope) == Request(
        path="/ws/lobby",
        query={"format": "json", "user": "zhäng"},
        headers={"host": "here", "cookie": "a=1; b=2"},
        peer="10.0.0.7",
        scope=scope,
    )


def test_a_server_on_a_unix_socket_knows_no_peer() -> None:
    request = read_scope(websocket(client=None))

    assert isinstance(request, Request)
    assert request.peer == ""


def test_an_address_that_is_not_utf_8_is_refused() -> None:
    assert isinstance(read_scope(websocket("/ws/\ufffd", raw_path=b"/ws/%FF")), Refusal)


@pytest.mark.parametrize(
    ("server", "local"),
    [
        (("127.0.0.1", 8000), True),
        (("::1", 8000), True),
        (("10.0.0.7", 8000), False),
        (("2001:db8::1", 8000), False),
        (("/run/app.sock", None), True),
        (("testserver", 80), True),
        (None, True),
    ],
)
def test_a_server_is_local_where_only_this_machine_reaches_it(
    server: tuple[str, int | None] | None, local: bool
) -> None:
    assert is_local(websocket(server=server)) is local


def test_a_scope_need_not_name_a_server() -> None:
    assert is_local(websocket())
