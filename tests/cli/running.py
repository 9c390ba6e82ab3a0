"""Commands as a user runs them: in a process of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.server.running import ENVIRONMENT, HUBBUB


def hubbub(
    *arguments: str, place: Path | None = None, text: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        (*HUBBUB, *arguments),
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=place,
        env=ENVIRONMENT | variables,
        check=False,
    )
