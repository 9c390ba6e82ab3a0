"""Inboxes in the hands of `centrifuge`, `socket.io-client` and `curl`, as they are published."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.clients.installed import HERE, INSTALL_WITHIN_S, node_with_clients
from tests.docs.served import Served

PLAY_WITHIN_S = 240

SETTINGS = """
[access]
personal_channel = true

[inbox]
ack_s = 1.0
"""


@pytest.mark.timeout(INSTALL_WITHIN_S + PLAY_WITHIN_S + 60)
def test_inboxes_with_real_clients(tmp_path: Path) -> None:
    node = node_with_clients()
    (tmp_path / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    with Served(tmp_path, f"{HERE / 'inbox_app.py'}:app", "--broker", "memory://") as served:
        done = subprocess.run(
            [node, "inbox.mjs", str(served.port)],
            cwd=HERE,
            capture_output=True,
            check=False,
            text=True,
            timeout=PLAY_WITHIN_S,
        )
        assert done.returncode == 0, done.stdout + done.stderr + served.log()
