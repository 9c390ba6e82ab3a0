"""The npm `socket.io-client`, as it is published, against a running server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.installed import HERE, INSTALL_WITHIN_S, node_with_clients
from tests.docs.served import Served
from tests.servers import RedisServer

PLAY_WITHIN_S = 240

SETTINGS = """
[limits]
ping_interval_s = 1
keepalive_s = 1
idle_s = 5

[namespaces.chat]
typing = true
edits = true
reactions = true
receipts = true
"""

pytestmark = pytest.mark.timeout(INSTALL_WITHIN_S + PLAY_WITHIN_S)


@pytest.fixture(scope="module")
def node() -> str:
    return node_with_clients()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a server that pings every second."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    with Served(folder, "--broker", "memory://") as served:
        yield served


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a server whose rooms are functions."""
    folder = tmp_path_factory.mktemp("application")
    with Served(folder, f"{HERE / 'rooms.py'}:app", "--broker", "memory://") as served:
        yield served


def play(node: str, scenarios: str, transports: str, *ports: int, victim: int = 0) -> None:
    done = subprocess.run(
        [node, "socketio_js.mjs", scenarios, transports, *map(str, ports)],
        cwd=HERE,
        env={**os.environ, **({"VICTIM": str(victim)} if victim else {})},
        capture_output=True,
        check=False,
        text=True,
        timeout=PLAY_WITHIN_S,
    )

    assert done.returncode == 0, done.stdout + done.stderr


EVERYTHING = (
    "publish and subscribe",
    "one order for all",
    "binary both ways",
    "history and presence",
    "take part in a chat",
    "namespaces",
    "be refused",
    "be pinged",
    "be kicked",
    "share a channel with others",
    "recover after a cut",
)


@pytest.mark.parametrize("transports", ["websocket", "polling", "both"])
def test_the_client(node: str, server: Served, transports: str) -> None:
    play(node, "|".join(EVERYTHING), transports, server.port)


@pytest.mark.parametrize("transports", ["websocket", "polling", "both"])
def test_functions(node: str, application: Served, transports: str) -> None:
    play(node, "talk to functions", transports, application.port)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run two workers behind one port, so that requests of one client land on both."""
    folder = tmp_path_factory.mktemp("workers")
    app = f"{HERE / 'rooms.py'}:app"
    with RedisServer(folder) as redis:
        arguments = (app, "--broker", redis.url, "--workers", "2")
        with Served(folder, *arguments) as served:
            yield served


@pytest.mark.parametrize(
    ("scenarios", "transports"),
    [
        (("one order for all", "binary both ways", "talk to functions", "be kicked"), "polling"),
        (("history and presence", "one room for all"), "websocket"),
        (("upgrade or stay",), "both"),
    ],
)
def test_two_workers(
    node: str, workers: Served, scenarios: tuple[str, ...], transports: str
) -> None:
    play(node, "|".join(scenarios), transports, workers.port)


@pytest.mark.parametrize(
    "transports", ["websocket", pytest.param("polling", marks=pytest.mark.slow)]
)
def test_recovery_after_the_end_of_a_node(node: str, tmp_path: Path, transports: str) -> None:
    with RedisServer(tmp_path) as redis, Served(tmp_path, "--broker", redis.url) as stays:
        (tmp_path / "dies").mkdir()
        dies = Served(tmp_path / "dies", "--broker", redis.url)
        dies.start()
        ports = (dies.port, stays.port)
        play(node, "recover after a cut", transports, *ports, victim=dies.pid)
        dies.crash()
