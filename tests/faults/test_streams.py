"""A stream on one node, what its client says on another one, and a node that dies."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.docs.served import Served
from tests.servers import RedisServer

CHANNEL = "room"


class Events:
    """Read a stream of server-sent events."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        said = '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"room"}}'
        self._connection.request("GET", f"/connection/sse?cf_connect={quote(said)}")
        self._response = self._connection.getresponse()
        assert self._response.status == 200
        connected = self.until("connect")
        self.address = {"node": connected["node"], "session": connected["session"]}
        self.until("subscribe")

    def until(self, what: str) -> dict[str, Any]:
        """Return the value of the next event that has `what` in it; fail at the end of the stream."""
        while line := self._response.readline():
            event = json.loads(line[len(b"data: ") :]) if line.startswith(b"data: ") else {}
            found: dict[str, Any] | None = event.get(what)
            if found is not None:
                return found
        raise AssertionError(f"the stream ended before {what}")

    def close(self) -> None:
        self._connection.close()


@contextmanager
def reading(port: int) -> Iterator[Events]:
    events = Events(port)
    try:
        yield events
    finally:
        events.close()


def say(port: int, address: dict[str, str], *commands: object) -> int:
    """Speak beside a stream; return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        body = {**address, "data": "\n".join(json.dumps(command) for command in commands)}
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/emulation", json.dumps(body), headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.slow
def test_a_client_speaks_to_any_node_and_learns_when_its_own_is_gone(tmp_path: Path) -> None:
    folders = [tmp_path / "redis", tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    with (
        RedisServer(folders[0]) as redis,
        Served(folders[1], "--broker", redis.url) as one,
        Served(folders[2], "--broker", redis.url) as other,
        reading(one.port) as events,
    ):
        for number, port in enumerate((other.port, one.port, other.port), 3):
            publish = {"channel": CHANNEL, "data": {"n": number}}
            assert say(port, events.address, {"id": number, "publish": publish}) == 204
            assert events.until("push")["pub"]["data"] == {"n": number}
        assert say(other.port, {**events.address, "session": "guess"}, {}) == 404
        os.kill(one.pid, signal.SIGKILL)
        assert say(other.port, events.address, {"id": 9, "presence": {"channel": CHANNEL}}) == 404
        with reading(other.port) as again:
            assert again.address["node"] != events.address["node"]


def test_a_node_that_stops_says_so_to_its_streams(tmp_path: Path) -> None:
    with Served(tmp_path) as served, reading(served.port) as events:
        os.kill(served.pid, signal.SIGTERM)
        farewell = events.until("push")["disconnect"]
        assert farewell == {"code": 3001, "reason": "shutdown", "reconnect": True}
        with pytest.raises(AssertionError, match="the stream ended"):
            events.until("push")
