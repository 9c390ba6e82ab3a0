"""A server as a reader of the documentation starts it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from signal import Signals
from types import TracebackType
from typing import Self

import psutil

from tests.servers import free_port

STARTED_WITHIN_S = 60.0
"""On a machine whose cores are wanted by many others as well; an idle one needs one second."""
STOPPED_WITHIN_S = 60.0


class Served:
    """Run `hubbub serve` in a folder of its own, from entering to leaving."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.port = free_port()
        self.address = f"localhost:{self.port}"
        self._folder = folder
        self._log = folder / "server.log"
        command = [Path(sys.executable).with_name("hubbub"), "serve", "--port", str(self.port)]
        self._command = [*map(str, command), *(arguments or ("--broker", "memory://"))]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Start it on its port, and return when it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, cwd=self._folder
            )
        try:
            self._wait_ready()
        except BaseException:
            self.crash()  # nobody else would end it
            raise

    def _wait_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + STARTED_WITHIN_S
        while not self.is_ready():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def workers(self) -> list[int]:
        """Return the processes of its workers: its children but Redis, and but those that just end."""
        found = []
        for child in psutil.Process(self.pid).children():
            with contextlib.suppress(psutil.Error):
                if "hubbub.server" in " ".join(child.cmdline()):
                    found.append(child.pid)
        return found

    def signal(self, number: Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def crash(self) -> None:
        """End it as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    @property
    def pid(self) -> int:
        """Return the process id of the server, or of its supervisor."""
        assert self._process is not None, "the server does not run"
        return self._process.pid

    def log(self) -> str:
        """Return what the server said so far."""
        return self._log.read_text(encoding="utf-8")

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.address}/health/ready", timeout=30):
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
