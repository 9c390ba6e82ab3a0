"""The operations on records: a change is judged by what the group, or else the file, says of the field."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from hubbub.brokers.records import Life, RecordName
from hubbub.brokers.sqlite.ledger import Ledger, RecordChange
from hubbub.brokers.sqlite.operations import Now, Operation, field_of
from hubbub.brokers.sqlite.store import Store

T = TypeVar("T")

Judge = Callable[[bytes | None], tuple[bytes | None, T]]
"""Return what a field has afterwards and the result, by what it has now; None is no field."""


class EditField(Operation[T]):
    """Change one field by what it has, and prolong the record's life, if a `life` is given."""

    __slots__ = ("field", "judge", "life", "record")

    def __init__(
        self,
        future: asyncio.Future[T],
        record: RecordName,
        field: str,
        judge: Judge[T],
        life: Life | None,
        weight: int = 0,
    ) -> None:
        super().__init__(future, weight)
        self.life = life
        self.record = record
        self.field = field
        self.judge = judge

    def change(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Judge, and note what is to be written."""
        found = field_of(ledger, store, self.record, self.field)
        kept, self.result = self.judge(found)
        if kept != found:
            change = ledger.changes.records.setdefault(self.record, RecordChange())
            change.fields[self.field] = kept
        if kept is not None and self.life is not None and self.life.ms >= 0:
            self._prolong(self.life, ledger, store, now[0])

    def _prolong(self, life: Life, ledger: Ledger, store: Store, now_ms: int) -> None:
        """Note when the record is looked at, where it would be looked at too early."""
        changes = ledger.changes
        noted, change = changes.looks.get(self.record), changes.records.get(self.record)
        if noted is not None:
            due = noted[0]
        else:
            due = 0 if change is not None and change.dropped else store.look(self.record)
        if not due or due < now_ms + life.ms:
            changes.looks[self.record] = (now_ms + life.look_ms, life.ms)


class RemoveFields(Operation[None]):
    """Remove fields."""

    __slots__ = ("fields", "record")

    result = None

    def __init__(
        self, future: asyncio.Future[None], record: RecordName, fields: Sequence[str]
    ) -> None:
        super().__init__(future)
        self.record = record
        self.fields = fields

    def change(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Note what is to be removed."""
        change = ledger.changes.records.setdefault(self.record, RecordChange())
        change.fields.update(dict.fromkeys(self.fields))


class DropRecord(Operation[None]):
    """Remove a record."""

    __slots__ = ("record",)

    result = None

    def __init__(self, future: asyncio.Future[None], record: RecordName) -> None:
        super().__init__(future)
        self.record = record

    def change(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Note that all that is there goes."""
        ledger.drop_record(self.record)


class GetRecord(Operation[dict[str, bytes]]):
    """Read a record."""

    __slots__ = ("record",)

    writes = False

    def __init__(self, future: asyncio.Future[dict[str, bytes]], record: RecordName) -> None:
        super().__init__(future)
        self.record = record

    def read(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Read all fields."""
        self.result = store.record(self.record)


class RecordNames(Operation[list[RecordName]]):
    """Read the names of records."""

    __slots__ = ("after", "limit", "prefix")

    writes = False

    def __init__(
        self,
        future: asyncio.Future[list[RecordName]],
        prefix: str,
        after: RecordName,
        limit: int,
    ) -> None:
        super().__init__(future)
        self.prefix = prefix
        self.after = after
        self.limit = limit

    def read(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Read a page of names."""
        self.result = store.record_names(self.prefix, self.after, self.limit)
