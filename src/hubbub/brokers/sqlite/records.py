"""Records in the file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from hubbub.brokers.records import Life, RecordName, new, raised, released
from hubbub.brokers.sqlite.desk import Desk
from hubbub.brokers.sqlite.record_operations import (
    DropRecord,
    EditField,
    GetRecord,
    RecordNames,
    RemoveFields,
)


class SqliteRecords:
    """Keep records in the file; a change is answered when it is committed."""

    __slots__ = ("_desk",)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, record: RecordName) -> dict[str, bytes]:
        """Return all fields."""
        return await self._desk.take(GetRecord(self._desk.future(), record))

    async def put(self, record: RecordName, field: str, value: bytes, life: Life) -> None:
        """Write a field."""
        desk, weight = self._desk, len(value)
        await desk.take(
            EditField(desk.future(), record, field, lambda found: (value, None), life, weight)
        )

    async def put_new(self, record: RecordName, field: str, value: bytes, life: Life) -> bool:
        """Write a field that is not there."""
        desk, judge = self._desk, partial(new, value=value)
        return await desk.take(EditField(desk.future(), record, field, judge, life, len(value)))

    async def raise_to(self, record: RecordName, field: str, number: int, life: Life) -> int:
        """Raise a number to at least `number`."""
        desk, judge = self._desk, partial(raised, number=number)
        return await desk.take(EditField(desk.future(), record, field, judge, life))

    async def remove(self, record: RecordName, fields: Sequence[str]) -> None:
        """Remove fields."""
        await self._desk.take(RemoveFields(self._desk.future(), record, fields))

    async def release(self, record: RecordName, field: str, value: bytes) -> bool:
        """Remove a field if it has this value."""
        desk, judge = self._desk, partial(released, value=value)
        return await desk.take(EditField(desk.future(), record, field, judge, None))

    async def drop(self, record: RecordName) -> None:
        """Remove a record."""
        await self._desk.take(DropRecord(self._desk.future(), record))

    async def names(self, prefix: str, after: RecordName, limit: int) -> list[RecordName]:
        """Return a page of names."""
        desk = self._desk
        return await desk.take(RecordNames(desk.future(), prefix, after, limit))
