"""The npm clients of the lock file, installed beside the scenarios on first use."""

from __future__ import annotations

import shutil
import subprocess
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
INSTALL_WITHIN_S = 120


@cache
def node_with_clients() -> str:
    """Return Node's path; what the lock file names is installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.fail("Node and npm are not installed; `make test` needs them")
    locked, installed = HERE / "package-lock.json", HERE / "node_modules/.package-lock.json"
    with locked.open() as lock:
        flock(lock, LOCK_EX)  # tests that run beside each other would install into each other
        if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
            subprocess.run(
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=HERE,
                check=True,
                timeout=INSTALL_WITHIN_S,
            )
    return node
