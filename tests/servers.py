"""Real servers for tests: started on free ports or sockets in a directory of their own, ended by their pid.

@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as server:
        yield server
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from types import TracebackType
from typing import Self

START_DEADLINE_S = 60.0

FIRST_PORT, LAST_PORT = 10_000, 32_000
"""Below those that the kernel gives to whoever connects or asks for any: so nobody takes a port between its
choice and its use, nor while a server is started again."""


def _own_ports() -> range:
    """Return the ports of this one of the processes that test beside each other, which share them out."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    share = (LAST_PORT - FIRST_PORT) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    first = FIRST_PORT + int(worker) * share
    return range(first, first + share)


# Another run on this machine would begin in another place.
_ports = islice(cycle(_own_ports()), os.getpid() * 97 % len(_own_ports()), None)


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody uses, and that was not given before."""
    for port in _ports:
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("the ports never end")


def free_ports(count: int) -> int:
    """Return the first of so many free ports that are neighbours."""
    while True:
        ports = [free_port() for _ in range(count)]
        if ports[-1] - ports[0] == count - 1:
            return ports[0]


def two_free_ports() -> int:
    """Return the first of two free ports that are neighbours."""
    return free_ports(2)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-made certificate for localhost and 127.0.0.1, and its key."""

    certificate: Path
    key: Path


def make_certificate(directory: Path) -> Certificate:
    """Make a certificate that nobody but a test trusts."""
    made = Certificate(directory / "server.crt", directory / "server.key")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(made.key), "-out", str(made.certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return made


class RedisServer:
    """One redis-server, in `directory`, without persistence unless `save` is called.

    `socket_only` listens on a Unix socket instead of a port; `tls` listens with TLS instead of plainly;
    `password` is asked of everybody. Used as a context manager it is started and stopped.
    """

    def __init__(
        self,
        directory: Path,
        *,
        socket_only: bool = False,
        password: str = "",
        tls: Certificate | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        self.directory = directory
        self.socket = directory / "redis.sock" if socket_only else None
        self.password = password
        self.tls = tls
        self.port = 0 if socket_only else free_port()
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Return the server's process id; it must be running."""
        assert self._process is not None, "the server does not run"
        return self._process.pid

    @property
    def url(self) -> str:
        """Return the broker URL, password and trusted certificate included."""
        secret = f":{self.password}@" if self.password else ""
        if self.socket is not None:
            return f"unix://{secret}{self.socket}"
        if self.tls is not None:
            trust = f"?ssl_ca_certs={self.tls.certificate}"
            return f"rediss://{secret}127.0.0.1:{self.port}/0{trust}"
        return f"redis://{secret}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server, with the data that is in its directory, and return when it answers."""
        assert self._process is None, "the server runs already"
        with (self.directory / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", *self._arguments()], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_DEADLINE_S
        while self.cli("PING") != "PONG":
            assert self._process.poll() is None, (self.directory / "redis.log").read_text()
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.01)

    def stop(self) -> None:
        """End the server in order; without effect when it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the server as a crash would; what was not saved is lost."""
        self._end(signal.SIGKILL)

    def restart(self, *, empty: bool = True) -> None:
        """Kill the server and start it again on the same port, without or with its last saved data."""
        self.kill()
        if empty:
            (self.directory / "dump.rdb").unlink(missing_ok=True)
        self.start()

    def pause(self) -> None:
        """Stop the process where it is, as a machine that hangs would."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on."""
        os.kill(self.pid, signal.SIGCONT)

    def save(self) -> None:
        """Write the data to disk, for a restart that is not empty."""
        assert self.cli("SAVE") == "OK"

    def keep_copy(self) -> None:
        """Write the data to disk and keep a copy, for `restore_copy`."""
        self.save()
        shutil.copy(self.directory / "dump.rdb", self.directory / "old.rdb")

    def restore_copy(self) -> None:
        """Kill the server and start it again with the data of `keep_copy`."""
        self.kill()
        shutil.copy(self.directory / "old.rdb", self.directory / "dump.rdb")
        self.start()

    def cli(self, *arguments: str | int) -> str:
        """Run one command with redis-cli and return what it prints, errors included."""
        where = ["-s", str(self.socket)] if self.socket else ["-p", str(self.port)]
        if self.tls is not None:
            where += ["--tls", "--cacert", str(self.tls.certificate)]
        if self.password:
            where += ["--no-auth-warning", "-a", self.password]
        done = subprocess.run(
            ["redis-cli", *where, *map(str, arguments)], capture_output=True, check=False, text=True
        )
        return (done.stdout + done.stderr).strip()

    def _arguments(self) -> list[str]:
        arguments = ["--save", "", "--appendonly", "no", "--dir", str(self.directory)]
        arguments += ["--bind", "127.0.0.1", "--enable-debug-command", "yes"]
        if self.socket is not None:
            arguments += ["--port", "0", "--unixsocket", str(self.socket)]
        elif self.tls is not None:
            arguments += ["--port", "0", "--tls-port", str(self.port)]
            arguments += ["--tls-cert-file", str(self.tls.certificate)]
            arguments += ["--tls-key-file", str(self.tls.key)]
            arguments += ["--tls-auth-clients", "no"]
        else:
            arguments += ["--port", str(self.port)]
        if self.password:
            arguments += ["--requirepass", self.password]
        return [*arguments, *self._options]

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            # A stopped process takes a signal only when it goes on.
            process.send_signal(how)
            process.send_signal(signal.SIGCONT)
        try:
            process.wait(START_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
