"""What a client was asked to acknowledge, and has not yet."""

from __future__ import annotations

import asyncio

from hubbub.dialects.contract import Acknowledged
from hubbub.errors import LIMIT_EXCEEDED, Refused, Unanswered

CALLS_LIMIT = 256
"""Calls of one session that may be unanswered."""


class Calls:
    """Number calls, and hand their answers to those who wait."""

    __slots__ = ("_last", "_waiting")

    def __init__(self) -> None:
        self._last = 0
        self._waiting: dict[int, asyncio.Future[Acknowledged]] = {}

    def begin(self) -> tuple[int, asyncio.Future[Acknowledged]]:
        """Return the number of a new call, and what its answer will be.

        Raises Refused (106) where too many are unanswered.
        """
        if len(self._waiting) >= CALLS_LIMIT:
            raise Refused(LIMIT_EXCEEDED, f"the client has not answered {CALLS_LIMIT} calls")
        self._last += 1
        number = self._last
        waiting: asyncio.Future[Acknowledged] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        waiting.add_done_callback(lambda _: self._waiting.pop(number, None))
        return number, waiting

    def settle(self, answer: Acknowledged) -> None:
        """Take an answer; one that nobody waits for is dropped."""
        waiting = self._waiting.get(answer.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def close(self) -> None:
        """Tell those who wait that there will be no answer."""
        for waiting in list(self._waiting.values()):
            if not waiting.done():
                waiting.set_exception(Unanswered("the session has ended"))
