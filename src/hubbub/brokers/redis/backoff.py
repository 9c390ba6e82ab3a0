"""How long to wait before the next attempt to connect. Pure: chance is an argument."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waiting times that double from `first_s` to `most_s`, spread so that nodes do not come as a herd."""

    first_s: float
    most_s: float

    def delay_s(self, failures: int, chance: float) -> float:
        """Return the seconds to wait after so many failures in a row.

        The first attempt after a loss waits for nothing but the spread, because most losses are a restart.

        Args:
            failures: attempts that failed since the connection last worked, 0 or more.
            chance: a random number in [0, 1).
        """
        if failures <= 0:
            return self.first_s * chance
        # Beyond 2**16 the ceiling has long been reached; the bound keeps the power small.
        ceiling = min(self.most_s, self.first_s * 2.0 ** min(failures, 16))
        return ceiling * (0.5 + chance / 2)
