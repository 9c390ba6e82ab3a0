"""The thread of the SQLite engine: groups, their order, and what one failure takes with it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hubbub.brokers.contract import HistoryQuery, Stored
from hubbub.brokers.sqlite.ledger import Ledger
from hubbub.brokers.sqlite.operations import History, Now, Operation, Publish, Tops
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.brokers.sqlite.store import Store
from hubbub.brokers.sqlite.writer import GROUP, Group, Writer
from hubbub.errors import BrokerUnavailable
from hubbub.model import Position
from tests.brokers.sqlite.stage import until
from tests.contracts.broker_stage import KEEP
from tests.fakes.clock import JumpingClock


class Failing(Operation[None]):
    """An operation that cannot be written."""

    result = None

    def __init__(self, error: Exception) -> None:
        super().__init__(asyncio.get_running_loop().create_future())
        self.what = error

    def change(self, ledger: Ledger, store: Store, now: Now) -> None:
        """Raise."""
        raise self.what


class Bench:
    """A writer, and what it reported."""

    def __init__(self, path: Path) -> None:
        self.groups: list[tuple[Group, BrokerUnavailable | None]] = []
        self.writer = Writer(SqliteSettings(path), JumpingClock(), self.note)

    def note(self, group: Group, failure: BrokerUnavailable | None) -> None:
        """Keep a report."""
        self.groups.append((group, failure))

    async def work(self, operations: list[Operation[Any]]) -> None:
        """Have operations done that are sent together."""
        goal = sum(len(group) for group, _ in self.groups) + len(operations)
        self.writer.send(operations)
        await until(lambda: sum(len(group) for group, _ in self.groups) == goal)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Yield a writer that has been started."""
    bench = Bench(tmp_path / "hubbub.db")
    await bench.writer.start()
    yield bench
    await bench.writer.close()


def publish(channel: str, key: str = "") -> Publish:
    """Return a publish."""
    future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
    return Publish(future, channel, b"x", KEEP, key)


def tops(*channels: str) -> Tops:
    """Return a question for tops."""
    future: asyncio.Future[list[Position]] = asyncio.get_running_loop().create_future()
    return Tops(future, channels)


async def test_a_group_is_bounded_and_order_is_kept(bench: Bench) -> None:
    """What came together is committed together, up to the bound, and reported in its order."""
    operations: list[Operation[Any]] = [publish("a") for _ in range(2 * GROUP + 10)]
    await bench.work(operations)

    assert [len(group) for group, _ in bench.groups] == [GROUP, GROUP, 10]
    assert operations == [operation for group, _ in bench.groups for operation in group]
    assert list(range(1, 2 * GROUP + 11)) == [one.result.position.offset for one in operations]


async def test_a_failure_undoes_its_whole_group_and_nothing_else(bench: Bench) -> None:
    """Before and after go on without a hole; what shared the group has failed, but for readers."""
    await bench.work([publish("a"), publish("a", "kept")])
    doomed = publish("a", "undone")
    reading, unborn = tops("a"), tops("new")
    failing = Failing(sqlite3.OperationalError("made up"))
    await bench.work([doomed, reading, failing, unborn])
    after, again = publish("a", "undone"), publish("a", "kept")
    await bench.work([after, again])

    failure = bench.groups[1][1]
    assert failure is not None
    assert "made up" in failure.detail
    assert failure is doomed.error is failing.error
    assert reading.error is None
    assert reading.result[0].offset == 2
    assert unborn.error is not None
    assert (after.result.position.offset, after.result.duplicate) == (3, False)
    assert (again.result.position.offset, again.result.duplicate) == (2, True)


async def test_a_fault_of_ours_does_not_end_the_thread(bench: Bench) -> None:
    """Whatever an operation raises becomes its error, and the next group is worked on."""
    failing, next_one = Failing(ZeroDivisionError("our own fault")), publish("a")
    await bench.work([failing])
    await bench.work([next_one])

    assert "ZeroDivisionError: our own fault" in str(failing.error)
    assert next_one.error is None


async def test_what_was_sent_before_close_is_done(tmp_path: Path) -> None:
    """The end comes after everything that was sent, and the thread is gone then."""
    bench = Bench(tmp_path / "hubbub.db")
    await bench.writer.start()
    operations: list[Operation[Any]] = [publish("a") for _ in range(1000)]
    bench.writer.send(operations)
    await bench.writer.close()

    assert operations[-1].result.position.offset == 1000
    await until(lambda: all(thread.name != "hubbub-sqlite" for thread in threading.enumerate()))


async def test_reading_sees_its_own_group(bench: Bench) -> None:
    """A page asked for with publishes of the same turn agrees with its top."""
    loop = asyncio.get_running_loop()
    reading = History(loop.create_future(), "a", HistoryQuery(10), 300.0)
    await bench.work([publish("a"), reading, publish("a")])

    assert [entry.offset for entry in reading.result.entries] == [1, 2]
    assert reading.result.top.offset == 2
