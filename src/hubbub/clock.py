"""Time as a dependency, so that tests can jump it instead of sleeping."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tell the time; both functions never wait."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, for deadlines and ages."""
        ...

    def epoch_ms(self) -> int:
        """Return milliseconds since 1970, for what people and other nodes read."""
        ...


class SystemClock:
    """Read the machine's clocks."""

    __slots__ = ()

    def monotonic(self) -> float:
        """Return seconds of the monotonic clock."""
        return time.monotonic()

    def epoch_ms(self) -> int:
        """Return milliseconds since 1970."""
        return time.time_ns() // 1_000_000
