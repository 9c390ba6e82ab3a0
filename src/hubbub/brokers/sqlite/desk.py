"""What waits for the file on the event loop, for how long, and what is told to whom."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, TypeVar

from hubbub.brokers.contract import Health
from hubbub.brokers.local import Exchange, failed
from hubbub.brokers.sqlite.operations import Operation, Sweep
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.brokers.sqlite.writer import Group, Writer
from hubbub.clock import Clock
from hubbub.errors import BrokerUnavailable

T = TypeVar("T")


class Desk:
    """Take operations on the loop, send those of one turn together, and finish them in their order."""

    def __init__(self, settings: SqliteSettings, clock: Clock, exchange: Exchange) -> None:
        self._settings = settings
        self._clock = clock
        self._exchange = exchange
        self._writer = Writer(settings, clock, self._finished)
        self._turn: list[Operation[Any]] = []
        self._under_way: deque[Operation[Any]] = deque()
        self._weight = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ticking: asyncio.TimerHandle | None = None
        self._swept: asyncio.Future[None] | None = None
        self._state = "not started yet"
        self.health = Health(ok=False, reason=f"the broker is {self._state}")

    @property
    def idle(self) -> bool:
        """Tell whether nothing is under way."""
        return not self._under_way

    async def start(self) -> None:
        """Open the file; raises BrokerUnavailable with a sentence when that cannot be."""
        await self._writer.start()
        self._loop = asyncio.get_running_loop()
        self.health = Health(ok=True)
        self._tick()

    async def close(self) -> None:
        """Take no more, finish everything that was taken, and close the file."""
        self._state = "closed"
        self.health = Health(ok=False, reason="the broker is closed")
        if self._loop is None:
            return
        if self._ticking is not None:
            self._ticking.cancel()
        self._loop = None
        self._send_turn()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                await self._writer.close()
        except TimeoutError:
            # The disk hangs. What was acknowledged is committed; the rest gets to know that it is not.
            for operation in self._under_way:
                if not operation.future.done():
                    operation.future.set_exception(self._overdue())

    def future(self) -> asyncio.Future[Any]:
        """Return a future for an operation; one that failed already when none can be taken now."""
        if self._loop is None:
            return failed(BrokerUnavailable(f"the SQLite broker is {self._state}"))
        if (
            len(self._under_way) >= self._settings.max_waiting
            or self._weight >= self._settings.max_waiting_bytes
        ):
            return failed(
                BrokerUnavailable(
                    f"{len(self._under_way)} operations ({self._weight} bytes) already wait for the disk"
                )
            )
        return self._loop.create_future()

    def take(self, operation: Operation[T]) -> asyncio.Future[T]:
        """Do an operation, after all that were taken before, unless its future has failed already."""
        if operation.future.done() or self._loop is None:
            return operation.future
        operation.sent = self._clock.monotonic()
        self._under_way.append(operation)
        self._weight += operation.weight
        if not self._turn:
            self._loop.call_soon(self._send_turn)
        self._turn.append(operation)
        return operation.future

    def _send_turn(self) -> None:
        if self._turn:
            self._writer.send(self._turn)
            self._turn = []

    def _finished(self, group: Group, failure: BrokerUnavailable | None) -> None:
        for operation in group:
            self._under_way.popleft()
            self._weight -= operation.weight
            operation.finish(self._exchange)
        if self._state == "closed":
            return
        if failure is not None:
            self.health = Health(ok=False, reason=failure.detail)
        else:
            self.health = Health(ok=True, round_trip_s=self._clock.monotonic() - group[-1].sent)

    def _tick(self) -> None:
        if self._loop is None:
            return
        self._ticking = self._loop.call_later(self._settings.tick_s, self._tick)
        overdue = self._clock.monotonic() - self._settings.timeout_s
        for operation in self._under_way:
            if operation.sent > overdue:
                break
            self.health = Health(ok=False, reason=self._overdue().detail)
            if not operation.future.done():
                operation.future.set_exception(self._overdue())
        if self._swept is None or self._swept.done():
            self._swept = self._loop.create_future()
            # Its outcome is in `health`; nobody waits for this future.
            self._swept.add_done_callback(lambda done: done.cancelled() or done.exception())
            self.take(Sweep(self._swept, self._settings, probe=not self.health.ok))

    def _overdue(self) -> BrokerUnavailable:
        return BrokerUnavailable(
            f"the disk has not answered for {self._settings.timeout_s:g} s; whether the last publishes are"
            " stored is not known"
        )
