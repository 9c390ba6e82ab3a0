"""Work that nobody waits for: what is left of it when the node stops is broken off."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from hubbub.hub.stepping import start

_log = structlog.get_logger(__name__)


class Chores:
    """Run work in the background; one that fails is told to the log, and to nobody else."""

    __slots__ = ("_under_way",)

    def __init__(self) -> None:
        self._under_way: set[asyncio.Future[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` as far as it goes at once, and the rest later (see `stepping.start`)."""
        task = start(work)
        self._under_way.add(task)
        task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Future[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("work in the background failed", exc_info=fault)

    async def close(self) -> None:
        """Break off what is under way."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
