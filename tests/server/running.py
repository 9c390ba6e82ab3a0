"""A real server in a process of its own, and waiting for what it does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")
} | {"PYTHONPATH": f"{ROOT}/src:{ROOT}", "PYTHONUNBUFFERED": "1"}
STARTED_WITHIN_S = 60.0
"""Several workers, on a machine whose cores are wanted by many others as well."""
HUBBUB = (sys.executable, "-m", "hubbub")


def wait_until(fact: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until `fact()` is true, or fail."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


class Running:
    """A program with its output in files."""

    def __init__(self, command: tuple[str, ...], place: Path) -> None:
        self._out, self._err = place / "out.txt", place / "err.txt"
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=err, cwd=place, env=ENVIRONMENT, start_new_session=True
            )

    @property
    def out(self) -> str:
        """Return what it said so far."""
        return self._out.read_text()

    @property
    def err(self) -> str:
        """Return what it complained about so far."""
        return self._err.read_text()

    @property
    def url(self) -> str:
        """Return where it is, as its first line says."""
        found = re.search(r" is at (\S+)", self.out)
        assert found, self.err
        return found[1]

    def wait_ready(self) -> None:
        """Wait for the start-up lines."""
        ended = self.process.poll
        wait_until(lambda: "\n  next " in self.out or ended() is not None, STARTED_WITHIN_S)
        assert self.process.poll() is None, self.err

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it in order and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def children(self) -> list[int]:
        """Return the ids of its child processes."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in path.read_text().split()]

    def status(self, path: str) -> int:
        """Return the HTTP status of a path; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=30) as response:
                return int(response.status)
        except urllib.error.HTTPError as fault:
            with fault:
                return fault.code
        except OSError:
            return 0


@contextmanager
def running(command: tuple[str, ...], place: Path) -> Iterator[Running]:
    """Run a program, and end it whatever happens."""
    program = Running(command, place)
    try:
        yield program
    finally:
        if program.process.poll() is None:
            program.process.terminate()
            try:
                program.process.wait(60)
            except subprocess.TimeoutExpired:
                program.process.kill()
                program.process.wait()


@contextmanager
def serving(place: Path, *arguments: str) -> Iterator[Running]:
    """Run a server on a free port until it is ready; on a memory broker unless another one is named."""
    broker = () if {"--broker", "--workers"} & set(arguments) else ("--broker", "memory://")
    with running((*HUBBUB, "serve", "--port", "0", *broker, *arguments), place) as server:
        server.wait_ready()
        yield server


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that is only a memory does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
