"""The statements on the file; every method belongs to the writer thread.

`sqlite3` gives the interpreter away at every step, and a busy event loop takes up to milliseconds to hand it
back; so a group's rows go in by statements of many rows, a few steps in all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from hubbub.brokers.contract import Entry
from hubbub.brokers.records import RecordName, behind
from hubbub.brokers.sqlite.ledger import Changes, Counter, Ledger
from hubbub.model import ChannelName, Position

CHUNKS = (256, 64, 16, 4, 1)
"""Rows per statement: few different statements, so that their compiled forms stay cached."""

READ = (
    "SELECT place, tag, previous, time_ms, payload FROM entries"
    " WHERE channel = ? AND place > ? AND place < ? AND time_ms > ? ORDER BY place LIMIT ?"
)
READ_REVERSE = READ.replace("ORDER BY place", "ORDER BY place DESC")

LAST = (
    "SELECT max(place) FROM"
    " (SELECT place, time_ms FROM entries WHERE channel = ? ORDER BY place LIMIT ?)"
)
YOUNG = LAST.replace("max(place)", "place") + " WHERE time_ms > ? LIMIT 1"

AGED_BATCH = 500
"""The most entries looked at in one go for being too old."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which entries to read: offsets above `after` and below `before`, younger than `oldest_ms`."""

    after: int
    before: int
    oldest_ms: float
    limit: int
    reverse: bool = False


class Store:
    """Read and write one open database."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def load(self, ledger: Ledger, now: tuple[int, float]) -> None:
        """Fill an empty ledger; `now` is wall clock milliseconds and monotonic seconds."""
        now_ms, now_s = now
        names: dict[int, tuple[ChannelName, str]] = {}
        for number, name, *rest in self._connection.execute(
            "SELECT number, name, epoch, top, tag, floor, deleted, age_ms, used_ms FROM channels"
        ):
            counter = Counter(number, *rest)
            if not counter.offset:  # that somebody has asked for it was not worth a write
                counter.used_ms = now_ms
            names[number] = (name, counter.epoch)
            ledger.load_counter(name, counter, now_s)
        for ident, number, key, offset, tag, time_ms in self._connection.execute(
            "SELECT id, channel, name, place, tag, time_ms FROM keys ORDER BY id"
        ):
            channel, epoch = names.get(number, ("", ""))
            age_s = max(now_ms - time_ms, 0) / 1000
            ledger.load_key(ident, channel, key, Position(epoch, offset, tag), now_s - age_s)

    def write(self, changes: Changes) -> None:
        """Write a group's changes in one transaction; raises sqlite3.Error with nothing written."""
        execute = self._connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            for number in changes.dropped:
                execute("DELETE FROM entries WHERE channel = ?", (number,))
                execute("DELETE FROM channels WHERE number = ?", (number,))
            self._insert(
                "INSERT INTO entries (channel, place, tag, previous, time_ms, payload) VALUES",
                changes.entries,
            )
            self._insert(
                "INSERT INTO keys (id, channel, name, place, tag, time_ms) VALUES", changes.keys
            )
            self._write_counters(changes.counters)
            for number, upto in changes.trims.items():
                execute("DELETE FROM entries WHERE channel = ? AND place <= ?", (number, upto))
            if changes.keys_before:
                execute("DELETE FROM keys WHERE id < ?", (changes.keys_before,))
            self._write_records(changes)
            if changes.probe:
                execute("UPDATE life SET clean = 0")
            execute("COMMIT")
        except BaseException:
            # SQLite has rolled back already after some errors; the first error is the one that tells.
            with suppress(sqlite3.Error):
                self._connection.rollback()
            raise

    def read(self, counter: Counter, span: Span) -> list[Entry]:
        """Return the entries of a channel in a span, that its floor has not passed."""
        after = max(span.after, counter.floor)
        rows = self._connection.execute(
            READ_REVERSE if span.reverse else READ,
            (counter.number, after, span.before, span.oldest_ms, span.limit),
        ).fetchall()
        return [Entry(counter.epoch, *row) for row in rows]

    def aged(self, counter: Counter, now_ms: int) -> int:
        """Return up to which offset a channel's entries are too old by its own retention."""
        oldest = (counter.number, AGED_BATCH)
        # Most channels have nothing that is too old: then the first entry tells, and no other is read.
        young = self._connection.execute(YOUNG, (*oldest, now_ms - counter.age_ms)).fetchone()
        if young is not None:
            return int(young[0]) - 1
        last = self._connection.execute(LAST, oldest).fetchone()
        return last[0] or 0

    def record(self, record: RecordName) -> dict[str, bytes]:
        """Return all fields of a record."""
        rows = self._connection.execute(
            "SELECT field, value FROM records WHERE name = ?", (record.encode(),)
        )
        return {field.decode(): value for field, value in rows}

    def record_field(self, record: RecordName, field: str) -> bytes | None:
        """Return one field of a record, None where it is not there."""
        row = self._connection.execute(
            "SELECT value FROM records WHERE name = ? AND field = ?",
            (record.encode(), field.encode()),
        ).fetchone()
        return None if row is None else bytes(row[0])

    def record_names(self, prefix: str, after: RecordName, limit: int) -> list[RecordName]:
        """Return the names of records that begin with a prefix and come after another name."""
        start = prefix.encode()
        rows = self._connection.execute(
            "SELECT DISTINCT name FROM records WHERE name >= ? AND name > ?"
            " AND (name < ?3 OR ?3 = x'') ORDER BY name LIMIT ?",
            (start, after.encode(), behind(start), limit),
        )
        return [name.decode() for (name,) in rows]

    def look(self, record: RecordName) -> int:
        """Return when a record is looked at (ms since 1970), 0 where that is not noted."""
        row = self._connection.execute(
            "SELECT due_ms FROM lives WHERE name = ?", (record.encode(),)
        ).fetchone()
        return row[0] if row is not None else 0

    def looks(self, now_ms: int, limit: int) -> list[tuple[RecordName, int]]:
        """Return the records to look at now, and how long each lives (ms; 0: with its channel)."""
        rows = self._connection.execute(
            "SELECT name, life_ms FROM lives WHERE due_ms <= ? ORDER BY due_ms LIMIT ?",
            (now_ms, limit),
        )
        return [(name.decode(), life_ms) for name, life_ms in rows]

    def _write_records(self, changes: Changes) -> None:
        execute = self._connection.execute
        rows: list[tuple[bytes, bytes, bytes]] = []
        emptied: set[bytes] = set()
        for record, change in changes.records.items():
            name = record.encode()
            if change.dropped:
                execute("DELETE FROM records WHERE name = ?", (name,))
                execute("DELETE FROM lives WHERE name = ?", (name,))
            for field, value in change.fields.items():
                if value is not None:
                    rows.append((name, field.encode(), value))
                elif not change.dropped:
                    execute(
                        "DELETE FROM records WHERE name = ? AND field = ?", (name, field.encode())
                    )
                    emptied.add(name)
        self._insert(
            "INSERT INTO records (name, field, value) VALUES",
            rows,
            "ON CONFLICT (name, field) DO UPDATE SET value = excluded.value",
        )
        self._insert(
            "INSERT INTO lives (name, due_ms, life_ms) VALUES",
            [(record.encode(), *look) for record, look in changes.looks.items()],
            "ON CONFLICT (name) DO UPDATE SET due_ms = excluded.due_ms, life_ms = excluded.life_ms",
        )
        for name in emptied:
            execute(
                "DELETE FROM lives WHERE name = ?1"
                " AND NOT EXISTS (SELECT 1 FROM records WHERE name = ?1)",
                (name,),
            )

    def _write_counters(self, counters: dict[ChannelName, Counter]) -> None:
        rows = [
            (
                counter.number,
                name,
                counter.epoch,
                counter.offset,
                counter.tag,
                counter.floor,
                counter.deleted,
                counter.age_ms,
                counter.used_ms,
            )
            for name, counter in counters.items()
        ]
        self._insert(
            "INSERT INTO channels (number, name, epoch, top, tag, floor, deleted, age_ms, used_ms) VALUES",
            rows,
            "ON CONFLICT (number) DO UPDATE SET top = excluded.top, tag = excluded.tag,"
            " floor = excluded.floor, deleted = excluded.deleted, age_ms = excluded.age_ms,"
            " used_ms = excluded.used_ms",
        )

    def _insert(self, into: str, rows: Sequence[tuple[object, ...]], conflict: str = "") -> None:
        done = 0
        for size in CHUNKS:
            while len(rows) - done >= size:
                chunk = rows[done : done + size]
                places = ",".join(["(" + ",".join("?" * len(chunk[0])) + ")"] * size)
                values = [value for row in chunk for value in row]
                self._connection.execute(f"{into} {places} {conflict}", values)
                done += size
