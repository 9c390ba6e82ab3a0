"""One process, as its operator sees it: it starts, it serves, it goes in order."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_sync

from tests.server.running import HUBBUB, Running, running, serving, wait_until


def ws(server: Running, channel: str, query: str = "") -> str:
    return f"{server.url.replace('http', 'ws', 1)}/ws/{channel}{query}"


def received(client: socket.socket, end: bytes) -> bytes:
    """Return what arrives up to `end`, or all until the other side closes."""
    data = b""
    while not data.endswith(end):
        piece = client.recv(4096)
        if not piece:
            break
        data += piece
    return data


def test_it_says_where_it_is_and_in_which_mode(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        lines = server.out.splitlines()
        assert lines[0].startswith("Hubbub 0.")
        assert (
            lines[1]
            == "  mode     open: everybody may do everything (only this machine reaches it)"
        )
        assert lines[2] == "  broker   memory://"
        assert server.url in lines[4]
        assert server.err == ""
        assert server.status("/health/ready") == 200
        assert server.status("/") == 200


async def test_text_reaches_everybody_the_sender_included(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with connect(ws(server, "lobby")) as ann, connect(ws(server, "lobby")) as bob:
            await ann.send("hello")
            assert await ann.recv() == await bob.recv() == "hello"


async def test_it_drains_when_told_to_stop(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with connect(ws(server, "lobby")) as ann:
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as caught:
                await asyncio.wait_for(ann.recv(), 10)
            close = caught.value.rcvd
            assert close is not None
            assert close.code in {1001, 1012, 3001}
        assert await asyncio.to_thread(server.process.wait, 20) == 0
        assert server.err == ""


def test_ctrl_c_is_an_orderly_end(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert server.stop(signal.SIGINT) == 0
        assert server.err == ""


def test_whoever_comes_while_it_drains_is_sent_away(tmp_path: Path) -> None:
    (tmp_path / "hubbub.toml").write_text("drain_s = 20\n[listener]\nhead_timeout_s = 60")
    with serving(tmp_path) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with (
            socket.create_connection((host, int(port))) as idle,
            socket.create_connection((host, int(port))) as asking,
            connect_sync(ws(server, "lobby")),
        ):
            ready = b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n"
            asking.sendall(ready[:10])
            idle.sendall(ready)
            assert b" 200 " in received(idle, b"}")
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: server.status("/health/live") == 0)
            asking.sendall(ready[10:])
            idle.sendall(ready)
            for each in (asking, idle):
                said = received(each, b"more")
                assert b"the server is shutting down" in said
                assert b"connection: close" in said, "what it asks next, others should answer"
            # The second signal ends the patience.
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(60) == 0


def test_a_slow_reader_does_not_hold_the_end_up(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as deaf:
            deaf.sendall(
                b"GET /ws/lobby HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            assert b" 101 " in received(deaf, b"\r\n\r\n")
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < 30


def test_everything_works_over_tls(tmp_path: Path) -> None:
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    made = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1")
    files = ("-keyout", "key.pem", "-out", "cert.pem")
    command = ("openssl", "req", "-x509", *made, *names, *files)
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "hubbub.toml").write_text('tls_cert = "cert.pem"\ntls_key = "key.pem"\n')
    with serving(tmp_path) as server:
        assert server.url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        with connect_sync(ws(server, "lobby"), ssl=trusting) as ann:
            ann.send("hello")
            assert ann.recv(10) == "hello"
        with urllib.request.urlopen(f"{server.url}/health/ready", context=trusting) as response:
            assert response.status == 200
        assert server.stop() == 0
        assert server.err == ""


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = (*HUBBUB, "serve", "--broker", "memory://", "--port", str(port))
        with running(command, tmp_path) as server:
            assert server.process.wait(20) == 2
            assert server.err == (
                f"hubbub: port {port} of 127.0.0.1 is taken by another program: "
                "choose another one with --port\n"
            )


def test_a_broker_that_is_away_is_told(tmp_path: Path) -> None:
    command = (*HUBBUB, "serve", "--port", "0", "--broker", "redis://:hunter2@127.0.0.1:1/0")
    with running(command, tmp_path) as server:
        assert server.process.wait(40) == 1
        assert server.err.startswith("hubbub: the broker is not available: ")
        assert "hunter2" not in server.err
        assert len(server.err.splitlines()) == 1


def test_many_files_may_be_open(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        limits = Path(f"/proc/{server.process.pid}/limits").read_text().splitlines()
        [files] = [line.split() for line in limits if line.startswith("Max open files")]
        assert files[3] == files[4]


def test_a_user_program_gets_the_settings_of_the_command(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from hubbub.app import Hubbub\n"
        "app = Hubbub()\n"
        "print('program sees', app.settings.broker, app.settings.limits.channels, flush=True)\n"
    )
    (tmp_path / "hubbub.toml").write_text("[limits]\nchannels = 7\n")
    with serving(tmp_path, "mine.py:app") as server:
        assert "program sees memory:// 7" in server.out
        assert server.status("/health/ready") == 200


def test_the_date_header_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        host, port = server.url.removeprefix("http://").split(":")

        def date() -> bytes:
            with socket.create_connection((host, int(port))) as client:
                client.sendall(
                    b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                )
                head = received(client, b"}").lower()
            return next(line for line in head.splitlines() if line.startswith(b"date:"))

        first = date()
        wait_until(lambda: date() != first, 10)


def test_requests_in_progress_are_finished(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            body = json.dumps({"channel": "lobby", "data": 1}).encode()
            head = f"POST /api/publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
            client.sendall(head.encode() + body[:5])
            # The request is under way once the next one is answered.
            assert server.status("/health/live") == 200
            stopping = threading.Thread(target=server.stop)
            stopping.start()
            wait_until(lambda: server.status("/health/live") == 0)
            client.sendall(body[5:])
            assert b'"offset":1' in received(client, b"}}")
            stopping.join()
            assert server.process.returncode == 0
