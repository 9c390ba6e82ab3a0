"""The SQLite engine: the whole contract on one file, and what waits for it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from hubbub.brokers.contract import Stored
from hubbub.brokers.sqlite.settings import SqliteSettings, Synchronous
from hubbub.errors import BrokerUnavailable
from tests.brokers.sqlite.stage import SqliteCluster, running, until
from tests.contracts.broker import BrokerContract, Cluster
from tests.contracts.broker_oracle import STEPS, Step, compare
from tests.contracts.broker_stage import KEEP


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "hubbub.db"


@pytest.mark.parametrize("synchronous", list(Synchronous), ids=lambda level: level.value)
class TestSqliteContract(BrokerContract):
    """The contract, at each level of durability."""

    clustered = False
    durable = True

    @pytest.fixture
    def cluster(self, tmp_path: Path, synchronous: Synchronous) -> Cluster:
        """Provide a new file."""
        return SqliteCluster(SqliteSettings(tmp_path / "hubbub.db", synchronous))


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_any_life_agrees_with_the_oracle(steps: list[Step]) -> None:
    """Publishing, keys, trimming, ageing, removal and reading, in any order, are what they should be."""
    with TemporaryDirectory() as directory:
        asyncio.run(compare(SqliteCluster(SqliteSettings(Path(directory) / "hubbub.db")), steps))


async def test_too_much_waiting_is_refused_at_once(path: Path) -> None:
    """Operations and bytes that wait for the disk are bounded; those within the bound are done."""
    for bounds in (
        SqliteSettings(path, max_waiting=10),
        SqliteSettings(path, max_waiting_bytes=10 * 5),
    ):
        async with running(SqliteCluster(bounds)) as node:
            await node.log.tops(["a"])
            futures = [node.log.publish("a", b"12345", KEEP) for _ in range(50)]
            refusals = [future for future in futures if future.done()]
            results = await asyncio.gather(*futures, return_exceptions=True)

            assert 30 < len(refusals) <= 41
            errors = [result for result in results if isinstance(result, BrokerUnavailable)]
            assert len(refusals) == len(errors)
            assert "already wait for the disk" in errors[0].detail
            stored = [result for result in results if isinstance(result, Stored)]
            assert 50 - len(errors) == len(stored)


async def test_a_disk_that_does_not_answer_is_told_in_time(path: Path) -> None:
    """Overdue publishes fail as unknown, health says so; when the disk comes back they are found stored."""
    cluster = SqliteCluster(SqliteSettings(path, tick_s=0.02))
    async with running(cluster) as node:
        await node.feed.subscribe(["a"])
        await node.publish_all("a", [b"before"])
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            future = node.log.publish("a", b"during", KEEP, "key")
            await asyncio.sleep(0)
            await cluster.elapse(11)
            with pytest.raises(BrokerUnavailable, match="not known"):
                await future
            assert "has not answered" in node.broker.health().reason
        await node.seen.until_payload("a", b"during")
        again = await node.log.publish("a", b"during", KEEP, "key")

        assert (again.position.offset, again.duplicate) == (2, True)
        assert node.broker.health().ok


async def test_health_returns_without_traffic(path: Path) -> None:
    """A refused broker gets no traffic; the probe finds out by itself that the file takes writes again."""
    async with running(SqliteCluster(SqliteSettings(path, max_bytes=200_000, tick_s=0.02))) as node:
        await node.publish_all("a", [b"x" * 1000] * 20)
        with pytest.raises(BrokerUnavailable):
            await node.log.publish("a", b"x" * 300_000, KEEP)
        assert not node.broker.health().ok

        await until(lambda: node.broker.health().ok)


async def test_announcements_do_not_wait_for_an_idle_disk(path: Path) -> None:
    """With nothing under way an announcement is delivered before `announce` returns."""
    async with running(SqliteCluster(SqliteSettings(path))) as node:
        await node.feed.subscribe(["a"])
        await node.publish_all("a", [b"x"])
        await until(lambda: node.feed.announce("a", b"typing").done())

        assert b"typing" in node.seen.payloads("a")
