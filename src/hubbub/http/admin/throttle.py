"""How often somebody may guess: a bucket of attempts for each address; pure."""

from __future__ import annotations

from hubbub.sessions.entries import place_of
from hubbub.sessions.limits import Buckets

ATTEMPTS = 10
"""Attempts at once from one address."""
PER_S = 1 / 6
"""Attempts that come back each second."""


class Throttle:
    """Count the attempts that failed, by address.

    Behind a proxy that nobody trusts all have its address: what it says of others is not believed.
    """

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets = Buckets(PER_S, ATTEMPTS)

    def allow(self, address: str, now: float) -> bool:
        """Tell whether an attempt may be made, and count it; `now` is monotonic seconds."""
        return self._buckets.take(place_of(address), now)

    def forgive(self, address: str, now: float) -> None:
        """Give an attempt back, because it was right.

        Those that were wrong still count: who has a key could try another one after each ten.
        """
        self._buckets.give_back(place_of(address), now)
