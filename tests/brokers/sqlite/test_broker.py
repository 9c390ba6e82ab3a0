"""The SQLite engine: the whole contract on one file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from hubbub.brokers.sqlite.settings import SqliteSettings, Synchronous
from tests.brokers.sqlite.stage import SqliteCluster, running, until
from tests.contracts.broker import BrokerContract, Cluster
from tests.contracts.broker_oracle import STEPS, Step, compare


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
        return SqliteCluster(SqliteSettings(tmp_path / "hubbub.db", synchronous, tick_s=0.1))


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_any_life_agrees_with_the_oracle(steps: list[Step]) -> None:
    """Publishing, keys, trimming, ageing, removal and reading, in any order, are what they should be."""
    with TemporaryDirectory() as directory:
        asyncio.run(compare(SqliteCluster(SqliteSettings(Path(directory) / "hubbub.db")), steps))


async def test_announcements_do_not_wait_for_an_idle_disk(path: Path) -> None:
    """With nothing under way an announcement is delivered before `announce` returns."""
    async with running(SqliteCluster(SqliteSettings(path))) as node:
        await node.feed.subscribe(["a"])
        await node.publish_all("a", [b"x"])
        await until(lambda: node.feed.announce("a", b"typing").done())

        assert b"typing" in node.seen.payloads("a")
