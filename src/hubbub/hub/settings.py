"""The hub's bounds, each with its default and its unit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Bound what the hub holds and how often it checks.

    Args:
        ring_size: publications that a node keeps of each followed channel for those who come back.
        ring_bytes: payload bytes of them, at most.
        recovery_limit: publications that one recovery may return.
        history_limit: publications that one page of history may return.
        linger_s: seconds that a channel without subscribers stays followed.
        audit_interval_s: seconds between comparisons of quiet channels with the broker.
        lease_renewal_s: seconds between renewals of the node's presence lease (which lasts 12), and reaps.
        vacancy_s: seconds that a channel must have been empty, on all nodes, before it is vacated for
            `occupancy_hooks`: a page that is loaded again is not worth two hooks.
        join_leave_limit: subscribers of a channel on this node above which they are not told of joins and
            leaves, of who is writing and who has read, which costs the square of their number; presence and
            its counts stay.
        filter_limit: comparisons that all different filters on tags of one channel make together of each
            publication; whoever brings more is refused.
        channel_limit: channels that one node follows at most, those included of which a pattern brought
            something. Where there is no room for those, they are shown, but what is lost is not repaired.
        pattern_limit: patterns that one node follows at most; Redis compares each publication with each.
        rooms_ttl_s: seconds after which it is forgotten how far a user has read channels, where nothing was
            read meanwhile; at least the longest `history_ttl_s` of channels with `receipts`.
        people_ttl_s: seconds after which it is forgotten when a user was last in a channel, and the status.
        rooms_limit: channels of one user of which it is kept how far they are read; no more can be marked.
        readers_limit: users of one channel of whom the others are shown how far they have read it.
        people_limit: users of one channel who are remembered there; those who were seen last.
        backlog_limit: bytes that one client may leave unread before it is disconnected as slow.
        backlog_age_s: seconds that a client may stay above the high water mark.
    """

    ring_size: int = 128
    ring_bytes: int = 256 * 1024
    recovery_limit: int = 300
    history_limit: int = 300
    linger_s: float = 15.0
    audit_interval_s: float = 10.0
    lease_renewal_s: float = 3.0
    vacancy_s: float = 3.0
    join_leave_limit: int = 1000
    filter_limit: int = 2000
    channel_limit: int = 1_000_000
    pattern_limit: int = 100
    rooms_ttl_s: float = 90 * 86400.0
    people_ttl_s: float = 90 * 86400.0
    rooms_limit: int = 1000
    readers_limit: int = 1000
    people_limit: int = 1000
    backlog_limit: int = 1024 * 1024
    backlog_age_s: float = 10.0
