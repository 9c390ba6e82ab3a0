"""One push, heard by the real clients of all protocols."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.clients.installed import HERE, INSTALL_WITHIN_S, node_with_clients
from tests.docs.served import Served

PLAY_WITHIN_S = 240

pytestmark = pytest.mark.timeout(INSTALL_WITHIN_S + PLAY_WITHIN_S)


def test_a_push_and_a_kick_are_what_each_client_expects(tmp_path: Path) -> None:
    node = node_with_clients()
    with Served(tmp_path, "--broker", "memory://") as served:
        done = subprocess.run(
            [node, "pushes.mjs", str(served.port)],
            cwd=HERE,
            capture_output=True,
            check=False,
            text=True,
            timeout=PLAY_WITHIN_S,
        )
        assert done.returncode == 0, done.stdout + done.stderr + served.log()
