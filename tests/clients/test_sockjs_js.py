"""The npm `sockjs-client`, as it is published, against a running server, each transport forced in turn."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.installed import HERE, INSTALL_WITHIN_S, node_with_clients
from tests.docs.served import Served
from tests.servers import RedisServer

PLAY_WITHIN_S = 120
TRANSPORTS = ("websocket", "xhr-streaming", "eventsource", "xhr-polling")
APP = f"{HERE / 'wary.py'}:app"

pytestmark = pytest.mark.timeout(INSTALL_WITHIN_S + PLAY_WITHIN_S)


def configured(folder: Path) -> Path:
    shutil.copy(HERE / "sockjs.toml", folder / "hubbub.toml")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = configured(tmp_path_factory.mktemp("server"))
    with Served(folder, APP, "--broker", "memory://") as served:
        yield served


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run two workers behind one port, so that requests of one client land on both."""
    folder = configured(tmp_path_factory.mktemp("workers"))
    with (
        RedisServer(folder) as redis,
        Served(folder, APP, "--broker", redis.url, "--workers", "2") as served,
    ):
        yield served


def play(transports: tuple[str, ...], port: int, *scenarios: str) -> None:
    """Play scenarios over several transports beside each other, because a process costs more than they do."""
    done = subprocess.run(
        [
            node_with_clients(),
            "sockjs_js.mjs",
            "|".join(scenarios),
            "|".join(transports),
            str(port),
        ],
        cwd=HERE,
        capture_output=True,
        check=False,
        text=True,
        timeout=PLAY_WITHIN_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_client(server: Served) -> None:
    play(
        TRANSPORTS,
        server.port,
        "echo",
        "one order for all",
        "streams begin anew and lose nothing",
        "be turned away",
        "hear the heart beat",
    )


def test_two_workers(workers: Served) -> None:
    play(
        TRANSPORTS,
        workers.port,
        "echo",
        "one order for all",
        "streams begin anew and lose nothing",
    )
