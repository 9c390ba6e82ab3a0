"""A clock that jumps instead of running."""

from __future__ import annotations


class JumpingClock:
    """Tell the time that the test set; it moves only by `jump`."""

    def __init__(self, now: float = 1000.0, epoch_ms: int = 1_700_000_000_000) -> None:
        self._now = now
        self._epoch_ms = epoch_ms

    def monotonic(self) -> float:
        return self._now

    def epoch_ms(self) -> int:
        return self._epoch_ms

    def jump(self, seconds: float) -> None:
        self._now += seconds
        self._epoch_ms += round(seconds * 1000)
