"""How many may do a thing at once, and how many may wait for their turn."""

from __future__ import annotations

import asyncio

from hubbub.errors import TOO_MANY_REQUESTS_ERROR, Refused


class Turns:
    """Let some in; let some wait, in order; turn the others away.

    Args:
        at_once: how many may be in. queue: how many may wait.
    """

    __slots__ = ("_places", "_queue", "_waiting")

    def __init__(self, at_once: int, queue: int) -> None:
        self._places = asyncio.Semaphore(max(1, at_once))
        self._queue = queue
        self._waiting = 0

    async def enter(self) -> None:
        """Come in. Raises Refused (111) where too many wait already."""
        if self._places.locked() and self._waiting >= self._queue:
            raise Refused(TOO_MANY_REQUESTS_ERROR, "the application has too much to do")
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        """Make room for the next one."""
        self._places.release()
