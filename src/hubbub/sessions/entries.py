"""What one address may begin and ask over time: bounds for what no session bounds.

A session has limits of its own (`sessions.limits`). These are for what comes before there is one, and for
requests that are short. Each node counts for itself.
"""

from __future__ import annotations

import ipaddress
import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import structlog

from hubbub.clock import Clock, SystemClock
from hubbub.sessions.contract import Refusal
from hubbub.sessions.limits import Buckets

_log = structlog.get_logger(__name__)

TELL_S = 60.0
"""Seconds between two lines in the log about the same entry."""
REMEDY = "if this is a proxy of yours, name it in listener.trusted_proxies"
"""What an operator is told, whose clients may all have one address."""


@dataclass(frozen=True, slots=True)
class EntryLimits:
    """Bound what one address may begin and ask on a node; of IPv6 it is a network of 64 bits.

    Clients behind a proxy have its address, unless it is in `listener.trusted_proxies`: the defaults bear a
    whole site behind one that nobody named. The server's own machine (loopback) is not counted, but for its
    users. A rate of 0 sets no bound, nor does a `polled` of 0.

    Args:
        connections_per_s: WebSockets, streams and sessions without either that may begin each second.
        connection_burst: of those, how many at once.
        messages_per_s: requests each second by which clients without a WebSocket say something.
        message_burst: of those, how many at once.
        polls_per_s: requests each second by which clients hear something, such as polls.
        poll_burst: of those, how many at once.
        inbox_per_s: requests about inboxes each second, whoever asks.
        inbox_burst: of those, how many at once.
        user_inbox_per_s: those of one user, from wherever.
        user_inbox_burst: of those, how many at once.
        polled: sessions that have no connection of their own (Socket.IO that polls, SockJS) at the same time.
    """

    connections_per_s: float = 1_000.0
    connection_burst: int = 10_000
    messages_per_s: float = 1_000.0
    message_burst: int = 10_000
    polls_per_s: float = 1_000.0
    poll_burst: int = 10_000
    inbox_per_s: float = 500.0
    inbox_burst: int = 5_000
    user_inbox_per_s: float = 20.0
    user_inbox_burst: int = 200
    polled: int = 20_000


@lru_cache(maxsize=10_000)
def place_of(address: str) -> str:
    """Return what counts as one address: of IPv6, the network that one customer has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:  # what a socket for both kinds calls one of IPv4
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address


@lru_cache(maxsize=10_000)
def _counted(address: str) -> str:
    """Return as what an address is counted; "" where it is not: nobody's, or of this machine."""
    place = place_of(address)
    try:
        return "" if ipaddress.ip_network(place).is_loopback or address == "::1" else place
    except ValueError:
        return ""


class Turnstile:
    """Let so many through, by what they are called.

    Args:
        what: what is counted, for people. per_s, burst: how many. clock: the time.
    """

    __slots__ = ("_buckets", "_clock", "_per_s", "_told_at", "_what")

    def __init__(self, what: str, per_s: float, burst: int, clock: Clock) -> None:
        self._what = what
        self._per_s = per_s
        self._clock = clock
        self._buckets = Buckets(per_s, burst)
        self._told_at = -TELL_S

    def refuse(self, name: str) -> Refusal | None:
        """Count one; return what it is answered with where it is too much."""
        if not name or not self._per_s:
            return None
        now = self._clock.monotonic()
        if self._buckets.take(name, now):
            return None
        if now - self._told_at >= TELL_S:
            self._told_at = now
            _log.warning(
                f"too many {self._what} of one {self._kind}", **{self._kind: name, **self._remedy}
            )
        wait_s = math.ceil(1 / self._per_s)
        sentence = f"too many {self._what} of one {self._kind}: try again in {wait_s} s"
        return Refusal(429, sentence, (("Retry-After", str(wait_s)),))

    @property
    def _kind(self) -> str:
        return "user"

    @property
    def _remedy(self) -> dict[str, str]:
        """Return what the log says beside."""
        return {}


class AddressTurnstile(Turnstile):
    """Let so many through of each address."""

    __slots__ = ()

    def refuse(self, name: str) -> Refusal | None:
        """Count one of an address; return what it is answered with where it is too much."""
        return super().refuse(_counted(name))

    @property
    def _kind(self) -> str:
        return "address"

    @property
    def _remedy(self) -> dict[str, str]:
        return {"remedy": REMEDY}


class Tally:
    """Count what there is of each address at the same time.

    Args:
        limit: how many there may be.
    """

    __slots__ = ("_counts", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: Counter[str] = Counter()

    def is_full(self, address: str) -> bool:
        """Tell whether there may be no more of an address."""
        return 0 < self._limit <= self._counts[_counted(address)]

    def add(self, address: str) -> None:
        """Count one more."""
        place = _counted(address)
        if place:
            self._counts[place] += 1

    def drop(self, address: str) -> None:
        """Count one less, which was added."""
        place = _counted(address)
        if place:
            self._counts[place] -= 1
            if not self._counts[place]:
                del self._counts[place]


class Entries:
    """Count who comes in where.

    Args:
        limits: the bounds. clock: the time.
    """

    __slots__ = ("connections", "inbox", "messages", "polled", "polls", "user_inbox")

    def __init__(self, limits: EntryLimits | None = None, clock: Clock | None = None) -> None:
        bounds, now = limits or EntryLimits(), clock or SystemClock()
        self.connections = AddressTurnstile(
            "connections", bounds.connections_per_s, bounds.connection_burst, now
        )
        self.messages = AddressTurnstile(
            "messages", bounds.messages_per_s, bounds.message_burst, now
        )
        self.polls = AddressTurnstile("polls", bounds.polls_per_s, bounds.poll_burst, now)
        self.inbox = AddressTurnstile("requests", bounds.inbox_per_s, bounds.inbox_burst, now)
        self.user_inbox = Turnstile(
            "requests", bounds.user_inbox_per_s, bounds.user_inbox_burst, now
        )
        self.polled = Tally(bounds.polled)
        """Sessions without a connection of their own."""
