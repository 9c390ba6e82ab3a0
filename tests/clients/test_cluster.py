"""What needs more than one node: two workers over a real Redis, as the npm `centrifuge` SDK meets them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.clients.installed import HERE, INSTALL_WITHIN_S, node_with_clients
from tests.docs.served import Served
from tests.servers import RedisServer

PLAY_WITHIN_S = 240

SETTINGS = """
api_keys = ["a-key-of-this-test"]

[tokens]
hmac_secret = "a-secret-of-this-test-and-of-nothing-else"

[namespaces.news]
patterns = true
"""

pytestmark = pytest.mark.timeout(INSTALL_WITHIN_S + PLAY_WITHIN_S)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Run two workers, and yield their port and that of their Redis."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    with (
        RedisServer(folder) as redis,
        Served(folder, "--broker", redis.url, "--workers", "2") as served,
    ):
        yield served.port, redis.port


@pytest.mark.parametrize("scenario", ["follow a pattern", "be revoked on all nodes"])
def test_two_workers(ports: tuple[int, int], scenario: str) -> None:
    done = subprocess.run(
        [node_with_clients(), "cluster.mjs", scenario, *map(str, ports)],
        cwd=HERE,
        capture_output=True,
        check=False,
        text=True,
        timeout=PLAY_WITHIN_S,
    )

    assert done.returncode == 0, done.stdout + done.stderr
