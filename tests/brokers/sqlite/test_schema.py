"""What becomes of the records of files of older formats, and of those whose channels get new epochs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hubbub.brokers.records import KEPT, LOOK_MS, WITH_CHANNEL
from hubbub.brokers.sqlite.schema import NEW_EPOCHS
from hubbub.brokers.sqlite.settings import SqliteSettings
from tests.brokers.sqlite.stage import SqliteCluster, running
from tests.contracts.broker_lives import until_gone
from tests.contracts.broker_stage import KEEP, everything, numbered

OLD = {
    "rooms:ann": "e1:room",
    "people:room": "t:ann",
    "deleted:room": "e1.1",
    "receipts:room": "e1:r:ann",
    "queue:room": "e1:t",
    "queue:gone": "e1:t",
    "inbox:ann": "e1:r",
    "inbox:a:b": "e1:r",
    "inbox-due:000001700000": "ann",
    "inbox-claims": "inbox-due:000001700000",
    "group:team": "u:ann",
}
"""Records of format 2, each with a field."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "hubbub.db"


def lives(path: Path) -> dict[str, int]:
    """Return how long the records of a file live that do not live for ever."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            name.decode(): life
            for name, life in connection.execute("SELECT name, life_ms FROM lives")
        }


async def test_the_records_of_a_file_of_the_second_format_get_lives(path: Path) -> None:
    """With their channel, or for a time; nothing that something refers to is lost, now or later."""
    cluster = SqliteCluster(SqliteSettings(path, tick_s=0.02))
    async with running(cluster) as node:
        for channel in ("room", "#ann", "#a:b"):
            await node.publish_all(channel, numbered(3))
        for name, field in OLD.items():
            await node.records.put(name, field, b"1", KEPT)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE lives")
        connection.execute("PRAGMA user_version = 2")
    async with running(cluster) as node:
        await until_gone(node.records, "queue:gone")
        names = await node.records.names("", "", 99)
        assert await node.records.get("inbox:#a:b") == {"e1:r": b"1"}
        assert await everything(node, "room") == numbered(3)

    bound = {"deleted:room", "receipts:room", "queue:room", "inbox:#ann", "inbox:#a:b"}
    timed = {"rooms:ann", "people:room", "inbox-due:000001700000"}
    assert set(names) == bound | timed | {"group:team"}
    assert lives(path) == dict.fromkeys(bound, 0) | dict.fromkeys(timed, 90 * LOOK_MS)
    async with running(cluster):
        pass
    assert len(lives(path)) == len(bound | timed)


async def test_a_record_without_fields_has_no_life(path: Path) -> None:
    """However it came to have none, and whatever else its group did."""
    async with running(SqliteCluster(SqliteSettings(path))) as node:
        records = node.records
        for name in ("a", "b", "c", "d"):
            await records.put(name, "x", b"1", WITH_CHANNEL)
        await records.drop("a")
        await records.remove("b", ["x"])
        await records.release("c", "x", b"1")
        assert set(lives(path)) == {"d"}


async def test_what_is_known_of_channels_goes_on_when_they_get_new_epochs(path: Path) -> None:
    """What was deleted, read or done is so still: the entries are the same."""
    async with running(SqliteCluster(SqliteSettings(path))) as node:
        (top, other) = await node.log.tops(["room", "other"])
        await node.publish_all("room", numbered(3), KEEP)
        old = top.epoch
        fields = (
            f"{old}.2",
            f"{old}:t",
            f"{old}:s:a\x00\u623f",
            f"{other.epoch}:x",
            f"{old}x",
            "s:ann",
        )
        for field in fields:
            await node.records.put("x:room", field, field.encode(), WITH_CHANNEL)
    with closing(sqlite3.connect(path)) as connection:
        for statement in NEW_EPOCHS:
            connection.execute(statement)
        connection.commit()
    async with running(SqliteCluster(SqliteSettings(path))) as node:
        (top, other) = await node.log.tops(["room", "other"])
        found = await node.records.get("x:room")
        assert await everything(node, "room") == numbered(3)

    new = top.epoch
    assert new != old
    expected = (
        f"{new}.2",
        f"{new}:t",
        f"{new}:s:a\x00\u623f",
        f"{other.epoch}:x",
        f"{old}x",
        "s:ann",
    )
    assert found == {name: field.encode() for name, field in zip(expected, fields, strict=True)}
