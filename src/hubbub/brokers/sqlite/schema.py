"""The tables of the file, and what makes a file of an older format one of this."""

from __future__ import annotations

SCHEMA_VERSION = 3

RECORDS = """CREATE TABLE records (
    name BLOB NOT NULL,
    field BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (name, field)
) WITHOUT ROWID"""
"""Names are bytes, because their order is that of bytes and NUL is one of them."""

LIVES = (
    """CREATE TABLE lives (
        name BLOB PRIMARY KEY,
        due_ms INTEGER NOT NULL,
        life_ms INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX lives_due ON lives (due_ms)",
)
"""When records are looked at that do not live for ever."""

GIVE_LIVES = (
    "DELETE FROM records WHERE name = CAST('inbox-claims' AS BLOB)",
    """UPDATE records SET name = CAST('inbox:#' || substr(name, 7) AS BLOB)
        WHERE substr(name, 1, 6) = CAST('inbox:' AS BLOB)""",
    """INSERT INTO lives SELECT DISTINCT name, 0, 0 FROM records
        WHERE CAST(substr(name, 1, 6) AS TEXT) IN ('queue:', 'inbox:')
        OR substr(name, 1, 8) = CAST('deleted:' AS BLOB)
        OR substr(name, 1, 9) = CAST('receipts:' AS BLOB)""",
    """INSERT INTO lives SELECT DISTINCT name, strftime('%s', 'now') * 1000 + 7776000000, 7776000000
        FROM records WHERE substr(name, 1, 6) = CAST('rooms:' AS BLOB)
        OR substr(name, 1, 7) = CAST('people:' AS BLOB)
        OR substr(name, 1, 10) = CAST('inbox-due:' AS BLOB)""",
)
"""What the records of format 2 are given: life with their channel, or 90 days. Groups live for ever."""

NEW_EPOCHS = (
    "CREATE TEMP TABLE born (old TEXT PRIMARY KEY, new TEXT NOT NULL)",
    """INSERT INTO born SELECT epoch, lower(hex(randomblob(4)))
        FROM (SELECT DISTINCT epoch FROM channels)""",
    "UPDATE channels SET epoch = (SELECT new FROM born WHERE old = epoch)",
    # What a record says of a life of a channel is true of this one: both are what was there at one moment.
    """UPDATE OR REPLACE records SET field = CAST(
            (SELECT new FROM born WHERE old = CAST(substr(field, 1, 8) AS TEXT)) || substr(field, 9) AS BLOB)
        WHERE substr(field, 9, 1) IN (x'3a', x'2e')
        AND CAST(substr(field, 1, 8) AS TEXT) IN (SELECT old FROM born)""",
    "DROP TABLE born",
)

SCHEMA = (
    """CREATE TABLE life (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        boot TEXT NOT NULL,
        synchronous TEXT NOT NULL,
        clean INTEGER NOT NULL
    )""",
    """CREATE TABLE channels (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        epoch TEXT NOT NULL,
        top INTEGER NOT NULL,
        tag INTEGER NOT NULL,
        floor INTEGER NOT NULL,
        deleted INTEGER NOT NULL,
        age_ms REAL NOT NULL,
        used_ms INTEGER NOT NULL
    )""",
    """CREATE TABLE entries (
        channel INTEGER NOT NULL,
        place INTEGER NOT NULL,
        tag INTEGER NOT NULL,
        previous INTEGER NOT NULL,
        time_ms INTEGER NOT NULL,
        payload BLOB NOT NULL,
        PRIMARY KEY (channel, place)
    ) WITHOUT ROWID""",
    """CREATE TABLE keys (
        id INTEGER PRIMARY KEY,
        channel INTEGER NOT NULL,
        name TEXT NOT NULL,
        place INTEGER NOT NULL,
        tag INTEGER NOT NULL,
        time_ms INTEGER NOT NULL
    )""",
    RECORDS,
    *LIVES,
)


def missing(version: int) -> tuple[str, ...]:
    """Return the statements that make a file of an older format one of ours."""
    # Format 1 had no records, format 2 no lives.
    return (RECORDS, *LIVES) if version < 2 else (*LIVES, *GIVE_LIVES)
