"""Latencies in buckets: percentiles of millions of samples in a few kilobytes."""

from __future__ import annotations

from collections import Counter

_EXACT_BITS = 7
"""Each power of two is cut into 128 buckets, so a percentile is right to within 1 %."""


class Latencies:
    """Count latencies by size."""

    __slots__ = ("_buckets", "count", "longest_ns")

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0
        self.longest_ns = 0

    def add(self, ns: int) -> None:
        """Count one latency, in nanoseconds; a negative one counts as none."""
        ns = max(ns, 0)
        self.count += 1
        self.longest_ns = max(self.longest_ns, ns)
        shift = max(ns.bit_length() - _EXACT_BITS - 1, 0)
        self._buckets[(ns >> shift) << shift] += 1

    def percentile_ms(self, share: float) -> float:
        """Return the latency that `share` (0 to 1) of the samples do not exceed, in milliseconds."""
        if share >= 1:
            return self.longest_ns / 1e6
        wanted, seen = share * self.count, 0
        for floor, count in sorted(self._buckets.items()):
            seen += count
            if seen >= wanted:
                return floor / 1e6
        return 0.0
