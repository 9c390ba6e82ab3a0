"""What is this engine's own about records: the file, and a group that could not be written."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from hubbub.brokers.records import KEPT
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.errors import BrokerUnavailable
from tests.brokers.sqlite.stage import SqliteCluster, running


async def test_names_come_from_the_index(tmp_path: Path) -> None:
    """A look for names reads the rows of its page, not the table."""
    path = tmp_path / "hubbub.db"
    async with running(SqliteCluster(SqliteSettings(path))) as node:
        await node.records.put("a", "x", b"1", KEPT)
        with closing(sqlite3.connect(path)) as connection:
            plan = connection.execute(
                "EXPLAIN QUERY PLAN SELECT DISTINCT name FROM records WHERE name >= x'61'"
                " AND name > x'' AND (name < x'62' OR x'62' = x'') ORDER BY name LIMIT 3"
            ).fetchall()

    assert [row[3] for row in plan] == ["SEARCH records USING PRIMARY KEY (name>?)"]


async def test_what_could_not_be_written_has_not_happened(tmp_path: Path) -> None:
    """A claim in a group that the file refused is free, and so it is told."""
    settings = SqliteSettings(tmp_path / "hubbub.db", max_bytes=200_000)
    async with running(SqliteCluster(settings)) as node:
        await node.records.put("a", "x", b"1", KEPT)
        results = await asyncio.gather(
            node.records.put_new("a", "claim", b"mine", KEPT),
            node.records.drop("a"),
            node.records.put("b", "x", b"x" * 300_000, KEPT),
            node.records.get("a"),
            return_exceptions=True,
        )

        assert [isinstance(result, BrokerUnavailable) for result in results] == [True] * 3 + [False]
        assert results[3] == await node.records.get("a") == {"x": b"1"}
        assert await node.records.put_new("a", "claim", b"another", KEPT)
