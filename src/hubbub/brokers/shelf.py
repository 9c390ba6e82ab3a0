"""The records of an engine that forgets: a dictionary, its sorted names, and when something may be over."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from itertools import islice, takewhile

from hubbub.brokers.records import Bar, Life, RecordName, channel_of, new, raised, released
from hubbub.clock import Clock
from hubbub.model import ChannelName

RECORDS_PER_SWEEP = 500
"""The most records looked at in one go, so that tidying up is never a noticeable pause."""
IDLE_LOOKS = 100
"""Looks at records which are no more, or later, that may be noted beside those that matter, or as many."""


class Shelf:
    """Keep records in this process; every method is done before its first `await` returns.

    Args:
        clock: the time. has_channel: tells whether a channel has a counter.
    """

    __slots__ = ("_clock", "_due", "_has_channel", "_looks", "_names", "_records")

    def __init__(self, clock: Clock, has_channel: Callable[[ChannelName], bool]) -> None:
        self._clock = clock
        self._has_channel = has_channel
        self._names: list[RecordName] = []
        self._records: dict[RecordName, dict[str, bytes]] = {}
        self._due: dict[RecordName, tuple[float, int]] = {}
        """When a record is looked at (monotonic seconds), and how long it lives (ms; 0: with its channel)."""
        self._looks: list[tuple[float, RecordName]] = []
        """A heap of all looks; those that `_due` does not name are idle."""

    async def get(self, record: RecordName) -> dict[str, bytes]:
        """Return a copy of all fields."""
        self._sweep()
        return dict(self._records.get(record, ()))

    async def put(self, record: RecordName, field: str, value: bytes, life: Life) -> None:
        """Write a field."""
        self._write(record, field, value)
        self._prolong(record, life)

    async def put_new(self, record: RecordName, field: str, value: bytes, life: Life) -> bool:
        """Write a field that is not there."""
        kept, won = new(self._field(record, field), value)
        self._write(record, field, kept)
        self._prolong(record, life)
        return won

    async def raise_to(self, record: RecordName, field: str, number: int, life: Life) -> int:
        """Raise a number to at least `number`."""
        kept, now = raised(self._field(record, field), number)
        self._write(record, field, kept)
        self._prolong(record, life)
        return now

    async def remove(self, record: RecordName, fields: Sequence[str]) -> None:
        """Remove fields."""
        for field in fields:
            self._write(record, field, None)

    async def release(self, record: RecordName, field: str, value: bytes) -> bool:
        """Remove a field if it has this value."""
        kept, gone = released(self._field(record, field), value)
        self._write(record, field, kept)
        return gone

    async def drop(self, record: RecordName) -> None:
        """Remove a record."""
        await self.remove(record, list(self._records.get(record, ())))

    async def names(self, prefix: str, after: RecordName, limit: int) -> list[RecordName]:
        """Return names in order; code points have the order of their UTF-8 bytes."""
        self._sweep()
        names = self._names
        start = max(bisect_left(names, prefix), bisect_right(names, after))
        found = takewhile(lambda name: name.startswith(prefix), islice(names, start, None))
        return list(islice(found, limit))

    def bars(self, bar: Bar | None) -> bool:
        """Tell whether a record has the field that bars a publication."""
        return bar is not None and self._field(*bar) is not None

    def _field(self, record: RecordName, field: str) -> bytes | None:
        self._sweep()
        return self._records.get(record, {}).get(field)

    def _write(self, record: RecordName, field: str, value: bytes | None) -> None:
        fields = self._records.get(record)
        if value is not None:
            if fields is None:
                fields = self._records[record] = {}
                insort(self._names, record)
            fields[field] = value
        elif fields is not None:
            fields.pop(field, None)
            if not fields:
                self._forget(record)

    def _forget(self, record: RecordName) -> None:
        del self._records[record]
        del self._names[bisect_left(self._names, record)]
        self._due.pop(record, None)

    # ── lives ───────────────────────────────────────────────────────────────────────────────────

    def _prolong(self, record: RecordName, life: Life) -> None:
        if life.ms < 0 or record not in self._records:
            return
        now = self._clock.monotonic()
        due, _ = self._due.get(record, (0.0, 0))
        if due == 0.0 or due < now + life.ms / 1000:
            self._look_at(record, now + life.look_ms / 1000, life.ms)

    def _look_at(self, record: RecordName, due: float, life_ms: int) -> None:
        self._due[record] = (due, life_ms)
        heappush(self._looks, (due, record))
        if len(self._looks) > 2 * len(self._due) + IDLE_LOOKS:
            self._looks = [(due, name) for name, (due, _) in self._due.items()]
            heapify(self._looks)

    def _sweep(self) -> None:
        """Forget what is over."""
        looks = self._looks
        if not looks or looks[0][0] > (now := self._clock.monotonic()):
            return
        for _ in range(RECORDS_PER_SWEEP):
            if not looks or looks[0][0] > now:
                return
            due, record = heappop(looks)
            noted, life_ms = self._due.get(record, (0.0, 0))
            if noted != due:
                continue
            if life_ms == 0 and self._has_channel(channel_of(record)):
                self._look_at(record, now + Life(0).look_ms / 1000, 0)
                looks = self._looks
            else:
                self._forget(record)
