"""Carrying events to the application, in order, again and again: the waiting that the outbox does not do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog

from hubbub.clock import Clock
from hubbub.errors import HubbubError
from hubbub.hooks.burst import Burst
from hubbub.hooks.outbox import Delivery, Outbox, OutboxLimits
from hubbub.hub.contract import Statistics
from hubbub.sessions.hooks import Event

_log = structlog.get_logger(__name__)

PAUSE_S = 0.25
"""Seconds between two tries of a courier that is about to close."""


class Courier:
    """Tell the application of events.

    A task carries the events that go together; there are as many as `limits.parallel` at most.

    Args:
        carry: brings events there; raises where they were not taken.
        limits: the bounds. clock: the time. statistics: where to count.
    """

    def __init__(
        self,
        carry: Callable[[Sequence[Event]], Awaitable[None]],
        limits: OutboxLimits,
        clock: Clock,
        statistics: Statistics,
    ) -> None:
        self._carry = carry
        self._outbox = Outbox(limits)
        self._clock = clock
        self._statistics = statistics
        self._tasks: set[asyncio.Task[None]] = set()
        self._soon: asyncio.Handle | None = None
        self._lost = 0
        self._burst = Burst()

    def tell(self, event: Event) -> None:
        """Take an event; it goes with this turn of the event loop, or when it is its turn."""
        client = event.client
        if client is not None and client.headers:
            # They may be long, there may be many, and they say nothing about what happened.
            event = replace(event, client=replace(client, headers={}, scope={}))
        self._outbox.put(event, self._clock.monotonic())
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_soon(self.tick)

    def tick(self) -> None:
        """Start what is due; called about once a second, too."""
        self._soon = None
        for delivery in self._outbox.take(self._clock.monotonic()):
            task = asyncio.get_running_loop().create_task(self._deliver(delivery))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._count()

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._carry(delivery.events)
        except HubbubError:
            self._outbox.fail(delivery, self._clock.monotonic(), random.random())  # noqa: S311
        except Exception as fault:  # noqa: BLE001 - it is ours, and the other events must go on
            _log.error("events could not be told", exc_info=fault)
            self._outbox.fail(delivery, self._clock.monotonic(), random.random())  # noqa: S311
        else:
            self._outbox.done(delivery)
            self._statistics.events_told += len(delivery.events)
        self.tick()

    def _count(self) -> None:
        new, self._lost = self._outbox.lost - self._lost, self._outbox.lost
        self._statistics.events_lost += new
        lost = self._burst.add(self._clock.monotonic(), new)
        if lost:
            _log.error("events are lost: they were too many or too old", lost=lost)

    async def close(self, within_s: float) -> None:
        """Tell the rest, as far as that takes no longer than `within_s` seconds."""
        try:
            async with asyncio.timeout(within_s):
                while len(self._outbox):
                    self._outbox.hurry()
                    self.tick()
                    if self._tasks:
                        await asyncio.wait(self._tasks)
                    await asyncio.sleep(PAUSE_S if len(self._outbox) else 0)
        except TimeoutError:
            _log.error("events are lost: the server stops", lost=len(self._outbox))
            self._statistics.events_lost += len(self._outbox)
        if self._soon is not None:
            self._soon.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
