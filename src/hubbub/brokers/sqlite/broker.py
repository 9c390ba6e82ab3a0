"""The SQLite engine's side on the event loop: what waits, for how long, and what is told to whom."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, TypeVar

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
from hubbub.brokers.local import Exchange, failed
from hubbub.brokers.sqlite.operations import (
    Announce,
    History,
    Operation,
    Publish,
    Recover,
    RemoveHistory,
    Sweep,
    Tops,
)
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.brokers.sqlite.writer import Group, Writer
from hubbub.clock import Clock
from hubbub.errors import BrokerUnavailable
from hubbub.model import ChannelName, Position, Retention

T = TypeVar("T")


class Desk:
    """Take operations on the loop, send those of one turn together, and finish them in their order."""

    def __init__(self, settings: SqliteSettings, clock: Clock, exchange: Exchange) -> None:
        self._settings = settings
        self._clock = clock
        self._exchange = exchange
        self._writer = Writer(settings, clock, self._finished)
        self._turn: list[Operation[Any]] = []
        self._under_way: deque[Operation[Any]] = deque()
        self._weight = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ticking: asyncio.TimerHandle | None = None
        self._swept: asyncio.Future[None] | None = None
        self._state = "not started yet"
        self.health = Health(ok=False, reason=f"the broker is {self._state}")

    @property
    def idle(self) -> bool:
        """Tell whether nothing is under way."""
        return not self._under_way

    async def start(self) -> None:
        """Open the file; raises BrokerUnavailable with a sentence when that cannot be."""
        await self._writer.start()
        self._loop = asyncio.get_running_loop()
        self.health = Health(ok=True)
        self._tick()

    async def close(self) -> None:
        """Take no more, finish everything that was taken, and close the file."""
        self._state = "closed"
        self.health = Health(ok=False, reason="the broker is closed")
        if self._loop is None:
            return
        if self._ticking is not None:
            self._ticking.cancel()
        self._loop = None
        self._send_turn()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                await self._writer.close()
        except TimeoutError:
            # The disk hangs. What was acknowledged is committed; the rest gets to know that it is not.
            for operation in self._under_way:
                if not operation.future.done():
                    operation.future.set_exception(self._overdue())

    def future(self) -> asyncio.Future[Any]:
        """Return a future for an operation; one that failed already when none can be taken now."""
        if self._loop is None:
            return failed(BrokerUnavailable(f"the SQLite broker is {self._state}"))
        if (
            len(self._under_way) >= self._settings.max_waiting
            or self._weight >= self._settings.max_waiting_bytes
        ):
            return failed(
                BrokerUnavailable(
                    f"{len(self._under_way)} operations ({self._weight} bytes) already wait for the disk"
                )
            )
        return self._loop.create_future()

    def take(self, operation: Operation[T]) -> asyncio.Future[T]:
        """Do an operation, after all that were taken before, unless its future has failed already."""
        if operation.future.done() or self._loop is None:
            return operation.future
        operation.sent = self._clock.monotonic()
        self._under_way.append(operation)
        self._weight += operation.weight
        if not self._turn:
            self._loop.call_soon(self._send_turn)
        self._turn.append(operation)
        return operation.future

    def _send_turn(self) -> None:
        if self._turn:
            self._writer.send(self._turn)
            self._turn = []

    def _finished(self, group: Group, failure: BrokerUnavailable | None) -> None:
        for operation in group:
            self._under_way.popleft()
            self._weight -= operation.weight
            operation.finish(self._exchange)
        if self._state == "closed":
            return
        if failure is not None:
            self.health = Health(ok=False, reason=failure.detail)
        else:
            self.health = Health(ok=True, round_trip_s=self._clock.monotonic() - group[-1].sent)

    def _tick(self) -> None:
        if self._loop is None:
            return
        self._ticking = self._loop.call_later(self._settings.tick_s, self._tick)
        overdue = self._clock.monotonic() - self._settings.timeout_s
        for operation in self._under_way:
            if operation.sent > overdue:
                break
            self.health = Health(ok=False, reason=self._overdue().detail)
            if not operation.future.done():
                operation.future.set_exception(self._overdue())
        if self._swept is None or self._swept.done():
            self._swept = self._loop.create_future()
            # Its outcome is in `health`; nobody waits for this future.
            self._swept.add_done_callback(lambda done: done.cancelled() or done.exception())
            self.take(Sweep(self._swept, self._settings.meta_ttl_s, probe=not self.health.ok))

    def _overdue(self) -> BrokerUnavailable:
        return BrokerUnavailable(
            f"the disk has not answered for {self._settings.timeout_s:g} s; whether the last publishes are"
            " stored is not known"
        )


class SqliteLog:
    """Keep the logs in the file."""

    __slots__ = ("_desk",)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def publish(
        self, channel: ChannelName, payload: bytes, retention: Retention, key: str = ""
    ) -> asyncio.Future[Stored]:
        """Append an entry; the future is done when it is committed."""
        desk = self._desk
        return desk.take(Publish(desk.future(), channel, payload, retention, key))

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
