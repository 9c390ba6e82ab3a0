"""The worker dies that is telling the application of what nobody acknowledged: another one tells it.

It takes as long as a claim lasts, and so it is played with `HUBBUB_FAULTS=full` only; the same is tested with
a clock that jumps in tests/hub/inbox/test_deadlines.py.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest

from hubbub.hub.inbox.deadlines import CLAIM_MS
from tests.docs.served import Served
from tests.servers import RedisServer

FULL = os.environ.get("HUBBUB_FAULTS") == "full"
WITHIN_S = CLAIM_MS / 1000 + 90

pytestmark = [
    pytest.mark.timeout(WITHIN_S + 60),
    pytest.mark.skipif(not FULL, reason="takes as long as a claim; `make faults` plays it"),
]

SETTINGS = """
[inbox]
ack_s = 1.0

[hooks]
unacknowledged = "http://127.0.0.1:{port}/"
timeout_s = 20.0
"""


class Phone(BaseHTTPRequestHandler):
    """Note what is told; the first to tell gets no answer."""

    told: ClassVar[list[dict[str, Any]]]
    ports: ClassVar[list[int]]
    stuck: ClassVar[threading.Event]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.told.append(body)
        self.ports.append(self.client_address[1])
        if len(self.told) == 1:
            self.stuck.wait(WITHIN_S)
            return
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def phone() -> Iterator[tuple[int, type[Phone]]]:
    class OnePhone(Phone):
        told: ClassVar[list[dict[str, Any]]] = []
        ports: ClassVar[list[int]] = []
        stuck = threading.Event()

    server = ThreadingHTTPServer(("127.0.0.1", 0), OnePhone)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, OnePhone
    finally:
        OnePhone.stuck.set()
        server.shutdown()
        server.server_close()


def owner_of(served: Served, port: int) -> int:
    """Return the worker whose connection comes from a port."""
    for worker in psutil.Process(served.pid).children(recursive=True):
        for connection in worker.net_connections("tcp"):
            if connection.laddr.port == port:
                return worker.pid
    raise AssertionError("no worker has this connection")


def until(what: str, told: list[dict[str, Any]], count: int) -> None:
    deadline = time.monotonic() + WITHIN_S
    while len(told) < count:
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_another_worker_tells_what_a_dead_one_was_telling(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as redis, phone() as (port, handler):
        (tmp_path / "hubbub.toml").write_text(SETTINGS.format(port=port), encoding="utf-8")
        with Served(tmp_path, "--broker", redis.url, "--workers", "2") as served:
            body = json.dumps({"user": "bob", "data": "ring"}).encode()
            urllib.request.urlopen(f"http://127.0.0.1:{served.port}/api/send", body).close()
            until("the first word", handler.told, 1)
            os.kill(owner_of(served, handler.ports[0]), signal.SIGKILL)
            until("the word of another worker", handler.told, 2)
            time.sleep(5)  # long enough for a third one, were there one
    assert [each["user"] for each in handler.told] == ["bob", "bob"]
    assert handler.told[0]["messages"] == handler.told[1]["messages"]
