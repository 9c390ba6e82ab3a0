"""Socket.IO by polling alone, through nginx that takes turns over four workers: none lost, none doubled.

The size is that of every day; `HUBBUB_FAULTS=full` runs what the promise names: 500 clients, 20,000 messages.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.installed import HERE as CLIENTS
from tests.clients.installed import node_with_clients
from tests.deploy.proxy import nginx, written
from tests.server.running import serving, wait_until
from tests.servers import free_port, free_ports

FULL = os.environ.get("HUBBUB_FAULTS") == "full"
PEOPLE, ROOMS, EACH = (500, 50, 40) if FULL else (40, 8, 10)
WORKERS = 4
WITHIN_S = 900 if FULL else 120

pytestmark = pytest.mark.timeout(WITHIN_S + 60)


def nodes(port: int) -> list[dict[str, Any]]:
    """Return what each worker says of itself; nothing as long as one is missing."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/info", b"{}")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            found = list(json.load(response)["result"]["nodes"])
    except OSError:
        return []
    return found if len(found) == WORKERS else []


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Return where nginx listens, in front of workers among which it takes turns, request by request."""
    first, port = free_ports(WORKERS), free_port()
    main = written(tmp_path, port, range(first, first + WORKERS), balance="")
    with (
        serving(tmp_path, "--workers", str(WORKERS), "--worker-ports", f"{first}+"),
        nginx(main),
    ):
        wait_until(lambda: nodes(port))
        yield port


def test_polls_that_land_anywhere_lose_and_double_nothing(port: int) -> None:
    sizes = map(str, (port, PEOPLE, ROOMS, EACH))
    done = subprocess.run(
        [node_with_clients(), "polled.mjs", *sizes],
        cwd=CLIENTS,
        capture_output=True,
        check=False,
        text=True,
        timeout=WITHIN_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    account = json.loads(done.stdout)
    print(account)
    assert account["faults"] == account["ends"] == []
    assert account["clients"] == PEOPLE
    assert account["said"] == PEOPLE * EACH
    assert account["seen"] == account["said"] * PEOPLE // ROOMS
