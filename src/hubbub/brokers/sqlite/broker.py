"""The parts of the SQLite engine: each asks the desk, which asks the thread that has the file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

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
from hubbub.brokers.leases import Leases, NodePresence
from hubbub.brokers.local import Exchange
from hubbub.brokers.records import Bar, Records
from hubbub.brokers.sqlite.desk import Desk
from hubbub.brokers.sqlite.operations import (
    Announce,
    History,
    Publish,
    Recover,
    RemoveHistory,
    Tops,
)
from hubbub.brokers.sqlite.records import SqliteRecords
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.clock import Clock
from hubbub.errors import BrokerUnavailable
from hubbub.model import ChannelName, Position, Retention


class SqliteLog:
    """Keep the logs in the file."""

    __slots__ = ("_desk",)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def publish(
        self,
        channel: ChannelName,
        payload: bytes,
        retention: Retention,
        key: str = "",
        bar: Bar | None = None,
    ) -> asyncio.Future[Stored]:
        """Append an entry; the future is done when it is committed."""
        desk = self._desk
        return desk.take(Publish(desk.future(), channel, payload, retention, key, bar))

    async def recover(
        self, channel: ChannelName, since: Position, limit: int, retention: Retention
    ) -> Recovery:
        """Return everything after `since`, or why not."""
        desk = self._desk
        return await desk.take(Recover(desk.future(), channel, since, limit, retention.age_s))

    async def history(
        self, channel: ChannelName, query: HistoryQuery, retention: Retention
    ) -> HistoryPage:
        """Return a page of kept entries."""
        return await self._desk.take(History(self._desk.future(), channel, query, retention.age_s))

    async def tops(self, channels: Sequence[ChannelName]) -> list[Position]:
        """Return the last position of each channel."""
        return await self._desk.take(Tops(self._desk.future(), channels))

    async def remove_history(self, channel: ChannelName) -> None:
        """Forget a channel's kept entries."""
        await self._desk.take(RemoveHistory(self._desk.future(), channel))


class SqliteFeed:
    """Deliver to this process what is committed."""

    __slots__ = ("_desk", "_exchange", "receiver")

    def __init__(self, desk: Desk, exchange: Exchange) -> None:
        self._desk = desk
        self._exchange = exchange
        self.receiver: Receiver | None = None

    async def subscribe(self, channels: Sequence[ChannelName]) -> None:
        """Subscribe this node, at once."""
        if self.receiver is None:
            raise BrokerUnavailable("the SQLite broker is not started, or closed")
        self._exchange.subscribe(self.receiver, channels)

    def unsubscribe(self, channels: Sequence[ChannelName]) -> None:
        """Stop the delivery of these channels, at once."""
        if self.receiver is not None:
            self._exchange.unsubscribe(self.receiver, channels)

    async def subscribe_prefixes(self, prefixes: Sequence[str]) -> None:
        """Subscribe this node to all channels whose names begin so, at once."""
        if self.receiver is None:
            raise BrokerUnavailable("the SQLite broker is not started, or closed")
        self._exchange.subscribe_prefixes(self.receiver, prefixes)

    def unsubscribe_prefixes(self, prefixes: Sequence[str]) -> None:
        """Stop the delivery for the sake of these prefixes, at once."""
        if self.receiver is not None:
            self._exchange.unsubscribe_prefixes(self.receiver, prefixes)

    def announce(self, channel: ChannelName, payload: bytes) -> asyncio.Future[None]:
        """Deliver an announcement after the publishes that are under way, or now when there are none."""
        future = self._desk.future()
        if future.done() or not self._desk.idle:
            return self._desk.take(Announce(future, channel, payload))
        future.set_result(None)
        self._exchange.deliver(channel, payload)
        return future


class SqliteBroker:
    """Serve one process from one file."""

    def __init__(self, settings: SqliteSettings, clock: Clock) -> None:
        self._exchange = Exchange()
        self._leases = Leases(clock, settings.lease_s)
        self._desk = Desk(settings, clock, self._exchange)
        self._feed = SqliteFeed(self._desk, self._exchange)
        self._presence = NodePresence(self._leases)
        self.log: Log = SqliteLog(self._desk)
        self.feed: Feed = self._feed
        self.presence: Presence = self._presence
        self.records: Records = SqliteRecords(self._desk)

    async def start(self, node: str, receiver: Receiver) -> None:
        """Open the file; raises BrokerUnavailable with a sentence when that cannot be."""
        await self._desk.start()
        self._feed.receiver = receiver
        self._presence.node = node
        self._leases.renew(node)

    def health(self) -> Health:
        """Tell how the last group of operations, or the last probe, went."""
        return self._desk.health

    async def close(self) -> None:
        """Finish what was taken, close the file and let it go."""
        await self._desk.close()
        if self._feed.receiver is not None:
            self._exchange.leave(self._feed.receiver)
            self._leases.give_up(self._presence.node)
            self._feed.receiver = None
