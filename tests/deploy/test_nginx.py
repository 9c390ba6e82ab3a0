"""deploy/nginx.conf in front of two workers: every way in goes through it, and around a dead worker."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.clients.installed import HERE as CLIENTS
from tests.clients.installed import INSTALL_WITHIN_S, node_with_clients
from tests.clients.publisher import Publisher
from tests.deploy.proxy import IP_HASH, nginx, program, written
from tests.server.running import serving, wait_until
from tests.servers import free_port, two_free_ports

PLAY_WITHIN_S = 240

pytestmark = pytest.mark.timeout(INSTALL_WITHIN_S + PLAY_WITHIN_S)


def answer(port: int, path: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return dict(json.load(response))
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return {}


@pytest.mark.parametrize("balance", ["least_conn;", IP_HASH])
def test_it_is_what_nginx_takes(tmp_path: Path, balance: str) -> None:
    main = written(tmp_path, free_port(), [6001, 6002], balance=balance)
    done = subprocess.run(
        [program(), "-t", "-c", main], capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def pid_of(first: int, worker: int, url: str) -> int:
    """Return the process of a worker, which tells it when it is asked for numbers."""
    request = urllib.request.Request(f"{url}/api/info", b"{}")
    with urllib.request.urlopen(request, timeout=5) as response:
        nodes = json.load(response)["result"]["nodes"]
    [pid] = [node["process"]["pid"] for node in nodes if node["port"] == first + worker]
    return int(pid)


@pytest.mark.slow
def test_clients_of_killed_workers_come_back_through_the_others(tmp_path: Path) -> None:
    first, port = two_free_ports(), free_port()
    main = written(tmp_path, port, [first, first + 1])
    with serving(tmp_path, "--workers", "2", "--worker-ports", f"{first}+") as server, nginx(main):
        wait_until(lambda: answer(port, "/health/ready").get("status") == "ready")
        nodes = {answer(port, "/health/live").get("node") for _ in range(20)}
        assert len(nodes) == 2  # both get their share
        publisher = Publisher(port, "room")
        clients = subprocess.Popen(
            [node_with_clients(), "proxied.mjs", str(port), "room"],
            cwd=CLIENTS,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert clients.stdout is not None
        try:
            assert clients.stdout.readline() == "following\n"
            for victim in (0, 1):
                pid = pid_of(first, victim, server.url)
                os.kill(pid, signal.SIGKILL)
                for n in range(50 * victim, 50 * victim + 50):
                    publisher.publish({"n": n})
                wait_until(lambda at=first + victim: answer(at, "/health/ready"))  # type: ignore[misc]
            publisher.publish({"end": True})
            accounts = [json.loads(clients.stdout.readline()) for _ in range(3)]
        finally:
            clients.kill()
            clients.communicate()
    for account in accounts:
        assert account["seen"] == list(range(100)), account
        assert account["words"] == 3
        assert account["recovered"] == account["returns"] >= 1, account
    assert not re.search(r"\[(crit|alert|emerg)\]", (tmp_path / "error.log").read_text())
