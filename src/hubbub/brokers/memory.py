"""The `memory://` engine: everything in this process, gone with it; the reference of the contract.

Several brokers over one `World` are several nodes, as tests of clustered code want them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice

from hubbub.brokers.contract import (
    Feed,
    Health,
    HistoryPage,
    HistoryQuery,
    Log,
    Presence,
    Receiver,
    Recovery,
    Stored,
)
from hubbub.brokers.leases import NodePresence
from hubbub.brokers.local import Exchange, failed
from hubbub.brokers.records import Bar, Records
from hubbub.brokers.recovery import recover
from hubbub.brokers.world import MemorySettings, World
from hubbub.clock import Clock
from hubbub.errors import Barred, BrokerUnavailable
from hubbub.model import ChannelName, Position, Retention

__all__ = ["MemoryBroker", "MemorySettings", "World"]


class Membership:
    """Whether a node belongs to its world now, and with which loop and receiver."""

    __slots__ = ("loop", "receiver", "state")

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.receiver: Receiver | None = None
        self.state = "not started yet"

    def missing(self) -> BrokerUnavailable:
        """Return the error for a use outside of start and close."""
        return BrokerUnavailable(f"the memory broker is {self.state}")


class MemoryLog:
    """Keep the logs of a world; the future of a publish is done before it is returned."""

    __slots__ = ("_deliver", "_membership", "_world")

    def __init__(self, world: World, membership: Membership) -> None:
        self._world = world
        self._membership = membership
        self._deliver = world.exchange.deliver

    def publish(
        self,
        channel: ChannelName,
        payload: bytes,
        retention: Retention,
        key: str = "",
        bar: Bar | None = None,
    ) -> asyncio.Future[Stored]:
        """Append an entry, and hand it to the receivers before returning."""
        loop = self._membership.loop
        if loop is None:
            return failed(self._membership.missing())
        if self._world.records.bars(bar):
            return failed(Barred())
        future: asyncio.Future[Stored] = loop.create_future()
        place, entry = self._world.append(channel, payload, retention, key)
        future.set_result(Stored(place, entry is None))
        if entry is not None:
            self._deliver(channel, entry)
        return future

    async def recover(
        self, channel: ChannelName, since: Position, limit: int, retention: Retention
    ) -> Recovery:
        """Return everything after `since`, or why not."""
        line = self._world.line(channel)
        kept = list(line.since(since.offset, self._world.now_ms(), retention.age_s))
        return recover(since, line.top, limit, kept)

    async def history(
        self, channel: ChannelName, query: HistoryQuery, retention: Retention
    ) -> HistoryPage:
        """Return a page of kept entries."""
        line = self._world.line(channel)
        now, age_s = self._world.now_ms(), retention.age_s
        if query.reverse:
            found = line.before(query.since, now, age_s)
        else:
            found = line.since(0 if query.since is None else query.since + 1, now, age_s)
        return HistoryPage(list(islice(found, query.limit)), line.top)

    async def tops(self, channels: Sequence[ChannelName]) -> list[Position]:
        """Return the last position of each channel."""
        return [self._world.line(channel).top for channel in channels]

    async def remove_history(self, channel: ChannelName) -> None:
        """Forget a channel's kept entries."""
        self._world.forget_history(channel)


class MemoryFeed:
    """Carry entries and announcements between the nodes of a world."""

    __slots__ = ("_exchange", "_membership")

    def __init__(self, exchange: Exchange, membership: Membership) -> None:
        self._exchange = exchange
        self._membership = membership

    async def subscribe(self, channels: Sequence[ChannelName]) -> None:
        """Subscribe this node, at once."""
        if self._membership.receiver is None:
            raise self._membership.missing()
        self._exchange.subscribe(self._membership.receiver, channels)

    def unsubscribe(self, channels: Sequence[ChannelName]) -> None:
        """Stop the delivery of these channels, at once."""
        if self._membership.receiver is not None:
            self._exchange.unsubscribe(self._membership.receiver, channels)

    async def subscribe_prefixes(self, prefixes: Sequence[str]) -> None:
        """Subscribe this node to all channels whose names begin so, at once."""
        if self._membership.receiver is None:
            raise self._membership.missing()
        self._exchange.subscribe_prefixes(self._membership.receiver, prefixes)

    def unsubscribe_prefixes(self, prefixes: Sequence[str]) -> None:
        """Stop the delivery for the sake of these prefixes, at once."""
        if self._membership.receiver is not None:
            self._exchange.unsubscribe_prefixes(self._membership.receiver, prefixes)

    def announce(self, channel: ChannelName, payload: bytes) -> asyncio.Future[None]:
        """Hand an announcement to the receivers before returning."""
        loop = self._membership.loop
        if loop is None:
            return failed(self._membership.missing())
        future: asyncio.Future[None] = loop.create_future()
        future.set_result(None)
        self._exchange.deliver(channel, payload)
        return future


class MemoryBroker:
    """Be one node of a world; alone in a world of its own when none is given."""

    def __init__(self, settings: MemorySettings, clock: Clock, world: World | None = None) -> None:
        self._world = world or World(settings, clock)
        self._membership = Membership()
        self.log: Log = MemoryLog(self._world, self._membership)
        self.feed: Feed = MemoryFeed(self._world.exchange, self._membership)
        self._presence = NodePresence(self._world.leases)
        self.presence: Presence = self._presence
        self.records: Records = self._world.records

    async def start(self, node: str, receiver: Receiver) -> None:
        """Join the world."""
        membership = self._membership
        membership.loop = asyncio.get_running_loop()
        self._presence.node = node
        membership.receiver = receiver
        membership.state = "running"
        self._world.leases.renew(node)

    def health(self) -> Health:
        """Tell whether the node is between start and close; nothing else can be wrong here."""
        if self._membership.loop is None:
            return Health(ok=False, reason=str(self._membership.missing()))
        return Health(ok=True)

    async def close(self) -> None:
        """Leave the world."""
        membership = self._membership
        if membership.receiver is not None:
            self._world.exchange.leave(membership.receiver)
            self._world.leases.give_up(self._presence.node)
        membership.loop = membership.receiver = None
        membership.state = "closed"
