"""How often somebody may guess: a bucket of attempts for each address; pure."""

from __future__ import annotations

import ipaddress

from hubbub.sessions.limits import TokenBucket

ATTEMPTS = 10
"""Attempts at once from one address."""
PER_S = 1 / 6
"""Attempts that come back each second."""
ADDRESSES = 10_000
"""Addresses that are known at most; the one that was seen first is forgotten for another."""


class Throttle:
    """Count the attempts that failed, by address.

    Behind a proxy all have its address: what it says of others is not believed.
    """

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets: dict[str, TokenBucket] = {}

    def allow(self, address: str, now: float) -> bool:
        """Tell whether an attempt may be made, and count it; `now` is monotonic seconds."""
        place = _place(address)
        bucket = self._buckets.get(place)
        if bucket is None:
            if len(self._buckets) >= ADDRESSES:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[place] = TokenBucket(ATTEMPTS, now)
        return bucket.take(PER_S, ATTEMPTS, now)

    def forgive(self, address: str, now: float) -> None:
        """Give an attempt back, because it was right.

        Those that were wrong still count: who has a key could try another one after each ten.
        """
        bucket = self._buckets.get(_place(address))
        if bucket is not None:
            bucket.take(PER_S, ATTEMPTS, now, -1.0)


def _place(address: str) -> str:
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
