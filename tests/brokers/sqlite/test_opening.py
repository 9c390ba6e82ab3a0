"""Opening the file: who is refused, and what a stop of the machine means."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from hubbub.brokers.contract import Outcome, Stored
from hubbub.brokers.records import KEPT
from hubbub.brokers.sqlite import opening
from hubbub.brokers.sqlite.settings import SqliteSettings, Synchronous
from hubbub.errors import BrokerUnavailable
from tests.brokers.sqlite.stage import SqliteCluster, running
from tests.contracts.broker import Recorder
from tests.contracts.broker_stage import KEEP, everything, numbered


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "hubbub.db"


async def test_nobody_else_may_read_the_file(path: Path) -> None:
    """All files of the database are for this user only, whatever the umask."""
    async with running(SqliteCluster(SqliteSettings(path))) as node:
        await node.publish_all("a", [b"x"])
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert {"hubbub.db", "hubbub.db-wal", "hubbub.db-shm", "hubbub.db.lock"} == set(modes)
    assert {0o600} == set(modes.values())


async def test_a_close_leaves_one_whole_file(path: Path) -> None:
    """After an orderly stop the log is folded in: the file alone can be copied."""
    cluster = SqliteCluster(SqliteSettings(path))
    async with running(cluster) as node:
        await node.publish_all("a", numbered(50))
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)

    assert not path.with_name("hubbub.db-wal").exists()
    async with running(SqliteCluster(SqliteSettings(copy))) as node:
        assert numbered(50) == await everything(node, "a")


async def refused(path: Path, bounds: SqliteSettings | None = None) -> str:
    """Start on the file, which must be refused, and return the sentence."""
    broker = SqliteCluster(bounds or SqliteSettings(path)).make_broker()
    with pytest.raises(BrokerUnavailable) as caught:
        await broker.start("node", Recorder())
    await broker.close()
    assert not broker.health().ok
    return caught.value.detail


async def test_a_second_process_is_refused(path: Path) -> None:
    """One file, one process: the second is told which process has it; after a stop the file is free."""
    cluster = SqliteCluster(SqliteSettings(path))
    async with running(cluster) as node:
        sentence = await refused(path)
        await node.publish_all("a", [b"x"])
    assert f"{path} is in use by process {os.getpid()}" in sentence
    async with running(cluster) as node:
        assert await everything(node, "a") == [b"x"]


async def test_another_programs_file_is_left_as_it_is(path: Path) -> None:
    """A database that is not ours is refused, and not a byte of it is changed."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE precious (data)")
    before = path.read_bytes()

    assert "another program's database" in await refused(path)
    assert before == path.read_bytes()


async def test_a_file_of_a_newer_version_is_left_as_it_is(path: Path) -> None:
    """A format from the future is refused."""
    async with running(SqliteCluster(SqliteSettings(path))):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")

    assert "newer Hubbub (format 99" in await refused(path)


async def test_a_file_of_the_first_format_gets_records(path: Path) -> None:
    """A file from before there were records goes on as it is, and takes records."""
    async with running(SqliteCluster(SqliteSettings(path))) as node:
        await node.publish_all("a", numbered(3))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE records")
        connection.execute("DROP TABLE lives")
        connection.execute("PRAGMA user_version = 1")
    for value in (b"1", b"2"):
        async with running(SqliteCluster(SqliteSettings(path))) as node:
            await node.records.put("a", value.decode(), value, KEPT)
            found = await node.records.get("a")

    assert found == {"1": b"1", "2": b"2"}
    async with running(SqliteCluster(SqliteSettings(path))) as node:
        assert await everything(node, "a") == numbered(3)


async def test_a_file_that_is_no_database_is_left_as_it_is(path: Path) -> None:
    """Text, say, is refused, and kept."""
    path.write_text("this is a diary, not a database\n" * 100)

    assert "is not a SQLite database" in await refused(path)
    assert path.read_text().startswith("this is a diary")


async def test_a_damaged_file_is_refused(path: Path) -> None:
    """Damage to the tables is said at the start, with what to do."""
    async with running(SqliteCluster(SqliteSettings(path))) as node:
        await node.publish_all("a", numbered(200))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    assert "is damaged" in await refused(path)


@pytest.mark.parametrize("where", ["missing/hubbub.db", ".", "/proc/hubbub.db"])
async def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, where: str) -> None:
    """A missing directory, a directory, a read-only place: the sentence names the path and the way out."""
    place = tmp_path / where

    sentence = await refused(place)
    assert str(place) in sentence
    assert "exists and is writable" in sentence


async def copied_while_running(path: Path, to: Path, settings: SqliteSettings) -> Stored:
    """Publish, copy the files as a stop of everything would leave them, and return the last place."""
    async with running(SqliteCluster(settings)) as node:
        await node.publish_all("a", numbered(9))
        stored = await node.log.publish("a", b"10", KEEP, "key")
        for file in path.parent.glob("hubbub.db*"):
            if not file.name.endswith(".lock"):
                shutil.copy(file, to.with_name(file.name.replace("hubbub", to.stem)))
    return stored


@pytest.mark.parametrize(
    ("level", "stop", "survives"),
    [
        (Synchronous.NORMAL, "killed", True),
        (Synchronous.NORMAL, "machine stopped", False),
        (Synchronous.FULL, "killed", True),
        (Synchronous.FULL, "machine stopped", True),
    ],
)
async def test_a_stop_that_may_have_lost_writes_gives_new_epochs(
    path: Path, monkeypatch: pytest.MonkeyPatch, level: Synchronous, stop: str, survives: bool
) -> None:
    """Where offsets might be given again, positions from before are told apart by the epoch."""
    boot = path.with_name("boot_id")
    boot.write_text("first\n")
    monkeypatch.setattr(opening, "BOOT_ID", boot)
    copy = path.with_name("copy.db")
    before = await copied_while_running(path, copy, SqliteSettings(path, level))
    if stop == "machine stopped":
        boot.write_text("second\n")
    async with running(SqliteCluster(SqliteSettings(copy))) as node:
        (top,) = await node.log.tops(["a"])
        found = await node.log.recover("a", before.position, 100, KEEP)
        again = await node.log.publish("a", b"10", KEEP, "key")

        assert (10, before.position.tag) == (top.offset, top.tag)
        assert survives == (top.epoch == before.position.epoch)
        assert (Outcome.OK if survives else Outcome.EPOCH) is found.outcome
        assert (True, top) == (again.duplicate, again.position)
        assert len(await everything(node, "a")) == 10


@pytest.mark.parametrize("boots", [("first", "second"), ("first", ""), ("", "")])
async def test_an_orderly_stop_keeps_the_epochs_whatever_the_machine_does(
    path: Path, monkeypatch: pytest.MonkeyPatch, boots: tuple[str, str]
) -> None:
    """After `close` everything is on the disk, so that nothing can be given twice."""
    boot = path.with_name("boot_id")
    monkeypatch.setattr(opening, "BOOT_ID", boot)
    tops = []
    for name in boots:
        boot.write_text(name)
        async with running(SqliteCluster(SqliteSettings(path))) as node:
            await node.publish_all("a", [b"x"])
            tops += await node.log.tops(["a"])

    assert tops[0].epoch == tops[1].epoch
    assert [top.offset for top in tops] == [1, 2]


async def test_an_unknown_boot_is_not_trusted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not name its boots, every unclean stop counts as the machine's."""
    monkeypatch.setattr(opening, "BOOT_ID", path.with_name("there is none"))
    copy = path.with_name("copy.db")
    before = await copied_while_running(path, copy, SqliteSettings(path))
    async with running(SqliteCluster(SqliteSettings(copy))) as node:
        assert before.position.epoch != (await node.log.tops(["a"]))[0].epoch
