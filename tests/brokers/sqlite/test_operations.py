"""The operations of the SQLite engine, one by one, without a thread."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from hubbub.brokers.contract import Outcome, Recovery, Stored
from hubbub.brokers.local import Exchange, Keys, Rounds
from hubbub.brokers.sqlite.ledger import Ledger
from hubbub.brokers.sqlite.operations import (
    CHANNELS_PER_SWEEP,
    Announce,
    Operation,
    Publish,
    Recover,
    Sweep,
    Tops,
    existing,
)
from hubbub.brokers.sqlite.schema import SCHEMA
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.brokers.sqlite.store import Store
from hubbub.errors import BrokerUnavailable
from hubbub.model import Position, Retention
from tests.contracts.broker import Recorder
from tests.contracts.broker_stage import KEEP

DAY_MS = 86_400_000
SETTINGS = SqliteSettings(Path("none.db"), meta_ttl_s=3600.0)


class Table:
    """A ledger and a store in memory, and a feed with one receiver."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for statement in SCHEMA:
            self.connection.execute(statement)
        self.store = Store(self.connection)
        self.ledger = Ledger(Keys(300.0), Rounds(60.0))
        self.exchange = Exchange()
        self.seen = Recorder()
        self.exchange.subscribe(self.seen, ["a"])
        self.now = (1_700_000_000_000, 1000.0)

    def do(self, operation: Operation[Any]) -> None:
        """Take an operation through its whole life."""
        operation.change(self.ledger, self.store, self.now)
        self.store.write(self.ledger.changes)
        self.ledger.commit(self.now[1])
        operation.read(self.ledger, self.store, self.now)
        operation.finish(self.exchange)


def future() -> asyncio.Future[Any]:
    """Return a future of the running loop."""
    return asyncio.get_running_loop().create_future()


async def test_a_publish_is_acknowledged_and_delivered_when_it_is_finished() -> None:
    """Neither the acknowledgement nor the delivery comes before `finish`."""
    table = Table()
    waiting: asyncio.Future[Stored] = future()
    operation = Publish(waiting, "a", b"x", KEEP, "key")
    operation.change(table.ledger, table.store, table.now)
    assert (waiting.done(), table.seen.payloads("a")) == (False, [])
    operation.finish(table.exchange)

    assert waiting.result().position.offset == 1
    assert table.seen.payloads("a") == [b"x"]


async def test_a_cancelled_publish_is_delivered_all_the_same() -> None:
    """It is in the log, so that everybody must see it, whoever stopped waiting."""
    table = Table()
    waiting = future()
    operation = Publish(waiting, "a", b"x", KEEP, "")
    waiting.cancel()
    table.do(operation)

    assert table.seen.payloads("a") == [b"x"]


async def test_a_failed_publish_and_a_duplicate_are_not_delivered() -> None:
    """Only what is new in the log reaches the feed."""
    table = Table()
    table.do(Publish(future(), "a", b"once", KEEP, "key"))
    table.do(Publish(future(), "a", b"twice", KEEP, "key"))
    failed = Publish(future(), "a", b"failed", KEEP, "")
    failed.change(table.ledger, table.store, table.now)
    failed.error = BrokerUnavailable("made up")
    failed.finish(table.exchange)

    assert table.seen.payloads("a") == [b"once"]
    with pytest.raises(BrokerUnavailable, match="made up"):
        await failed.future


async def test_announcements_need_nothing_of_the_file() -> None:
    """An announcement changes nothing, and is delivered in its turn."""
    table = Table()
    table.do(Announce(future(), "a", b"typing"))

    assert table.seen.deliveries["a"] == [("announcement", b"typing")]
    assert not Announce.writes


async def test_recovery_reads_only_when_the_top_does_not_tell() -> None:
    """A position that the top alone refuses costs no look at the file."""
    table = Table()
    for _ in range(3):
        table.do(Publish(future(), "a", b"x", KEEP, ""))
    top = existing(table.ledger, "a").top
    waiting: asyncio.Future[Recovery] = future()
    operation = Recover(waiting, "a", Position(top.epoch, 1), 1, 300.0)
    table.store = None  # type: ignore[assignment]
    operation.read(table.ledger, table.store, table.now)

    assert Outcome.TOO_MANY is operation.result.outcome


async def test_a_sweep_is_bounded() -> None:
    """Many forgotten channels go a few at a time, none is passed over, and busy ones stay."""
    table = Table()
    total = 2 * CHANNELS_PER_SWEEP + 10
    for number in range(total):
        table.do(Publish(future(), f"room {number}", b"x", Retention(), ""))
    table.now = (table.now[0] + DAY_MS, table.now[1] + DAY_MS / 1000)
    table.do(Publish(future(), "room 3", b"x", Retention(), ""))

    def left() -> int:
        return sum(table.ledger.find(f"room {number}") is not None for number in range(total))

    lefts = []
    for _ in range(3):
        table.do(Sweep(future(), SETTINGS, probe=False))
        lefts.append(left())
    assert [total - CHANNELS_PER_SWEEP + 1, 11, 1] == lefts


async def test_a_sweep_reads_little_of_what_is_not_too_old() -> None:
    """It costs the same whether a channel keeps one entry or many, because everybody waits for it."""

    async def steps(kept: int) -> int:
        table = Table()
        for _ in range(kept):
            table.do(Publish(future(), "a", b"x", Retention(1000, 3600.0), ""))
        taken: list[int] = []
        table.connection.set_progress_handler(lambda: taken.append(1), 1)
        table.now = (table.now[0] + 60_000, table.now[1] + 60.0)
        table.do(Sweep(future(), SETTINGS, probe=False))
        return len(taken)

    assert await steps(1) == await steps(400)


async def test_a_channel_that_was_forgotten_and_came_back_is_looked_after_once() -> None:
    """However often it comes and goes, the sweep is never given it twice, and forgets it again."""
    table = Table()
    for _ in range(3):
        table.do(Tops(future(), ["a"]))
        table.now = (table.now[0] + DAY_MS, table.now[1] + DAY_MS / 1000)
        table.do(Sweep(future(), SETTINGS, probe=False))
        assert table.ledger.find("a") is None


async def test_a_channel_whose_sweep_failed_is_looked_after_again() -> None:
    """What could not be written has not happened, and is due some time later."""
    table = Table()
    table.do(Tops(future(), ["a"]))
    table.now = (table.now[0] + DAY_MS, table.now[1] + DAY_MS / 1000)
    Sweep(future(), SETTINGS, probe=False).change(table.ledger, table.store, table.now)
    table.ledger.rollback(table.now[1])
    assert table.ledger.find("a") is not None
    table.now = (table.now[0] + 60_000, table.now[1] + 60.0)
    table.do(Sweep(future(), SETTINGS, probe=False))
    assert table.ledger.find("a") is None


async def test_a_channel_whose_birth_failed_is_told() -> None:
    """Who asked for it gets an error, and no position that would mean nothing later."""
    with pytest.raises(BrokerUnavailable, match="'gone'"):
        existing(Table().ledger, "gone")
