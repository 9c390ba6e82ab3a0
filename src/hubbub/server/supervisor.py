"""The parent of several workers: it starts them, starts them again, renews them, and sends them home.

It serves nobody itself: the workers share the port (`SO_REUSEPORT`), and the kernel deals out connections.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from prometheus_client.multiprocess import mark_process_dead

from hubbub.errors import ConfigurationError
from hubbub.http.metrics import SHARED
from hubbub.server.backoff import Backoff
from hubbub.server.child import Child, NotStarted, how
from hubbub.server.troubles import Troubles

COMMAND = (sys.executable, "-m", "hubbub.server")
"""What a worker is started with; the number of its end of the pipe follows."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Crew:
    """Which workers there are to be.

    Args:
        plans: what each is told, as one line. patience_s: seconds that they get to drain before they are
            killed. start_s: seconds in which a successor must accept connections. command: the program.
    """

    plans: Sequence[bytes]
    patience_s: float
    start_s: float = 60.0
    command: Sequence[str] = COMMAND
    backoff: Backoff = field(default_factory=Backoff)


@dataclass(frozen=True, slots=True)
class Notices:
    """Whom a supervisor tells what.

    Args:
        ready: called once, when all workers accept connections for the first time.
        renewed: called when all of them have been replaced by successors.
        failed: called with the sentences why workers could not start, or not be replaced.
    """

    ready: Callable[[], None]
    renewed: Callable[[], None]
    failed: Callable[[Iterable[str]], None]


class _Place:
    """A worker's place.

    `child` holds it, unless nobody does; `heir` is done when a successor, who is ready, is to have it.
    """

    __slots__ = ("child", "heir", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.child: Child | None = None
        self.heir: asyncio.Future[Child] = asyncio.get_running_loop().create_future()

    def take_over(self) -> Child:
        """Let the heir have it, and wait for another one."""
        self.child = self.heir.result()
        self.heir = asyncio.get_running_loop().create_future()
        return self.child


class Supervisor:
    """Keep a crew of workers alive until told to stop.

    Args:
        crew: who. notices: who is told. renew: reads anew who is to be; it raises ConfigurationError.
    """

    def __init__(self, crew: Crew, notices: Notices, renew: Callable[[], Crew]) -> None:
        self._crew = crew
        self._notices = notices
        self._renew = renew
        self._waiting = set(range(len(crew.plans)))
        self._lives: dict[Child, asyncio.Task[None]] = {}
        self._troubles = Troubles(socket.gethostname())
        self._stopping = asyncio.Event()
        self._killing = asyncio.Event()
        self._renewing = asyncio.Event()
        self._complete = asyncio.Event()
        self._code = 0
        self._metrics = ""

    def stop(self) -> None:
        """Let the workers drain; the second time, kill them."""
        if self._stopping.is_set():
            self._killing.set()
        self._stopping.set()

    def reload(self) -> None:
        """Replace the workers one by one, once all of them are there."""
        self._renewing.set()

    async def run(self) -> int:
        """Supervise until stopped, or until a worker cannot even start once; return the exit code."""
        places = [_Place(number) for number in range(len(self._crew.plans))]
        with tempfile.TemporaryDirectory(prefix="hubbub-metrics-") as self._metrics:
            tasks = {asyncio.create_task(self._keep(place)) for place in places}
            renewer = asyncio.create_task(self._renew_on_demand(places))
            stopping = asyncio.create_task(self._stopping.wait())
            await _first(stopping, renewer, *tasks)
            self._stopping.set()
            renewer.cancel()
            await self._send_home(tasks)
        return self._code

    # ── one place ───────────────────────────────────────────────────────────────────────────────

    async def _keep(self, place: _Place) -> None:
        """Keep one worker's place filled."""
        loop = asyncio.get_running_loop()
        backoff, deaths = self._crew.backoff, 0
        while not self._stopping.is_set():
            began = loop.time()
            well = loop.call_later(backoff.healthy_s, self._tell_well, place.number + 1)
            code = await self._fill(place)
            well.cancel()
            if self._stopping.is_set():
                return
            deaths = backoff.deaths(deaths, loop.time() - began)
            wait = backoff.wait_s(deaths)
            _log.error(
                "a worker died",
                worker=place.number + 1,
                how=how(code),
                deaths=deaths,
                restart_in_s=wait,
            )
            if self._troubles.died(place.number + 1, deaths, how(code)):
                self._tell_all()
            await self._pause(place, wait)

    async def _fill(self, place: _Place) -> int:
        """Start a worker, unless an heir is there; return the exit code of the last who had the place."""
        if place.heir.done():
            child = place.take_over()
        else:
            child = place.child = await self._bear(self._crew)
            try:
                await self._start(child, self._crew.plans[place.number])
            except NotStarted as fault:
                place.child = None
                if place.number in self._waiting and fault.code > 0:
                    self._give_up(fault)  # no other try would differ
                return fault.code
            self._note_start(place.number)
        while True:
            gone = asyncio.create_task(child.gone())
            await _first(gone, place.heir)
            if not place.heir.done():
                place.child = None
                return gone.result()
            child.send(signal.SIGTERM)
            child = place.take_over()

    async def _pause(self, place: _Place, seconds: float) -> None:
        """Wait before the next start, unless there is something better to do."""
        stopping = asyncio.create_task(self._stopping.wait())
        await _first(stopping, place.heir, within_s=seconds)
        stopping.cancel()

    def _tell_well(self, worker: int) -> None:
        if self._troubles.well(worker):
            self._tell_all()

    def _tell_all(self) -> None:
        """Tell those who serve who does not."""
        self._tell(*self._lives)

    def _tell(self, *children: Child) -> None:
        line = self._troubles.encode()
        went = [child.tell(line) for child in children]
        if any(went):
            self._troubles.told()

    def _note_start(self, number: int) -> None:
        self._waiting.discard(number)
        if not self._waiting and not self._complete.is_set():
            self._complete.set()
            self._notices.ready()

    def _give_up(self, fault: NotStarted) -> None:
        if not self._stopping.is_set() and fault.said:
            self._notices.failed(fault.said.splitlines())
        self._code = fault.code
        self._stopping.set()

    # ── all of them anew ────────────────────────────────────────────────────────────────────────

    async def _renew_on_demand(self, places: Sequence[_Place]) -> None:
        await self._complete.wait()
        while await self._renewing.wait():
            self._renewing.clear()
            try:
                await self._renew_all(places, self._renew())
            except ConfigurationError as fault:
                self._notices.failed([f"not reloaded: {'; '.join(fault.problems)}"])
            except NotStarted as fault:
                why = "; ".join(str(fault).splitlines())
                self._notices.failed([f"not reloaded: a new worker could not start: {why}"])
            except OSError as fault:
                self._notices.failed([f"not reloaded: no new worker can be made: {fault.strerror}"])
            else:
                self._notices.renewed()

    async def _renew_all(self, places: Sequence[_Place], crew: Crew) -> None:
        """Replace worker by worker: each goes when its successor is there. Raises NotStarted."""
        for place in places:
            heir = await self._bear(crew)
            try:
                async with asyncio.timeout(crew.start_s):
                    await self._start(heir, crew.plans[place.number])
            except TimeoutError:
                heir.send(signal.SIGKILL)
                raise NotStarted(
                    f"it was not ready in {crew.start_s:g} s", await heir.gone()
                ) from None
            self._crew = crew  # it has shown that it works: whoever is started again is of it, too
            old = place.child
            place.heir.set_result(heir)
            if old is not None:
                await self._see_off(old, crew.patience_s)

    async def _see_off(self, child: Child, seconds: float) -> None:
        """Wait until a worker that drains is gone, and kill it when it takes too long."""
        try:
            await asyncio.wait_for(child.gone(), seconds)
        except TimeoutError:
            _log.error("a replaced worker did not stop in time and is killed", pid=child.pid)
            child.send(signal.SIGKILL)
            await child.gone()

    # ── processes ───────────────────────────────────────────────────────────────────────────────

    async def _bear(self, crew: Crew) -> Child:
        child = await Child.born(crew.command, {SHARED: self._metrics})
        self._lives[child] = asyncio.create_task(self._live(child))
        if self._stopping.is_set():
            child.send(signal.SIGTERM)
        return child

    async def _start(self, child: Child, plan: bytes) -> None:
        """Wait until a worker is ready, and tell it who is not. Raises NotStarted."""
        await child.start(plan)
        if self._troubles:
            self._tell(child)

    async def _live(self, child: Child) -> None:
        await child.gone()
        del self._lives[child]
        if child.node:
            # The others need not wait for the end of its lease.
            self._troubles.mourn(child.node)
            self._tell_all()
        mark_process_dead(child.pid, self._metrics)  # type: ignore[no-untyped-call]

    async def _send_home(self, keepers: Iterable[asyncio.Task[None]]) -> None:
        everybody = asyncio.gather(*keepers, *self._lives.values())
        self._signal(signal.SIGTERM)
        if not await self._gone(everybody, self._crew.patience_s):
            _log.error("workers did not stop in time and are killed", workers=len(self._lives))
            self._signal(signal.SIGKILL)
        await everybody

    async def _gone(self, everybody: Awaitable[object], seconds: float) -> bool:
        """Wait until all workers are gone, or the time or the operator's patience is over."""
        impatience = asyncio.create_task(self._killing.wait())
        leaving = asyncio.ensure_future(everybody)
        await _first(impatience, leaving, within_s=seconds)
        impatience.cancel()
        return leaving.done()

    def _signal(self, number: signal.Signals) -> None:
        for child in self._lives:
            child.send(number)


async def _first(*awaited: asyncio.Future[Any], within_s: float | None = None) -> None:
    """Wait until one of them is done, or the time is over."""
    await asyncio.wait(awaited, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
