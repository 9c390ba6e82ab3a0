"""Waiting for many things, for each equally long: one timer for however many there are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Patience(Generic[T]):
    """Tell when something has waited for `delay_s` seconds.

    Args:
        expired: called with it; by then it waits no more.
    """

    __slots__ = ("_delay_s", "_expired", "_timer", "_waiting")

    def __init__(self, delay_s: float, expired: Callable[[T], None]) -> None:
        self._delay_s = delay_s
        self._expired = expired
        self._waiting: dict[T, float] = {}
        """By when, in seconds of the loop; the first is due first, as all were given the same delay."""
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, item: T) -> None:
        """Count from now."""
        self._waiting.pop(item, None)
        self._waiting[item] = asyncio.get_running_loop().time() + self._delay_s
        self._set()

    def end(self, item: T) -> None:
        """Count no more."""
        self._waiting.pop(item, None)

    def _set(self) -> None:
        if self._timer is None and self._waiting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(next(iter(self._waiting.values())), self._look)

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        due = []
        for item, deadline in self._waiting.items():
            if deadline > now:
                break
            due.append(item)
        for item in due:
            del self._waiting[item]
        self._set()
        for item in due:
            self._expired(item)
