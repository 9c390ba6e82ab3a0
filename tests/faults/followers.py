"""Real clients, in a process of their own, that follow a channel while workers come and go."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.clients.installed import HERE as CLIENTS
from tests.clients.installed import node_with_clients


@contextmanager
def following(script: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run a script of tests/clients, which says `following` when all are there.

    At the end it says an account of each.
    """
    process = subprocess.Popen(
        [node_with_clients(), script, *map(str, arguments)],
        cwd=CLIENTS,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "following\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def accounts_of(process: subprocess.Popen[str], count: int) -> list[dict[str, Any]]:
    """Return what each client saw and went through."""
    assert process.stdout is not None
    return [json.loads(process.stdout.readline()) for _ in range(count)]
