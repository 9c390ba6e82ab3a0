"""One line in the log for many troubles of one kind."""

from __future__ import annotations

QUIET_S = 60.0
"""Seconds between two lines about the same trouble."""


class Burst:
    """Count troubles, and say when it is time for a line."""

    __slots__ = ("_count", "_said_at")

    def __init__(self) -> None:
        self._count = 0
        self._said_at = float("-inf")

    def add(self, now: float, count: int = 1) -> int:
        """Count `count` more at `now`, in monotonic seconds.

        Returns how many there were since the last line, when one is due now, and else 0.
        """
        self._count += count
        if not self._count or now - self._said_at < QUIET_S:
            return 0
        count, self._count = self._count, 0
        self._said_at = now
        return count
