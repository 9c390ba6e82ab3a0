"""How long to wait before a dead process is started again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Double the wait with each death in a row.

    Args:
        first_s: seconds after the first death. most_s: the longest wait.
        healthy_s: seconds of life after which the next death counts as the first again.
    """

    first_s: float = 0.5
    most_s: float = 30.0
    healthy_s: float = 30.0

    def deaths(self, deaths: int, lived_s: float) -> int:
        """Return how many deaths in a row it is now, after one more."""
        return 1 if lived_s >= self.healthy_s else deaths + 1

    def wait_s(self, deaths: int) -> float:
        """Return the seconds to wait after that many deaths in a row."""
        return float(min(self.most_s, self.first_s * 2 ** min(deaths - 1, 30)))
