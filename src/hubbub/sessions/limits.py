"""What one session may ask for: sizes, counts and rates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Bound one session.

    Args:
        channels: subscriptions of one session.
        patterns: those of them that may be patterns, where a namespace has such.
        user_connections: sessions that one user may have on a node; 0 sets no bound.
        grace_s: seconds after the end of its token that a client gets to show a newer one.
        commands_per_s: commands that refill the bucket each second; 0 switches the limit off.
        command_burst: commands that may come at once.
        pending: publications that may wait for the broker before reading pauses; a large one counts once for
            each KiB.
        ping_interval_s: seconds between pings of protocols that have their own, and between looks at each
            session (0: nobody is pinged or given up).
        keepalive_s: seconds of silence after which a peer of another protocol is pinged by the transport.
            Less than the 60 s after which many proxies drop a silent connection.
        idle_s: seconds of silence after which a peer counts as dead; more than either of them.
        connect_s: seconds in which a dialect with a connect command must see it.
        strikes: refused commands after which a session is closed; forgotten once a whole burst is free
            again.
    """

    channels: int = 128
    patterns: int = 10
    user_connections: int = 0
    grace_s: float = 25.0
    commands_per_s: float = 10_000.0
    command_burst: int = 20_000
    pending: int = 4096
    ping_interval_s: float = 25.0
    keepalive_s: float = 50.0
    idle_s: float = 60.0
    connect_s: float = 10.0
    strikes: int = 10


BUCKETS = 10_000
"""Names that are counted at the same time at most; the one that was seen first is forgotten for another."""


class TokenBucket:
    """Allow `burst` at once and `rate` a second over time; time is passed in."""

    __slots__ = ("_level", "_stamp", "refused")

    def __init__(self, burst: float, now: float) -> None:
        self._level = burst
        self._stamp = now
        self.refused = 0
        """How often it was empty since it was last full."""

    def take(self, rate: float, burst: float, now: float, amount: float = 1.0) -> bool:
        """Take `amount`, and tell whether it was there.

        Args:
            rate: refill in units per second. burst: the bucket's size. now: seconds, monotonic.
        """
        level = self._level + (now - self._stamp) * rate
        if level >= burst:
            level = burst
            self.refused = 0
        self._stamp = now
        if level < amount:
            self._level = level
            self.refused += 1
            return False
        self._level = level - amount
        return True


class Buckets:
    """Have a bucket for each name, full at first.

    Args:
        rate: refill in units per second. burst: the size of each.
    """

    __slots__ = ("_burst", "_by_name", "_rate")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._by_name: dict[str, TokenBucket] = {}

    def take(self, name: str, now: float) -> bool:
        """Take one from a name's bucket, and tell whether it was there; `now` is monotonic seconds."""
        bucket = self._by_name.get(name)
        if bucket is None:
            if len(self._by_name) >= BUCKETS:
                del self._by_name[next(iter(self._by_name))]
            bucket = self._by_name[name] = TokenBucket(self._burst, now)
        return bucket.take(self._rate, self._burst, now)

    def give_back(self, name: str, now: float) -> None:
        """Put one back that was taken."""
        bucket = self._by_name.get(name)
        if bucket is not None:
            bucket.take(self._rate, self._burst, now, -1.0)
