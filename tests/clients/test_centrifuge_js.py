"""The npm `centrifuge` SDK, as it is published, against a server that is open to all."""

from __future__ import annotations

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


def play(node: str, scenario: str, *ports: int) -> None:
    done = subprocess.run(
        [node, "centrifuge_js.mjs", scenario, *map(str, ports)],
        cwd=HERE,
        capture_output=True,
        check=False,
        text=True,
        timeout=PLAY_WITHIN_S,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "scenario",
    [
        "publish and subscribe",
        "one order for all",
        "pings",
        "share a channel with plain WebSocket",
        "be refused",
    ],
)
def test_the_sdk(node: str, server: Served, scenario: str) -> None:
    play(node, scenario, server.port)


def test_the_sdk_subscribes_again_when_its_history_is_lost(node: str, tmp_path: Path) -> None:
    with RedisServer(tmp_path) as redis, Served(tmp_path, "--broker", redis.url) as served:
        play(node, "subscribe again after a gap", served.port, redis.port)
