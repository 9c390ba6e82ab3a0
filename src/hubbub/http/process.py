"""What this process uses of its machine."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

_STATM = Path("/proc/self/statm")
_LOOK_S = 1.0
"""Seconds between two looks at the processor: less would measure the look itself."""


class Process:
    """Measure this process.

    Args:
        now: monotonic seconds.
    """

    __slots__ = ("_at", "_cpu", "_used_s")

    def __init__(self, now: float) -> None:
        self._at = now
        self._used_s = time.process_time()
        self._cpu = 0.0

    def cpu(self, now: float) -> float:
        """Return the percentage of one processor that was used since the last look."""
        if now - self._at >= _LOOK_S:
            used_s = time.process_time()
            self._cpu = round(100.0 * (used_s - self._used_s) / (now - self._at), 2)
            self._at, self._used_s = now, used_s
        return self._cpu


def resident_bytes() -> int:
    """Return the memory that this process holds; where the system does not say it, the most that it held."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
