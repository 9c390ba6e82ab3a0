"""Small durable facts beside the log: cursors, claims, who belongs to what.

A record is a named map of fields to bytes. It exists while it has a field, for as long as the log does: in
memory until the process ends, in SQLite and Redis as safely as an acknowledged publication. Nothing expires.

Every change may be made again after BrokerUnavailable, and by an engine itself after a lost connection: made
twice it is made once. That is why `put_new` and `release` judge by the value, and why numbers only grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

RecordName: TypeAlias = str

NUMBER_LIMIT = 1 << 53
"""What a number in a record stays below, because Redis counts in doubles."""


class Bar(NamedTuple):
    """What bars a publication, in the moment in which it would be appended: a field that a record has."""

    record: RecordName
    field: str


class Records(Protocol):
    """Keep named maps of fields, each change in one atomic step for all nodes.

    Calls on one node take effect in the order in which they were made. Names of records and fields are any
    text that UTF-8 can write; what clients choose is bounded by whoever calls. All methods raise
    BrokerUnavailable when the broker did not answer in time; whether a change was made is then unknown.
    """

    async def get(self, record: RecordName) -> dict[str, bytes]:
        """Return all fields in one look; nothing for a record that does not exist."""
        ...

    async def put(self, record: RecordName, field: str, value: bytes) -> None:
        """Write a field, over what was there."""
        ...

    async def put_new(self, record: RecordName, field: str, value: bytes) -> bool:
        """Write a field that is not there; return whether it has this value now.

        So a claim is found to be won also when it is repeated; for that the value must be the claimant's own.
        """
        ...

    async def raise_to(self, record: RecordName, field: str, number: int) -> int:
        """Raise a number to at least `number`, and return what it is now; it never sinks.

        A field that is not there counts as 0, and so does one without a number. `number` is 0 or more and
        below `NUMBER_LIMIT`; it is kept as decimal digits.
        """
        ...

    async def remove(self, record: RecordName, fields: Sequence[str]) -> None:
        """Remove fields; those that are not there are no error."""
        ...

    async def release(self, record: RecordName, field: str, value: bytes) -> bool:
        """Remove a field if it has this value; return whether it is gone.

        So nobody frees what somebody else has claimed meanwhile.
        """
        ...

    async def drop(self, record: RecordName) -> None:
        """Remove a record with all its fields."""
        ...

    async def names(self, prefix: str, after: RecordName, limit: int) -> list[RecordName]:
        """Return the names that begin with `prefix` and come after `after`, ordered by their UTF-8 bytes.

        At most `limit`; "" for `after` begins at the beginning. It asks an index, and costs what it returns.
        """
        ...


def new(found: bytes | None, value: bytes) -> tuple[bytes, bool]:
    """Judge `put_new`: return what the field has afterwards, and whether that is `value`."""
    return (value, True) if found is None else (found, found == value)


def raised(found: bytes | None, number: int) -> tuple[bytes | None, int]:
    """Judge `raise_to`: return what the field has afterwards, and its number."""
    present = number_of(found)
    return (b"%d" % number, number) if number > present else (found, present)


def released(found: bytes | None, value: bytes) -> tuple[bytes | None, bool]:
    """Judge `release`: return what the field has afterwards, and whether it is gone."""
    return (None, True) if found in (None, value) else (found, False)


def number_of(value: bytes | None) -> int:
    """Return the number that a field holds, 0 where it holds none."""
    return int(value) if value and len(value) <= 16 and value.isdigit() else 0


def behind(prefix: bytes) -> bytes:
    """Return what comes after every UTF-8 text that begins with `prefix`; b"" where nothing does."""
    return prefix[:-1] + bytes((prefix[-1] + 1,)) if prefix else b""
