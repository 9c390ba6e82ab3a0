"""STOMP within SockJS, each transport, over workers that die, stop and are replaced: every message once.

The size is that of `make slow`; `HUBBUB_FAULTS=full` has more of all.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.publisher import Publisher
from tests.docs.served import Served
from tests.faults.followers import accounts_of, following
from tests.server.running import wait_until
from tests.servers import RedisServer

FULL = os.environ.get("HUBBUB_FAULTS") == "full"
WORKERS, EACH, NUMBERS = (4, 20, 1_000) if FULL else (2, 3, 300)
TRANSPORTS = ("websocket", "xhr-streaming", "eventsource", "xhr-polling")
WITHIN_S = 240

SETTINGS = f"""
[hub]
recovery_limit = {NUMBERS}

[default_namespace]
history_size = {2 * NUMBERS}
"""
"""History covers however long a busy machine keeps a client away."""

SHUTDOWN = 3001
LOST = {1002, 1006, 2000}
"""What a client finds out by itself, of its session or of an attempt to come back; and 1002, what another
worker tells of a session whose worker died."""

pytestmark = pytest.mark.timeout(WITHIN_S + 60)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "hubbub.toml").write_text(SETTINGS)
    with (
        RedisServer(tmp_path) as redis,
        Served(tmp_path, "--broker", redis.url, "--workers", str(WORKERS)) as served,
    ):
        wait_until(lambda: len(served.workers()) == WORKERS)
        yield served


def complete(process: subprocess.Popen[str], numbers: int) -> list[dict[str, Any]]:
    """Return what each saw and went through; whoever lost or doubled anything fails the test."""
    accounts = accounts_of(process, EACH * len(TRANSPORTS))
    for account in accounts:
        print({**account, "seen": len(account["seen"])})
    for account in accounts:
        assert account["seen"] == list(range(numbers))
        assert account["recovered"] == account["returns"]
    assert sum(account["returns"] for account in accounts) > 0
    return accounts


@pytest.mark.slow
def test_clients_of_a_killed_worker_miss_nothing(cluster: Served) -> None:
    publisher = Publisher(cluster.port, "room")
    with following(
        "sockjs_survivors.mjs", cluster.port, "room", ",".join(TRANSPORTS), EACH
    ) as process:
        for n in range(NUMBERS):
            if n == NUMBERS // 3:
                os.kill(cluster.workers()[0], signal.SIGKILL)
            publisher.publish({"n": n})
        publisher.publish({"end": True})
        accounts = complete(process, NUMBERS)
    assert {code for account in accounts for code in account["ends"]} <= LOST


@pytest.mark.slow
@pytest.mark.parametrize("how", ["reloaded", "one stopped"])
def test_clients_of_a_worker_that_stops_are_told_and_miss_nothing(
    cluster: Served, how: str
) -> None:
    publisher, numbers = Publisher(cluster.port, "room"), 0
    before = set(cluster.workers())
    with following(
        "sockjs_survivors.mjs", cluster.port, "room", ",".join(TRANSPORTS), EACH
    ) as process:
        if how == "reloaded":
            cluster.signal(signal.SIGHUP)
        else:
            os.kill(min(before), signal.SIGTERM)
        gone = before if how == "reloaded" else {min(before)}
        while gone & set(cluster.workers()) or numbers < 100:
            publisher.publish({"n": numbers})
            numbers += 1
        publisher.publish({"end": True})
        accounts = complete(process, numbers)
    ends = [code for account in accounts for code in account["ends"]]
    assert set(ends) <= {SHUTDOWN, *LOST}, "a request may break off that meets the end"
    assert ends.count(SHUTDOWN) > len(ends) / 2
