"""Small durable facts beside the log: cursors, claims, who belongs to what.

A record is a named map of fields to bytes. It exists while it has a field, in memory until the process ends,
in SQLite and Redis as safely as an acknowledged publication. Whoever writes says how long it lives (`Life`).

What a record says of a life of a channel is in fields that begin with that epoch and `:` or `.`. An engine
that gives a channel another epoch, and keeps what is there, renames them.

Every change may be made again after BrokerUnavailable, and by an engine itself after a lost connection: made
twice it is made once. That is why `put_new` and `release` judge by the value, and why numbers only grow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, TypeAlias

from hubbub.model import ChannelName

RecordName: TypeAlias = str

NUMBER_LIMIT = 1 << 53
"""What a number in a record stays below, because Redis counts in doubles."""


@dataclass(frozen=True, slots=True)
class Life:
    """How long a record is kept, with all its fields, unless they are removed.

    Args:
        after_s: seconds after the last `put`, `put_new` or `raise_to`; it is gone when up to a quarter more
            has passed, and the engine has looked for what is over. 0: as long as its channel's counter (epoch
            and offset), so never shorter than anything of that can be read; `channel_of` says which one.
    """

    after_s: float

    @property
    def ms(self) -> int:
        """Return `after_s` in whole milliseconds; -1 for ever."""
        if math.isinf(self.after_s):
            return -1
        return min(math.ceil(self.after_s * 1000), LONGEST_MS)

    @property
    def look_ms(self) -> int:
        """Return after how many milliseconds an engine looks at a record that is written now; -1: never.

        A quarter more than `ms`, so that of many writes few have to note a later look.
        """
        ms = self.ms
        return ms + max(ms, 0) // 4 if ms else LOOK_MS


LONGEST_MS = 1 << 50
"""The longest life that ends, some 35,000 years."""
LOOK_MS = 86_400_000
"""How often the engine looks whether a channel is still there, in milliseconds."""

KEPT: Final = Life(math.inf)
"""For ever: whoever writes it removes it."""
WITH_CHANNEL: Final = Life(0)
"""As long as the counter of the channel that stands behind the first `:` of the record's name."""


class Bar(NamedTuple):
    """What bars a publication, in the moment in which it would be appended: a field that a record has."""

    record: RecordName
    field: str


class Records(Protocol):
    """Keep named maps of fields, each change in one atomic step for all nodes.

    All changes of a record name the same `Life`, so that the last one prolongs what the first one promised. A
    record that is over may still be found, until the engine has looked.

    Calls on one node take effect in the order in which they were made. Names of records and fields are any
    text that UTF-8 can write; what clients choose is bounded by whoever calls. All methods raise
    BrokerUnavailable when the broker did not answer in time; whether a change was made is then unknown.
    """

    async def get(self, record: RecordName) -> dict[str, bytes]:
        """Return all fields in one look; nothing for a record that does not exist."""
        ...

    async def put(self, record: RecordName, field: str, value: bytes, life: Life) -> None:
        """Write a field, over what was there."""
        ...

    async def put_new(self, record: RecordName, field: str, value: bytes, life: Life) -> bool:
        """Write a field that is not there; return whether it has this value now.

        So a claim is found to be won also when it is repeated; for that the value must be the claimant's own.
        """
        ...

    async def raise_to(self, record: RecordName, field: str, number: int, life: Life) -> int:
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


def channel_of(record: RecordName) -> ChannelName:
    """Return the channel that a record belongs to, where it lives as long as that."""
    return record.partition(":")[2]


def behind(prefix: bytes) -> bytes:
    """Return what comes after every UTF-8 text that begins with `prefix`; b"" where nothing does."""
    return prefix[:-1] + bytes((prefix[-1] + 1,)) if prefix else b""
