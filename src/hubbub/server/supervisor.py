"""The parent of several workers: it starts them, starts them again, and sends them home.

It serves nobody itself: the workers share the port (`SO_REUSEPORT`), and the kernel deals out connections.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from prometheus_client.multiprocess import mark_process_dead

from hubbub.http.metrics import SHARED
from hubbub.server.backoff import Backoff
from hubbub.server.plan import READY

COMMAND = (sys.executable, "-m", "hubbub.server")
"""What a worker is started with; the number of its end of the pipe follows."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Crew:
    """Which workers there are to be.

    Args:
        plan: what each is told, as one line. count: how many. command: the program.
        patience_s: seconds that they get to drain before they are killed.
    """

    plan: bytes
    count: int
    patience_s: float
    command: Sequence[str] = COMMAND
    backoff: Backoff = field(default_factory=Backoff)


class Supervisor:
    """Keep a crew of workers alive until told to stop.

    Args:
        crew: who. ready: called once, when all of them accept connections for the first time.
    """

    def __init__(self, crew: Crew, ready: Callable[[], None]) -> None:
        self._crew = crew
        self._ready = ready
        self._waiting = set(range(crew.count))
        self._children: dict[int, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._killing = asyncio.Event()
        self._code = 0
        self._metrics = ""

    def stop(self) -> None:
        """Let the workers drain; the second time, kill them."""
        if self._stopping.is_set():
            self._killing.set()
        self._stopping.set()

    async def run(self) -> int:
        """Supervise until stopped, or until a worker cannot even start once; return the exit code."""
        with tempfile.TemporaryDirectory(prefix="hubbub-metrics-") as self._metrics:
            keepers = [asyncio.create_task(self._keep(slot)) for slot in range(self._crew.count)]
            stopping = asyncio.create_task(self._stopping.wait())
            await asyncio.wait({stopping, *keepers}, return_when=asyncio.FIRST_COMPLETED)
            self._stopping.set()
            await self._send_home(keepers)
        return self._code

    async def _keep(self, slot: int) -> None:
        """Keep one worker's place filled."""
        loop = asyncio.get_running_loop()
        backoff, deaths = self._crew.backoff, 0
        while not self._stopping.is_set():
            began = loop.time()
            code = await self._live(slot)
            if self._stopping.is_set():
                return
            if slot in self._waiting and code > 0:
                # It said itself why it cannot start, and no other try would differ.
                self._code = code
                self._stopping.set()
                return
            deaths = backoff.deaths(deaths, loop.time() - began)
            wait = backoff.wait_s(deaths)
            _log.error("a worker died", how=_how(code), deaths=deaths, restart_in_s=wait)
            await _until(self._stopping, wait)

    async def _live(self, slot: int) -> int:
        """Run one worker from birth to death; return its exit code, negative for a signal."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                child = await asyncio.create_subprocess_exec(
                    *self._crew.command,
                    str(theirs.fileno()),
                    pass_fds=(theirs.fileno(),),
                    env=os.environ | {SHARED: self._metrics},
                    # A terminal's Ctrl-C is for the supervisor, who then drains the workers once.
                    start_new_session=True,
                )
            self._children[slot] = child
            if self._stopping.is_set():
                child.terminate()
            try:
                await self._brief(slot, ours)
                return await child.wait()
            finally:
                del self._children[slot]
                mark_process_dead(child.pid, self._metrics)  # type: ignore[no-untyped-call]

    async def _brief(self, slot: int, link: socket.socket) -> None:
        """Give a worker its plan, and note when it accepts connections, unless it dies over that."""
        loop = asyncio.get_running_loop()
        link.setblocking(False)
        try:
            await loop.sock_sendall(link, self._crew.plan)
            word = await loop.sock_recv(link, 1)
        except ConnectionError:
            return
        if word == READY and slot in self._waiting:
            self._waiting.discard(slot)
            if not self._waiting:
                self._ready()

    async def _send_home(self, keepers: Sequence[asyncio.Task[None]]) -> None:
        everybody = asyncio.gather(*keepers)
        self._signal(signal.SIGTERM)
        if not await self._gone(everybody, self._crew.patience_s):
            _log.error("workers did not stop in time and are killed", workers=len(self._children))
            self._signal(signal.SIGKILL)
        await everybody

    async def _gone(self, everybody: Awaitable[object], seconds: float) -> bool:
        """Wait until all workers are gone, or the time or the operator's patience is over."""
        impatience = asyncio.create_task(self._killing.wait())
        leaving = asyncio.ensure_future(everybody)
        await asyncio.wait(
            {impatience, leaving}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        impatience.cancel()
        return leaving.done()

    def _signal(self, number: signal.Signals) -> None:
        for child in self._children.values():
            if child.returncode is None:
                child.send_signal(number)


async def _until(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def supervise(
    crew: Crew, ready: Callable[[], None], beside: Callable[[], Coroutine[Any, Any, None]] | None
) -> int:
    """Run a supervisor in this process until SIGTERM or SIGINT; return the exit code.

    Args:
        crew: the workers. ready: called once all of them accept connections.
        beside: what else is to run as long as they do.
    """

    async def main() -> int:
        loop = asyncio.get_running_loop()
        supervisor = Supervisor(crew, ready)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, supervisor.stop)
        other = asyncio.create_task(beside()) if beside is not None else None
        try:
            return await supervisor.run()
        finally:
            if other is not None:
                other.cancel()

    return asyncio.run(main())
