"""What the event loop asks of the writer thread: each operation changes, then reads, then is finished.

`change` runs in the thread and notes in the ledger what the group will write; `read` runs in the thread when
the group is in the file; `finish` runs on the loop. An operation belongs to one side at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from hubbub.brokers.contract import Entry, HistoryPage, HistoryQuery, Recovery, Stored
from hubbub.brokers.local import Exchange
from hubbub.brokers.records import Bar, RecordName
from hubbub.brokers.recovery import needs_entries, recover
from hubbub.brokers.sqlite.ledger import Counter, Ledger
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.brokers.sqlite.store import Span, Store
from hubbub.errors import Barred, BrokerUnavailable, HubbubError
from hubbub.model import ChannelName, Position, Retention

T = TypeVar("T")

BEYOND = 2**62
"""An offset that no channel reaches."""

CHANNELS_PER_SWEEP = 200
"""The most channels looked after in one go, so that publishes do not wait long behind it; or, if more, ..."""
SWEEPS = 100
"""... this part of all, so that new channels do not outrun it; but ..."""
CHANNELS_AT_MOST = 5000
"""... this many at most."""
RECORDS_PER_SWEEP = 200
"""The most records, likewise."""

Now = tuple[int, float]
"""Wall clock milliseconds and monotonic seconds."""


class Operation(Generic[T]):
    """Something to do, the future of who asked, and the outcome."""

    __slots__ = ("error", "future", "result", "sent", "weight")

    writes: ClassVar[bool] = True
    """Whether the operation has failed when its group could not be written."""

    result: T

    def __init__(self, future: asyncio.Future[T], weight: int = 0) -> None:
        self.future = future
        self.weight = weight
        self.sent = 0.0
        self.error: HubbubError | None = None

    def change(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Change the ledger; `store` may be read."""

    def read(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Find the result, with the group's changes in the file."""

    def finish(self, exchange: Exchange) -> None:
        """Tell who asked."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Publish(Operation[Stored]):
    """Append an entry, and deliver it when it is in the file."""

    __slots__ = ("bar", "channel", "entry", "key", "payload", "retention")

    def __init__(
        self,
        future: asyncio.Future[Stored],
        channel: ChannelName,
        payload: bytes,
        retention: Retention,
        key: str,
        bar: Bar | None = None,
    ) -> None:
        super().__init__(future, len(payload))
        self.bar = bar
        self.channel = channel
        self.payload = payload
        self.retention = retention
        self.key = key
        self.entry: Entry | None = None

    def change(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Count the entry, unless it is barred."""
        if self.bar is not None and field_of(ledger, store, *self.bar) is not None:
            self.error = Barred()
            return
        place, self.entry = ledger.publish(
            self.channel, self.payload, self.retention, self.key, now
        )
        self.result = Stored(place, self.entry is None)

    def finish(self, exchange: Exchange) -> None:
        """Acknowledge, and hand the entry to the receivers."""
        super().finish(exchange)
        if self.entry is not None and self.error is None:
            exchange.deliver(self.channel, self.entry)


class Announce(Operation[None]):
    """Deliver an announcement in its place between publishes; the file has no part in it."""

    __slots__ = ("channel", "payload")

    writes = False
    result = None

    def __init__(self, future: asyncio.Future[None], channel: ChannelName, payload: bytes) -> None:
        super().__init__(future, len(payload))
        self.channel = channel
        self.payload = payload

    def finish(self, exchange: Exchange) -> None:
        """Hand the announcement to the receivers."""
        super().finish(exchange)
        exchange.deliver(self.channel, self.payload)


class Tops(Operation[list[Position]]):
    """Tell the last positions, and let channels begin that are not there."""

    __slots__ = ("channels",)

    writes = False

    def __init__(
        self, future: asyncio.Future[list[Position]], channels: Sequence[ChannelName]
    ) -> None:
        super().__init__(future)
        self.channels = channels

    def change(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Let the missing ones begin."""
        for channel in self.channels:
            ledger.born(channel, now[0])

    def read(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Take the tops."""
        self.result = [existing(ledger, channel).top for channel in self.channels]


class Recover(Operation[Recovery]):
    """Read everything after a position."""

    __slots__ = ("age_s", "channel", "limit", "since")

    writes = False

    def __init__(
        self,
        future: asyncio.Future[Recovery],
        channel: ChannelName,
        since: Position,
        limit: int,
        age_s: float,
    ) -> None:
        super().__init__(future)
        self.channel = channel
        self.since = since
        self.limit = limit
        self.age_s = age_s

    def change(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Let the channel begin if it is not there."""
        ledger.born(self.channel, now[0])

    def read(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Judge the position, and read the entries if that takes them."""
        counter = existing(ledger, self.channel)
        kept: list[Entry] = []
        if needs_entries(self.since, counter.top, self.limit) is None:
            oldest = now[0] - self.age_s * 1000
            kept = store.read(counter, Span(self.since.offset - 1, BEYOND, oldest, self.limit + 1))
        self.result = recover(self.since, counter.top, self.limit, kept)


class History(Operation[HistoryPage]):
    """Read a page."""

    __slots__ = ("age_s", "channel", "query")

    writes = False

    def __init__(
        self,
        future: asyncio.Future[HistoryPage],
        channel: ChannelName,
        query: HistoryQuery,
        age_s: float,
    ) -> None:
        super().__init__(future)
        self.channel = channel
        self.query = query
        self.age_s = age_s

    def change(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Let the channel begin if it is not there."""
        ledger.born(self.channel, now[0])

    def read(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Read the entries, and take the top."""
        counter = existing(ledger, self.channel)
        query = self.query
        entries: list[Entry] = []
        if query.limit > 0:
            oldest = now[0] - self.age_s * 1000
            if query.reverse:
                before = BEYOND if query.since is None else query.since
                span = Span(0, before, oldest, query.limit, reverse=True)
            else:
                span = Span(query.since or 0, BEYOND, oldest, query.limit)
            entries = store.read(counter, span)
        self.result = HistoryPage(entries, counter.top)


class RemoveHistory(Operation[None]):
    """Let a channel's kept entries go."""

    __slots__ = ("channel",)

    result = None

    def __init__(self, future: asyncio.Future[None], channel: ChannelName) -> None:
        super().__init__(future)
        self.channel = channel

    def change(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Raise the floor to the top."""
        ledger.remove_history(self.channel)


class Sweep(Operation[None]):
    """Let old keys, entries and records and forgotten channels go; with `probe`, write in any case."""

    __slots__ = ("probe", "settings")

    result = None

    def __init__(
        self, future: asyncio.Future[None], settings: SqliteSettings, *, probe: bool
    ) -> None:
        super().__init__(future)
        self.settings = settings
        self.probe = probe

    def change(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Look after the channels and records whose turn it is."""
        now_ms, now_s = now
        ledger.changes.probe = ledger.changes.probe or self.probe
        ledger.expire_keys(now_s)
        share = min(len(ledger) // SWEEPS, CHANNELS_AT_MOST)
        for channel in ledger.due(now_s, max(share, CHANNELS_PER_SWEEP)):
            counter = existing(ledger, channel)
            if counter.deleted < counter.offset:
                upto = max(store.aged(counter, now_ms), counter.floor)
                if upto > counter.deleted:
                    ledger.aged(channel, upto)
            elif now_ms - counter.used_ms >= self._ttl_ms(counter):
                ledger.drop(channel)
        for record, life_ms in store.looks(now_ms, RECORDS_PER_SWEEP):
            ledger.look_after(record, life_ms, now_ms)

    def _ttl_ms(self, counter: Counter) -> float:
        """Return how long a channel without kept entries is remembered."""
        ttl_s = self.settings.meta_ttl_s
        return 1000 * (ttl_s if counter.offset else min(ttl_s, self.settings.newborn_ttl_s))


def field_of(ledger: Ledger, store: Store, record: RecordName, field: str) -> bytes | None:
    """Return what a field of a record has, by what the group, or else the file, says."""
    change = ledger.changes.records.get(record)
    if change is not None and (change.dropped or field in change.fields):
        return change.fields.get(field)
    return store.record_field(record, field)


def existing(ledger: Ledger, channel: ChannelName) -> Counter:
    """Return the counter of a channel; raises BrokerUnavailable when its birth was undone with its group."""
    counter = ledger.find(channel)
    if counter is None:
        raise BrokerUnavailable(f"channel {channel!r} could not be written to the file")
    return counter
