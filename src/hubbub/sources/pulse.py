"""Notice that a connection is dead although nobody said so: a cable pulled, a firewall that forgot it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

EVERY_S = 10.0
"""Seconds between two questions."""
PATIENCE_S = 10.0
"""Seconds that an answer may take."""


class Pulse:
    """Ask for a sign of life now and then, and tell when none came.

    Args:
        ask: returns when the other side has answered; what it raises otherwise must be caught by itself.
        lost: called when no answer came in time.
        every_s, patience_s: seconds between two questions, and for an answer.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[None]],
        lost: Callable[[], None],
        every_s: float = EVERY_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._ask = ask
        self._lost = lost
        self._every_s = every_s
        self._patience_s = patience_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to ask."""
        self._task = asyncio.create_task(self._beat())

    async def close(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _beat(self) -> NoReturn:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                async with asyncio.timeout(self._patience_s):
                    await self._ask()
            except TimeoutError:
                self._lost()
