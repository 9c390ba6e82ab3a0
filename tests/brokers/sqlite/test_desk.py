"""What waits for the file: how much, for how long, and what is told."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hubbub.brokers.contract import Stored
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.errors import BrokerUnavailable
from tests.brokers.sqlite.stage import SqliteCluster, running, until
from tests.contracts.broker_stage import KEEP


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "hubbub.db"


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
