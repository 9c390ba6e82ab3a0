"""Whether what this node publishes comes back to it. Pure: time is an argument.

A connection can be up and deaf: a failover behind a proxy, a half-open TCP connection, a Redis that
hangs. Only a message that makes the whole round tells. It is sent after a silence of the feed, and now
and then on a busy feed too, because hearing others says nothing about publishing.
"""

from __future__ import annotations

from enum import Enum


class Step(Enum):
    """What to do now."""

    NOTHING = "nothing"
    SEND = "send"
    RECONNECT = "reconnect"


class Probe:
    """Decide when to probe, and what a missing answer means. All times are seconds of one monotonic clock."""

    __slots__ = (
        "_every_s",
        "_heard_at",
        "_sent_at",
        "_silence_s",
        "_started_at",
        "_timeout_s",
        "_token",
        "failure",
        "round_trip_s",
    )

    def __init__(self, silence_s: float, timeout_s: float, every_s: float, now: float) -> None:
        self._silence_s = silence_s
        self._timeout_s = timeout_s
        self._every_s = every_s
        self._heard_at = now
        self._started_at = now
        self._sent_at: float | None = None
        self._token = 0
        self.failure = ""
        self.round_trip_s = 0.0

    @property
    def token(self) -> bytes:
        """Return what the probe on its way carries."""
        return b"%d" % self._token

    def heard(self, now: float) -> None:
        """Learn that the feed brought something."""
        self._heard_at = now

    def step(self, now: float) -> Step:
        """Return what to do at this moment; asked for a few times per second."""
        if self._sent_at is not None:
            if now - self._sent_at < self._timeout_s:
                return Step.NOTHING
            self.fail(f"a probe was not back after {self._timeout_s:g} s")
            self._started_at = now
            return Step.RECONNECT
        silent = now - max(self._heard_at, self._started_at) >= self._silence_s
        return Step.SEND if silent or now - self._started_at >= self._every_s else Step.NOTHING

    def sent(self, now: float) -> bytes:
        """Learn that a probe is being published, and return what it must carry."""
        self._token += 1
        self._started_at = now
        self._sent_at = now
        return self.token

    def returned(self, payload: bytes, now: float) -> bool:
        """Take a probe that came back; tell whether it is the one on its way."""
        if self._sent_at is None or payload != self.token:
            return False
        self.round_trip_s = now - self._sent_at
        self._sent_at = None
        self.failure = ""
        return True

    def fail(self, reason: str) -> None:
        """Give the probe on its way up, because of `reason`; the next one follows the usual silence."""
        self.failure = reason
        self._sent_at = None
