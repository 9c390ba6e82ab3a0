"""Real workers of one machine: replaced when they die, mourned by the others, gone with their supervisor."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.server.running import Running, alive, serving, wait_until
from tests.servers import two_free_ports


def workers_of(pids: list[int]) -> list[int]:
    return [pid for pid in pids if b"hubbub.server" in command_of(pid)]


def command_of(pid: int) -> bytes:
    """Return the command line of a process; nothing where it has just gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_real_workers_share_a_port_and_are_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as server:
        assert "a private redis-server" in server.out
        assert "workers  2" in server.out
        first = workers_of(server.children())
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        wait_until(lambda: len(set(workers_of(server.children())) - set(first)) == 1)
        wait_until(lambda: server.status("/health/ready") == 200)
        assert re.findall(r"a worker died", server.err) == ["a worker died"]
        children = server.children()
        assert server.stop() == 0
        assert not any(map(alive, children))


def asked(server: Running, method: str, parameters: dict[str, str]) -> dict[str, Any]:
    """Return what a worker, whichever it is, answers over HTTP."""
    request = urllib.request.Request(f"{server.url}/api/{method}", json.dumps(parameters).encode())
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return dict(json.load(response)["result"])
    except OSError:  # the one that took it has just died
        return asked(server, method, parameters)


def users_in_room(server: Running) -> set[str]:
    members = asked(server, "presence", {"channel": "room"})["presence"]
    return {member["user"] for member in members.values()}


def test_nobody_is_left_in_a_room_whose_worker_was_killed(tmp_path: Path) -> None:
    """Those who stay learn it from the supervisor, long before the lease of the dead node is over."""
    first = two_free_ports()
    with serving(tmp_path, "--workers", "2", "--worker-ports", f"{first}+") as server:
        url = "ws://127.0.0.1:%d/ws/room?user=%s"
        with connect(url % (first, "ann")), connect(url % (first + 1, "bob")):
            wait_until(lambda: users_in_room(server) == {"ann", "bob"})
            began = time.monotonic()
            nodes = asked(server, "info", {})["nodes"]
            [victim] = [node["process"]["pid"] for node in nodes if node["port"] == first]
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: users_in_room(server) == {"bob"})
            # Of a lease of 12 s that is renewed every 3 s, at least 9 s were left.
            assert time.monotonic() - began < 9


def test_workers_and_redis_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as server:
        children = server.children()
        assert len(children) == 3
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(map(alive, children)))
