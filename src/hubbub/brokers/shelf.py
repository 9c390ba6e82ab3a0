"""The records of an engine that forgets: a dictionary, and the sorted names of what is in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from itertools import islice, takewhile

from hubbub.brokers.records import Bar, RecordName, new, raised, released


class Shelf:
    """Keep records in this process; every method is done before its first `await` returns."""

    __slots__ = ("_names", "_records")

    def __init__(self) -> None:
        self._names: list[RecordName] = []
        self._records: dict[RecordName, dict[str, bytes]] = {}

    async def get(self, record: RecordName) -> dict[str, bytes]:
        """Return a copy of all fields."""
        return dict(self._records.get(record, ()))

    async def put(self, record: RecordName, field: str, value: bytes) -> None:
        """Write a field."""
        self._write(record, field, value)

    async def put_new(self, record: RecordName, field: str, value: bytes) -> bool:
        """Write a field that is not there."""
        kept, won = new(self._field(record, field), value)
        self._write(record, field, kept)
        return won

    async def raise_to(self, record: RecordName, field: str, number: int) -> int:
        """Raise a number to at least `number`."""
        kept, now = raised(self._field(record, field), number)
        self._write(record, field, kept)
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
        names = self._names
        start = max(bisect_left(names, prefix), bisect_right(names, after))
        found = takewhile(lambda name: name.startswith(prefix), islice(names, start, None))
        return list(islice(found, limit))

    def bars(self, bar: Bar | None) -> bool:
        """Tell whether a record has the field that bars a publication."""
        return bar is not None and self._field(*bar) is not None

    def _field(self, record: RecordName, field: str) -> bytes | None:
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
                del self._records[record]
                del self._names[bisect_left(self._names, record)]
