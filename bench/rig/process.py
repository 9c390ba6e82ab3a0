"""Run a server for a while, and read what the kernel knows of its memory and processor time."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.rig.build import Unavailable

START_LIMIT_S = 20.0
STOP_LIMIT_S = 10.0


def raise_file_limit() -> int:
    """Allow this process and its children as many files as the machine permits; return the number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port() -> int:
    """Return a port of the loopback address on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers on `port`."""

    process: subprocess.Popen[bytes]
    port: int

    def family(self) -> list[int]:
        """Return the process ids of the server and of everything it started."""
        found, look = [], [self.process.pid]
        while look:
            pid = look.pop()
            found.append(pid)
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    look.extend(int(child) for child in (task / "children").read_text().split())
        return found

    def memory(self) -> int:
        """Return resident bytes of all its processes, shared pages counted once (Pss)."""
        return sum(_rollup(pid, "Pss") for pid in self.family())

    def private(self) -> int:
        """Return bytes of all its processes that are no file's (Pss_Anon): what it allocated itself."""
        return sum(_rollup(pid, "Pss_Anon") for pid in self.family())

    def resident(self) -> int:
        """Return resident bytes of all its processes (RSS)."""
        return sum(_rollup(pid, "Rss") for pid in self.family())

    def cpu_ns(self) -> int:
        """Return processor time spent by all threads so far, in nanoseconds."""
        spent = 0
        for pid in self.family():
            for task in Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    spent += int((task / "schedstat").read_text().split()[0])
        return spent


def _rollup(pid: int, field: str) -> int:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    return 0


def _wait_for_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    raise Unavailable(f"the server did not start: {said[-1] if said else 'it said nothing'}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server's process group: politely, then not."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_LIMIT_S if kind == signal.SIGTERM else None)
            return


@contextlib.contextmanager
def running(
    command: Sequence[str], port: int, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Start a server, wait until it listens, and end it afterwards, its children included."""
    with tempfile.TemporaryDirectory(prefix="hubbub-bench-") as scratch:
        log = Path(scratch) / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                list(command),
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        try:
            _wait_for_port(process, port, log)
            yield Running(process, port)
        finally:
            _stop(process)
