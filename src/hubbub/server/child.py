"""One worker process as its supervisor holds it: from birth to death, with the pipe between them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Mapping, Sequence

from hubbub.server.plan import FAILED, READY

REASON_LIMIT = 4096
"""Bytes of what a worker says of its failure that are read."""


class NotStarted(Exception):
    """A worker ended before it accepted connections; the text says why, and may have several lines.

    Args:
        said: its own words, "" where it had none. code: its exit code, negative for a signal.
    """

    def __init__(self, said: str, code: int) -> None:
        super().__init__(said or how(code))
        self.said = said
        self.code = code


class Child:
    """A worker that runs, or ran.

    Args:
        process: it. link: our end of the pipe, which ends with it.
    """

    def __init__(self, process: asyncio.subprocess.Process, link: socket.socket) -> None:
        self._process = process
        self._link = link
        self._speaking = asyncio.Lock()
        self._started = False
        self.node = ""
        """The name of its node, once it has started."""
        self.pid = process.pid

    @classmethod
    async def born(cls, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        """Start a worker; the number of its end of the pipe is its last argument."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    str(theirs.fileno()),
                    pass_fds=(theirs.fileno(),),
                    env=os.environ | dict(environment),
                    # A terminal's Ctrl-C is for the supervisor, who then drains the workers once.
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                raise
        return cls(process, ours)

    async def start(self, plan: bytes) -> None:
        """Give it its plan, and wait until it accepts connections. Raises NotStarted when it ends before."""
        async with self._speaking:
            said = await self._brief(plan)
        if said is not None:
            raise NotStarted(said, await self._process.wait())
        self._started = True

    def tell(self, line: bytes) -> bool:
        """Say something, once it has started; return whether it went: a full pipe has no room."""
        if not self._started:
            return False
        try:
            return self._link.send(line) == len(line)
        except OSError:
            return False

    async def _brief(self, plan: bytes) -> str | None:
        """Return None once it is ready, or else what it says why it is not."""
        loop = asyncio.get_running_loop()
        said = bytearray()
        try:
            await loop.sock_sendall(self._link, plan)
            word = await loop.sock_recv(self._link, 1)
            if word == READY:
                self.node = (await self._line()).decode()
                return None
            while word == FAILED and len(said) < REASON_LIMIT:
                piece = await loop.sock_recv(self._link, REASON_LIMIT)
                if not piece:
                    break
                said += piece
        except ConnectionError:
            pass  # it died over that: its exit code says the rest
        return said.decode("utf-8", "replace").strip()

    async def _line(self) -> bytes:
        """Return what it says up to the end of a line. Raises ConnectionError where it ends before."""
        line = bytearray()
        while not line.endswith(b"\n"):
            piece = await asyncio.get_running_loop().sock_recv(self._link, 1)
            if not piece or len(line) > REASON_LIMIT:
                raise ConnectionResetError
            line += piece
        return bytes(line).strip()

    async def gone(self) -> int:
        """Wait for its death; return its exit code, negative for a signal."""
        code = await self._process.wait()
        async with self._speaking:  # its last words are read first
            self._link.close()
        return code

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self._process.returncode is None:
            self._process.send_signal(number)


def how(code: int) -> str:
    """Return how a process ended, in words."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
