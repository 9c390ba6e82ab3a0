"""Socket.IO through nginx that takes turns over four workers, by polling and from there to WebSocket.

None is lost, none doubled, and everybody gets a WebSocket who wants one, wherever its handshake lands.

The size is that of every day; `HUBBUB_FAULTS=full` runs what the promise names: 500 clients, 20,000 messages.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.installed import HERE as CLIENTS
from tests.clients.installed import node_with_clients
from tests.deploy.proxy import nginx, written
from tests.server.running import STARTED_WITHIN_S, serving, wait_until
from tests.servers import free_port, free_ports

FULL = os.environ.get("HUBBUB_FAULTS") == "full"
PEOPLE, ROOMS, EACH = (500, 50, 40) if FULL else (40, 8, 10)
UPGRADED = 200 if FULL else 40
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


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return where nginx listens, in front of workers among which it takes turns, request by request."""
    place = tmp_path_factory.mktemp("front")
    first, port = free_ports(WORKERS), free_port()
    main = written(place, port, range(first, first + WORKERS), balance="")
    with (
        serving(place, "--workers", str(WORKERS), "--worker-ports", f"{first}+"),
        nginx(main),
    ):
        wait_until(lambda: nodes(port), STARTED_WITHIN_S)
        yield port


def account(port: int, people: int, rooms: int, transports: str) -> dict[str, Any]:
    """Let people talk in rooms, and return what they saw; whatever went wrong fails the test."""
    sizes = map(str, (port, people, rooms, EACH))
    done = subprocess.run(
        [node_with_clients(), "polled.mjs", *sizes, transports],
        cwd=CLIENTS,
        capture_output=True,
        check=False,
        text=True,
        timeout=WITHIN_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    account: dict[str, Any] = json.loads(done.stdout)
    print(account)
    assert account["faults"] == account["ends"] == []
    assert account["clients"] == people
    assert account["said"] == people * EACH
    assert account["seen"] == account["said"] * people // rooms
    return account


def test_polls_that_land_anywhere_lose_and_double_nothing(port: int) -> None:
    assert account(port, PEOPLE, ROOMS, "polling")["upgraded"] == 0


def test_a_websocket_that_lands_anywhere_takes_its_session_over(port: int) -> None:
    assert account(port, UPGRADED, 8, "polling,websocket")["upgraded"] == UPGRADED
