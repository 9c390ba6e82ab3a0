"""What the hub asks of a broker: an ordered log, a feed between nodes, leases for presence, and records.

The broker sees payloads as opaque bytes. Channel names that begin with `!` are Hubbub's own
(control between nodes, probes); no client can name them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import msgspec

from hubbub.brokers.records import Bar, Records
from hubbub.model import ChannelName, Position, Retention, SessionId


class Entry(msgspec.Struct, frozen=True):
    """One entry of a channel's log.

    `tag` is 32 random bits, never 0; `previous` is the tag of the entry before it (0 for the first),
    so that a broker that re-issues offsets after a failover (a fork) is seen. `time` is the broker's
    clock in milliseconds since 1970.
    """

    epoch: str
    offset: int
    tag: int
    previous: int
    time: int
    payload: bytes

    @property
    def position(self) -> Position:
        """Return where this entry stands."""
        return Position(self.epoch, self.offset, self.tag)


class Stored(msgspec.Struct, frozen=True):
    """The broker's word that a publication is in the log, and where.

    `duplicate` says that the same idempotency key was published before: this is the first one's place.
    """

    position: Position
    duplicate: bool = False


class Outcome(Enum):
    """Why a recovery did, or could not, give everything after a position."""

    OK = "ok"
    EPOCH = "epoch"
    """The channel's counter was born again: the position belongs to another life of the channel."""
    AHEAD = "ahead"
    """The position is beyond the top: the broker went back in time."""
    FORK = "fork"
    """The entry at the position is not the one its holder saw: a failover re-issued offsets."""
    TOO_MANY = "too_many"
    """More is missing than the caller's limit."""
    GAP = "gap"
    """History no longer reaches back to the position."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Everything after a position, or the reason why not; `top` is the position to go on from.

    `entries` is complete up to `top` when `outcome` is OK, and empty otherwise.
    """

    outcome: Outcome
    entries: Sequence[Entry]
    top: Position


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which part of a channel's history to read.

    `since` is exclusive: forward reading starts after it, reverse reading before it. None starts at
    the oldest (or newest) kept entry. `limit` is the largest number of entries; 0 asks for `top` only.
    """

    limit: int
    since: int | None = None
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Entries in the order that the query asked for, and the channel's top at that moment."""

    entries: Sequence[Entry]
    top: Position


@dataclass(frozen=True, slots=True)
class Ghost:
    """A presence entry whose node died without taking it back."""

    channel: ChannelName
    session: SessionId
    member: bytes


@dataclass(frozen=True, slots=True)
class Occupancy:
    """That a channel has somebody in it now, in the whole cluster, or nobody any more.

    `number` is larger for each later change of the channel, whoever is told of it, restarts included: it is
    made of the broker's clock. The word with the largest number is what is true.
    """

    channel: ChannelName
    occupied: bool
    number: int


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the broker can be relied on now; `reason` is a sentence when it cannot."""

    ok: bool
    reason: str = ""
    round_trip_s: float = 0.0


class Receiver(Protocol):
    """Take what a feed delivers. Every method is called on the event loop and must not wait or raise."""

    def on_entry(self, channel: ChannelName, entry: Entry) -> None:
        """Take an entry of a subscribed channel, own ones included, in log order but for losses."""
        ...

    def on_announcement(self, channel: ChannelName, payload: bytes) -> None:
        """Take an announcement of a subscribed channel; some may have been lost on the way."""
        ...

    def on_restored(self) -> None:
        """Learn that the feed was interrupted and stands again, all subscriptions confirmed.

        Anything may have been lost in between: compare tops for every channel.
        """
        ...


class Log(Protocol):
    """Keep one ordered log per channel. All nodes see the same order."""

    def publish(
        self,
        channel: ChannelName,
        payload: bytes,
        retention: Retention,
        key: str = "",
        bar: Bar | None = None,
    ) -> asyncio.Future[Stored]:
        """Append an entry and hand it to every node's feed, atomically, at most once.

        Calls on one node take effect in the order in which they were made. With the same non-empty `key` (up
        to 5 minutes) the entry exists once. With `retention.size` 0 it gets an offset, and is not kept.

        The future is done when the broker has the entry. It raises Barred where `bar` keeps it out, also one
        that is repeated; and BrokerUnavailable when the broker did not answer in time: whether the entry was
        stored is then unknown, and publishing again with the same key is safe.
        """
        ...

    async def recover(
        self, channel: ChannelName, since: Position, limit: int, retention: Retention
    ) -> Recovery:
        """Return everything after `since`, in one atomic look at log and top.

        A tag of 0 in `since` skips the fork check. Entries older than `retention.age_s` count as gone.
        """
        ...

    async def history(
        self, channel: ChannelName, query: HistoryQuery, retention: Retention
    ) -> HistoryPage:
        """Return a page of kept entries, in one atomic look at log and top."""
        ...

    async def tops(self, channels: Sequence[ChannelName]) -> list[Position]:
        """Return the last position of each channel; one without entries is at 0, and has its epoch."""
        ...

    async def remove_history(self, channel: ChannelName) -> None:
        """Forget a channel's kept entries; offsets and epoch go on."""
        ...


class Feed(Protocol):
    """Carry live entries and announcements to the nodes that subscribed to a channel."""

    async def subscribe(self, channels: Sequence[ChannelName]) -> None:
        """Subscribe this node; return when the broker has confirmed, so that nothing later is missed."""
        ...

    def unsubscribe(self, channels: Sequence[ChannelName]) -> None:
        """Stop the delivery of these channels, soon; what is on its way may still arrive."""
        ...

    async def subscribe_prefixes(self, prefixes: Sequence[str]) -> None:
        """Subscribe this node to all channels whose names begin with one of these; return when confirmed.

        However many subscriptions a channel matches, by its name and by prefixes, each entry and announcement
        is delivered once, without a break where subscriptions come and go.
        """
        ...

    def unsubscribe_prefixes(self, prefixes: Sequence[str]) -> None:
        """Stop the delivery for the sake of these prefixes, soon."""
        ...

    def announce(self, channel: ChannelName, payload: bytes) -> asyncio.Future[None]:
        """Send an unstored, unnumbered message to subscribed nodes, at most once, own node included.

        It keeps its order with this node's own publishes and announcements. The future raises
        BrokerUnavailable when the broker is away.
        """
        ...


class Presence(Protocol):
    """Remember who is in a channel, each entry under the lease of the node that wrote it.

    A channel that somebody enters `watched` is watched until it is vacated: its first entry makes it
    occupied, and when it has been empty for a while, it is vacated. Each of the two is told to one caller in
    the cluster only. Where the broker lost its memory, `occupied` is told again. Where a node lost its lease
    or its connection at the wrong moment, `vacated` may be told twice, rather than never.
    """

    lease_s: float  # after which a node that does not renew its lease counts as dead

    async def enter(
        self, channel: ChannelName, session: SessionId, member: bytes, *, watched: bool = False
    ) -> Occupancy | None:
        """Write a session's entry under this node's lease; it may be written again.

        With `watched` it returns that the channel became occupied, if it did by this.
        """
        ...

    async def leave(
        self, channel: ChannelName, session: SessionId, *, watched: bool = False
    ) -> None:
        """Remove a session's entry, if it is there; `watched` is what it was when the session entered."""
        ...

    async def members(self, channel: ChannelName) -> dict[SessionId, bytes]:
        """Return the entries of nodes whose lease is alive."""
        ...

    async def renew(self) -> None:
        """Extend this node's lease; entries vanish from `members` when it runs out."""
        ...

    async def reap(self) -> Sequence[Ghost]:
        """Remove the entries of dead nodes; each ghost is returned to one caller in the cluster only."""
        ...

    async def bury(self, node: str) -> Sequence[Ghost]:
        """End the lease of another node, whose process has ended, and reap its entries alone."""
        ...

    async def vacate(self, linger_s: float) -> Sequence[Occupancy]:
        """Return the watched channels that have been empty for `linger_s`; they are vacated by this.

        One that somebody entered meanwhile has stayed occupied, and nobody is told anything.
        """
        ...


class Broker(Protocol):
    """One engine: it starts, gives its four parts, tells its health, and closes."""

    log: Log
    feed: Feed
    presence: Presence
    records: Records

    async def start(self, node: str, receiver: Receiver) -> None:
        """Connect, take the lease of `node` (unique in the cluster), and deliver to `receiver`.

        Raises BrokerUnavailable with a sentence for the operator when the broker cannot be reached.
        """
        ...

    def health(self) -> Health:
        """Tell whether publishing and the feed work, as last probed end to end."""
        ...

    async def close(self) -> None:
        """Give up the lease, flush what was acknowledged, and end every connection and task."""
        ...
