"""Two workers on one Redis, and what nights bring: every client sees every message once, in one order.

The size is that of every day; `HUBBUB_FAULTS=full` runs what the promise names: 50,000 messages.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.clients.publisher import Publisher
from tests.docs.served import Served
from tests.faults.followers import accounts_of, following
from tests.servers import RedisServer

FULL = os.environ.get("HUBBUB_FAULTS") == "full"
MESSAGES = 50_000 if FULL else 2_000
SUBSCRIBERS = 200
PUBLISHERS = 10
WITHIN_S = 600 if FULL else 240
STRIKE_EVERY_S = 0.2
PAUSE_MS = 5_000

pytestmark = pytest.mark.timeout(WITHIN_S + 60)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture
def cluster(tmp_path: Path, redis: RedisServer) -> Iterator[Served]:
    with Served(tmp_path, "--broker", redis.url, "--workers", "2") as served:
        wait_for_both(served, redis)
        yield served


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, RedisServer]]:
    """Run one for all who only load it: what they do to Redis passes."""
    place = tmp_path_factory.mktemp("lasting")
    with (
        RedisServer(place) as redis,
        Served(place, "--broker", redis.url, "--workers", "2") as served,
    ):
        yield served, redis


@pytest.fixture
def loaded(lasting: tuple[Served, RedisServer]) -> tuple[Served, RedisServer]:
    """Return it when both nodes use the broker."""
    wait_for_both(*lasting)
    return lasting


@contextmanager
def striking(blow: Callable[[], object], every_s: float) -> Iterator[list[int]]:
    """Strike again and again while the block runs; the list counts the blows."""
    over, blows = threading.Event(), [0]

    def strike() -> None:
        while not over.wait(every_s):
            blow()
            blows[0] += 1

    thread = threading.Thread(target=strike)
    thread.start()
    try:
        yield blows
    finally:
        over.set()
        thread.join()


def load(cluster: Served) -> dict[str, Any]:
    """Run the load client over all workers, and return its account."""
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("hubbub"), "bench", f"ws://127.0.0.1:{cluster.port}"),
            *("--connections", str(SUBSCRIBERS), "--publishers", str(PUBLISHERS), "--json"),
            *("--messages", str(MESSAGES), "--seconds", str(WITHIN_S)),
            *("--in-flight", "20", "--grace", "20"),
        ],
        capture_output=True,
        check=False,
        text=True,
        timeout=WITHIN_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr + cluster.log()
    account: dict[str, Any] = json.loads(done.stdout)
    return account


def nodes_of(redis: RedisServer) -> set[str]:
    """Return the nodes whose connections Redis sees."""
    names = [
        word for word in redis.cli("CLIENT", "LIST").split() if word.startswith("name=hubbub:")
    ]
    return {name.split(":")[1] for name in names}


def assert_complete(account: dict[str, Any]) -> None:
    assert account["published"] == MESSAGES
    assert account["delivered"] == MESSAGES * SUBSCRIBERS
    assert not any(account["faults"].values()), account


def test_every_client_sees_every_message_once_in_one_order(
    loaded: tuple[Served, RedisServer],
) -> None:
    assert_complete(load(loaded[0]))


@pytest.mark.slow
def test_the_same_while_subscription_connections_are_killed(
    loaded: tuple[Served, RedisServer],
) -> None:
    cluster, redis = loaded
    with striking(lambda: redis.cli("CLIENT", "KILL", "TYPE", "pubsub"), STRIKE_EVERY_S) as blows:
        assert_complete(load(cluster))
    assert blows[0] >= 5


@pytest.mark.slow
def test_the_same_while_command_connections_are_killed(loaded: tuple[Served, RedisServer]) -> None:
    cluster, redis = loaded

    def blow() -> None:
        redis.cli("CLIENT", "KILL", "TYPE", "normal")

    with striking(blow, 1.0) as blows:
        assert_complete(load(cluster))
    assert blows[0] >= 1


@pytest.mark.slow
def test_the_same_while_redis_is_paused(loaded: tuple[Served, RedisServer]) -> None:
    cluster, redis = loaded

    def pause() -> None:
        time.sleep(1)
        redis.cli("CLIENT", "PAUSE", PAUSE_MS)

    thread = threading.Thread(target=pause)
    thread.start()
    account = load(cluster)
    thread.join()
    redis.cli("CLIENT", "UNPAUSE")
    assert_complete(account)


def test_clients_of_a_killed_worker_miss_nothing(cluster: Served) -> None:
    count, numbers = 20, 300
    publisher = Publisher(cluster.port, "room")
    with following("survivors.mjs", cluster.port, "room", count) as process:
        for n in range(numbers):
            if n in (100, 200):
                os.kill(cluster.workers()[0], signal.SIGKILL)
            publisher.publish({"n": n})
        publisher.publish({"end": True})
        accounts = accounts_of(process, count)
    for account in accounts:
        assert account["seen"] == list(range(numbers))
        assert account["recovered"] == account["returns"]
    assert sum(account["returns"] for account in accounts) > 0


def test_clients_of_workers_that_are_reloaded_miss_nothing(cluster: Served) -> None:
    count = 20
    publisher = Publisher(cluster.port, "room")
    with following("survivors.mjs", cluster.port, "room", count) as process:
        first, numbers = set(cluster.workers()), 0
        cluster.signal(signal.SIGHUP)
        while "reloaded: 2 workers" not in cluster.log() or numbers % 100:
            publisher.publish({"n": numbers})
            numbers += 1
        publisher.publish({"end": True})
        accounts = accounts_of(process, count)
    assert not first & set(cluster.workers())
    for account in accounts:
        assert account["seen"] == list(range(numbers))
        assert account["recovered"] == account["returns"] > 0
        assert set(account["closes"][1:]) == {3001}  # "shutdown": come back


def test_clients_are_told_when_redis_comes_back_empty(cluster: Served, redis: RedisServer) -> None:
    count = 10
    publisher = Publisher(cluster.port, "room")
    with following("survivors.mjs", cluster.port, "room", count) as process:
        for n in range(50):
            publisher.publish({"n": n})
        redis.restart(empty=True)
        for n in range(50, 100):
            publisher.publish({"n": n})
        wait_for_both(cluster, redis)
        # The nodes compare all channels at once; an SDK then subscribes again after a delay of its own.
        time.sleep(2)
        for n in range(100, 150):
            publisher.publish({"n": n})
        publisher.publish({"end": True})
        accounts = accounts_of(process, count)
    for account in accounts:
        # The last one before the crash may have been acknowledged and not delivered: that is what is told.
        assert account["seen"][:49] == list(range(49))
        assert account["seen"][-50:] == list(range(100, 150))
        assert account["seen"] == sorted(set(account["seen"]))
        assert account["returns"] >= 1
        assert account["recovered"] < account["returns"]


def wait_for_both(cluster: Served, redis: RedisServer) -> None:
    """Wait until both nodes use the broker."""
    deadline = time.monotonic() + WITHIN_S
    while len(nodes_of(redis)) < 2 or not cluster.is_ready():
        assert time.monotonic() < deadline, cluster.log()
        time.sleep(0.05)
