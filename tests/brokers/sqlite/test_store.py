"""What is in the file of the SQLite engine, what leaves it, and what is read from it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hubbub.brokers.sqlite.ledger import TRIM_BATCH
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.errors import BrokerUnavailable
from hubbub.model import Retention
from tests.brokers.sqlite.stage import SqliteCluster, running, until
from tests.contracts.broker_stage import KEEP, everything, numbered


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "hubbub.db"


def count(path: Path, table: str) -> int:
    """Return how many rows a table has, as another program sees it."""
    with closing(sqlite3.connect(path)) as connection:
        (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(rows)


async def test_the_file_is_trimmed_in_batches(path: Path) -> None:
    """The file holds little more than what is kept, and nothing of what was not kept."""
    async with running(SqliteCluster(SqliteSettings(path))) as node:
        await node.publish_all("a", numbered(2000), Retention(10, 300.0))
        await node.publish_all("b", numbered(100), Retention())

        assert 10 <= count(path, "entries") <= 10 + TRIM_BATCH
        assert numbered(2000)[-10:] == await everything(node, "a")


async def test_the_sweep_empties_the_file_of_what_is_over(path: Path) -> None:
    """Aged entries, old keys, and at last the forgotten channels leave the file without any traffic."""
    cluster = SqliteCluster(SqliteSettings(path, meta_ttl_s=1000.0, tick_s=0.02))
    async with running(cluster) as node:
        for name in ("a", "b"):
            await node.publish_all(name, numbered(700), Retention(1000, 50.0))
        stored = await node.log.publish("a", b"x", Retention(1000, 50.0), "key")
        await cluster.elapse(100)
        await until(lambda: count(path, "entries") < 700)
        await cluster.elapse(100)
        await until(lambda: count(path, "entries") == 0)
        assert (count(path, "channels"), count(path, "keys")) == (2, 1)
        assert [stored.position] == await node.log.tops(["a"])
        await cluster.elapse(300)
        await until(lambda: count(path, "keys") == 0)
        await cluster.elapse(1000)
        await until(lambda: count(path, "channels") == 0)

        (top,) = await node.log.tops(["a"])
        assert top.offset == 0
        assert stored.position.epoch != top.epoch


async def test_keys_outlive_a_restart_but_not_their_time(path: Path) -> None:
    """What was remembered before a stop is remembered after it, for the rest of its five minutes."""
    cluster = SqliteCluster(SqliteSettings(path))
    async with running(cluster) as node:
        first = await node.log.publish("a", b"x", KEEP, "key")
    await cluster.elapse(299)
    async with running(cluster) as node:
        within = await node.log.publish("a", b"x", KEEP, "key")
        await cluster.elapse(2)
        after = await node.log.publish("a", b"x", KEEP, "key")

    assert (True, first.position) == (within.duplicate, within.position)
    assert (after.duplicate, after.position.offset) == (False, 2)


async def test_who_was_there_finds_an_unused_channel_again_after_a_restart(path: Path) -> None:
    """It was asked for until the end, however long ago it began: it has its five minutes from there on."""
    cluster = SqliteCluster(SqliteSettings(path, tick_s=0.02))
    async with running(cluster) as node:
        (before,) = await node.log.tops(["a"])
        for _ in range(10):
            await cluster.elapse(100)
            assert [before] == await node.log.tops(["a"])
    async with running(cluster) as node:
        await cluster.elapse(200)
        await node.log.tops(["another"])
        assert [before] == await node.log.tops(["a"])
        await cluster.elapse(400)
        await until(lambda: count(path, "channels") == 0)


async def test_damage_found_while_reading_is_told_to_the_reader(path: Path) -> None:
    """A broken page fails the reads that need it; the broker lives, and other channels do too."""
    cluster = SqliteCluster(SqliteSettings(path))
    async with running(cluster) as node:
        await node.publish_all("b", numbered(3))
        await node.publish_all("a", [b"a" * 500] * 200)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"a" * 400) // 4096 * 4096
    data[at : at + 8] = b"\xff" * 8
    path.write_bytes(data)
    async with running(cluster) as node:
        with pytest.raises(BrokerUnavailable, match="damaged"):
            await everything(node, "a")
        assert (await node.log.publish("b", b"4", KEEP)).position.offset == 4


async def test_a_full_disk_refuses_publishes_and_loses_nothing(path: Path) -> None:
    """Refused publishes leave no trace, no offset is skipped, and with room again it goes on."""
    cluster = SqliteCluster(SqliteSettings(path, max_bytes=200_000))
    async with running(cluster) as node:
        acknowledged = 0
        with pytest.raises(BrokerUnavailable, match="cannot grow") as caught:
            for number in range(1000):
                await node.log.publish("a", b"%d" % number + b"x" * 3000, KEEP, f"key {number}")
                acknowledged += 1
        assert "disk is full" in caught.value.detail
        assert node.broker.health().reason == caught.value.detail
        kept = await everything(node, "a")
        assert acknowledged == len(kept) > 10
        await node.log.remove_history("a")
        again = await node.log.publish("a", b"again", KEEP, f"key {acknowledged}")

        assert (acknowledged + 1, False) == (again.position.offset, again.duplicate)
        assert node.broker.health().ok
        assert await everything(node, "a") == [b"again"]
