"""The counters of all channels, and what a group of operations changes in them, undone as a whole if need be.

No I/O: the writer thread applies operations here, writes `Changes` to the file, and then calls `commit`,
or `rollback` when the file refused, so that memory and file never disagree.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field

from hubbub.brokers.contract import Entry
from hubbub.brokers.local import Keys, Rounds
from hubbub.brokers.records import LOOK_MS, RecordName, channel_of
from hubbub.model import ChannelName, Position, Retention

TRIM_BATCH = 64
"""How many entries of a channel may stay in the file beyond its size before they are deleted together."""

EntryRow = tuple[int, int, int, int, int, bytes]
KeyRow = tuple[int, int, str, int, int, int]


@dataclass(slots=True)
class Counter:
    """Where a channel's log stands.

    Entries up to `floor` are gone for every reader, those up to `deleted` are gone from the file too.
    `age_ms` and `used_ms` (when last written to) tell the sweep what can go.
    """

    number: int
    epoch: str
    offset: int
    tag: int
    floor: int
    deleted: int
    age_ms: float
    used_ms: int

    @property
    def top(self) -> Position:
        """Return the position of the last entry."""
        return Position(self.epoch, self.offset, self.tag)

    def copy(self) -> Counter:
        """Return the counter as it is now."""
        return Counter(
            self.number,
            self.epoch,
            self.offset,
            self.tag,
            self.floor,
            self.deleted,
            self.age_ms,
            self.used_ms,
        )


@dataclass(slots=True)
class RecordChange:
    """What a group does to a record: what it writes and removes (None), after dropping all that was there."""

    fields: dict[str, bytes | None] = field(default_factory=dict)
    dropped: bool = False


@dataclass(slots=True)
class Changes:
    """What a group adds to and removes from the file."""

    entries: list[EntryRow] = field(default_factory=list)
    keys: list[KeyRow] = field(default_factory=list)
    counters: dict[ChannelName, Counter] = field(default_factory=dict)
    dropped: list[int] = field(default_factory=list)
    records: dict[RecordName, RecordChange] = field(default_factory=dict)
    looks: dict[RecordName, tuple[int, int]] = field(default_factory=dict)
    """When records are looked at next, and how long they live (ms; 0: with their channel)."""
    trims: dict[int, int] = field(default_factory=dict)
    """Up to which offset a channel's entries are to be deleted, by the channel's number."""
    keys_before: int = 0
    """Up to which id (exclusive) keys are to be deleted; 0 deletes none."""
    probe: bool = False
    """Whether to write in any case, to see if the file takes it."""

    def __bool__(self) -> bool:
        return bool(
            self.entries
            or self.keys
            or self.counters
            or self.dropped
            or self.records
            or self.looks
            or self.trims
            or self.keys_before
            or self.probe
        )


class Ledger:
    """Count, chain and remember keys for all channels, one group at a time."""

    __slots__ = (
        "_before",
        "_counters",
        "_deleted_keys",
        "_keys",
        "_looked_after",
        "_next_key",
        "_next_number",
        "_random",
        "_rounds",
        "changes",
    )

    def __init__(self, keys: Keys, rounds: Rounds) -> None:
        self.changes = Changes()
        self._counters: dict[ChannelName, Counter] = {}
        self._before: dict[ChannelName, Counter | None] = {}
        self._keys = keys
        self._rounds = rounds
        self._looked_after: list[ChannelName] = []
        self._next_number = 1
        self._next_key = 1
        self._deleted_keys = 1
        # Tags tell forks apart, they guard nothing; a generator of its own is seeded anew in each process.
        self._random = random.Random()  # noqa: S311

    def __len__(self) -> int:
        return len(self._counters)

    def load_counter(self, channel: ChannelName, counter: Counter, now_s: float) -> None:
        """Take over a counter from the file."""
        self._counters[channel] = counter
        self._next_number = max(self._next_number, counter.number + 1)
        self._rounds.add(channel, now_s)

    def load_key(
        self, ident: int, channel: ChannelName, key: str, place: Position, at_s: float
    ) -> None:
        """Take over an idempotency key from the file; `at_s` is when it was first used."""
        self._keys.remember(channel, key, place, at_s)
        self._next_key = ident + 1

    def find(self, channel: ChannelName) -> Counter | None:
        """Return a channel's counter, if it has one."""
        return self._counters.get(channel)

    def born(self, channel: ChannelName, now_ms: int) -> Counter:
        """Return a channel's counter, which begins now if there was none."""
        counter = self._counters.get(channel)
        if counter is None:
            self._before.setdefault(channel, None)
            counter = Counter(self._next_number, secrets.token_hex(4), 0, 0, 0, 0, 0.0, now_ms)
            self._next_number += 1
            self._counters[channel] = self.changes.counters[channel] = counter
        # Who only asks keeps the channel too; that is not worth a write.
        counter.used_ms = now_ms
        return counter

    def publish(
        self,
        channel: ChannelName,
        payload: bytes,
        retention: Retention,
        key: str,
        now: tuple[int, float],
    ) -> tuple[Position, Entry | None]:
        """Append an entry; return its place, or the place that its key led to before and None.

        `now` is the wall clock in milliseconds and the monotonic clock in seconds.
        """
        now_ms, now_s = now
        if key:
            place = self._keys.find(channel, key, now_s)
            if place is not None:
                return place, None
        counter = self._change(channel) or self.born(channel, now_ms)
        offset = counter.offset + 1
        tag = self._random.getrandbits(32) or 1
        entry = Entry(counter.epoch, offset, tag, counter.tag, now_ms, payload)
        if retention.size > 0 and retention.age_s > 0:
            self.changes.entries.append((counter.number, offset, tag, counter.tag, now_ms, payload))
            self._lower(counter, offset - retention.size)
        elif counter.deleted == counter.offset:
            counter.floor = counter.deleted = offset
        else:
            self._lower(counter, offset)
        counter.offset = offset
        counter.tag = tag
        counter.age_ms = retention.age_s * 1000
        counter.used_ms = now_ms
        place = Position(counter.epoch, offset, tag)
        if key:
            self._keys.remember(channel, key, place, now_s)
            self.changes.keys.append((self._next_key, counter.number, key, offset, tag, now_ms))
            self._next_key += 1
        return place, entry

    def remove_history(self, channel: ChannelName) -> None:
        """Let all kept entries of a channel go."""
        counter = self._change(channel)
        if counter is not None:
            self._lower(counter, counter.offset, batch=1)

    def expire_keys(self, now_s: float) -> None:
        """Let idempotency keys go that are too old."""
        self._keys.expire(now_s)
        oldest = self._next_key - len(self._keys)
        if oldest > self._deleted_keys:
            self.changes.keys_before = self._deleted_keys = oldest

    def due(self, now_s: float, limit: int) -> list[ChannelName]:
        """Return channels to look after now; each that the group leaves is named again in a later round."""
        names = self._rounds.due(now_s, limit)
        self._looked_after += names
        return names

    def aged(self, channel: ChannelName, upto: int) -> None:
        """Let a channel's entries up to an offset go, because they are too old."""
        counter = self._change(channel)
        if counter is not None:
            self._lower(counter, upto, batch=1)

    def drop(self, channel: ChannelName) -> None:
        """Forget a channel that has no entries left; should it come back, its epoch is another."""
        counter = self._change(channel)
        if counter is not None:
            del self._counters[channel]
            self.changes.counters.pop(channel, None)
            self.changes.dropped.append(counter.number)

    def drop_record(self, record: RecordName) -> None:
        """Let a record go as it is now."""
        self.changes.records[record] = RecordChange(dropped=True)
        self.changes.looks.pop(record, None)

    def look_after(self, record: RecordName, life_ms: int, now_ms: int) -> None:
        """Let a record go whose time is over, or look again later where its channel is still there.

        One that the group has touched is left to the next look.
        """
        changes = self.changes
        if record in changes.records or record in changes.looks:
            return
        if life_ms == 0 and channel_of(record) in self._counters:
            changes.looks[record] = (now_ms + LOOK_MS, 0)
        else:
            self.drop_record(record)

    def commit(self, now_s: float) -> None:
        """Keep the group's changes."""
        for channel, before in self._before.items():
            if before is None and channel in self._counters:
                self._rounds.add(channel, now_s)
        self._end_group(now_s)

    def rollback(self, now_s: float) -> None:
        """Undo the group's changes."""
        for channel, before in self._before.items():
            if before is None:
                self._counters.pop(channel, None)
            else:
                self._counters[channel] = before
        for _ in self.changes.keys:
            self._keys.forget_last()
        self._next_key -= len(self.changes.keys)
        if self.changes.keys_before:
            self._deleted_keys = 1
        self._end_group(now_s)

    def _end_group(self, now_s: float) -> None:
        # Not before it is known who is left: whoever comes back is named once, as a new one.
        for channel in self._looked_after:
            if channel in self._counters:
                self._rounds.add(channel, now_s)
        self._looked_after = []
        self._before = {}
        self.changes = Changes()

    def _change(self, channel: ChannelName) -> Counter | None:
        counter = self._counters.get(channel)
        if counter is not None and channel not in self.changes.counters:
            self._before.setdefault(channel, counter.copy())
            self.changes.counters[channel] = counter
        return counter

    def _lower(self, counter: Counter, floor: int, batch: int = TRIM_BATCH) -> None:
        if floor <= counter.floor:
            return
        counter.floor = floor
        if floor - counter.deleted >= batch:
            counter.deleted = floor
            self.changes.trims[counter.number] = floor
