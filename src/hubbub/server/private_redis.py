"""A Redis of one's own for several workers on one machine: a Unix socket, nothing kept on disk."""

from __future__ import annotations

import asyncio
import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from hubbub.errors import ConfigurationError

PROGRAMS = ("redis-server", "valkey-server")
START_S = 10.0
"""Seconds in which it must answer."""
GUARD_S = 0.5
"""Seconds between two looks whether it lives."""
_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when its parent dies."""

_log = structlog.get_logger(__name__)


class PrivateRedis:
    """A running Redis; `url` is what a broker takes."""

    def __init__(self, program: str, path: Path) -> None:
        self.url = f"unix://{path}"
        self._program = program
        self._path = path
        self._process = _start(program, path)

    def wait(self) -> None:
        """Wait until it answers. Raises ConfigurationError when it does not."""
        _wait(self._process, self._path)

    async def guard(self) -> None:
        """Start it again whenever it dies; it is empty then, and clients are told so."""
        while True:
            await asyncio.sleep(GUARD_S)
            code = self._process.poll()
            if code is not None:
                _log.error("the private redis-server died and is started again", code=code)
                self._process = _start(self._program, self._path)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


@contextmanager
def private_redis() -> Iterator[PrivateRedis]:
    """Run a Redis as long as the context lasts.

    Raises ConfigurationError, with the advice what to do, where the machine has none or it does not start.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise ConfigurationError(
            [
                "several workers need a broker to share: install redis-server, or name one with "
                "--broker redis://HOST, or use --workers 1"
            ]
        )
    with tempfile.TemporaryDirectory(prefix="hubbub-redis-") as directory:
        redis = PrivateRedis(program, Path(directory, "redis.sock"))
        try:
            redis.wait()
            yield redis
        finally:
            redis.close()


def _start(program: str, path: Path) -> subprocess.Popen[bytes]:
    settings = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "dir": str(path.parent),
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": str(path.with_suffix(".log")),
    }
    arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
    # Its own session: a terminal's Ctrl-C must not end it before the workers have drained.
    return subprocess.Popen(  # noqa: S603 - a program from the PATH, with fixed arguments
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads yet
    )


def _die_with_parent() -> None:
    """Let the kernel end it with us, also when we are killed and can end nothing."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(process: subprocess.Popen[bytes], path: Path) -> None:
    """Wait until it answers."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1.0)
                probe.connect(str(path))
                probe.sendall(b"PING\r\n")
                if probe.recv(16).startswith(b"+PONG"):
                    return
        except OSError:
            pass
        time.sleep(0.01)
    log = path.with_suffix(".log")
    last = log.read_text("utf-8", "replace").strip().splitlines()[-1:] if log.exists() else []
    raise ConfigurationError([" ".join(["the private redis-server did not start:", *last])])
