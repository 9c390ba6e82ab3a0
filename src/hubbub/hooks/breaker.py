"""Leave a backend alone that does not answer, until it does again: a circuit breaker, without a clock.

closed ──failures in a row──▶ open ──`open_s` later, one question──▶ probing ──answered──▶ closed
                               ▲                                        │
                               └────────────────failed──────────────────┘
"""

from __future__ import annotations


class Breaker:
    """Say whether a question may be asked, and learn how it went.

    Every question that may be asked has a ticket. What was asked before the circuit opened says nothing
    about the backend after that, so its ticket is void.

    Args:
        failures: failures in a row that open the circuit; 0 never does. open_s: seconds it then stays open.
    """

    __slots__ = ("_failed", "_failures", "_open_s", "_open_until", "_probing", "_ticket")

    def __init__(self, failures: int, open_s: float) -> None:
        self._failures = failures
        self._open_s = open_s
        self._failed = 0
        self._ticket = 0
        self._open_until: float | None = None
        self._probing = False

    def is_open(self, now: float) -> bool:
        """Tell whether nothing may be asked at `now`, in monotonic seconds."""
        return self._open_until is not None and (self._probing or now < self._open_until)

    def allow(self, now: float) -> int | None:
        """Return a ticket, to be given back by `settle` or `abandon`; None where nothing may be asked."""
        if self.is_open(now):
            return None
        if self._open_until is not None:
            self._probing = True
            self._ticket += 1
        return self._ticket

    def settle(self, ticket: int, now: float, *, ok: bool) -> None:
        """Learn whether the backend answered."""
        if ticket != self._ticket:
            return
        if ok:
            self._failed = 0
            self._open_until = None
        else:
            self._failed += 1
            if self._probing or 0 < self._failures <= self._failed:
                self._open_until = now + self._open_s
                self._ticket += 1
        self._probing = False

    def abandon(self, ticket: int) -> None:
        """Learn that nobody waited for the answer: the next question may be the probe."""
        if ticket == self._ticket:
            self._probing = False
