"""The operations on records, one by one, without a thread."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial

from hubbub.brokers.local import Keys, Rounds
from hubbub.brokers.records import KEPT, new
from hubbub.brokers.sqlite.ledger import Ledger
from hubbub.brokers.sqlite.record_operations import DropRecord, EditField, RemoveFields
from hubbub.brokers.sqlite.schema import SCHEMA
from hubbub.brokers.sqlite.store import Store

NOW = (1_700_000_000_000, 1000.0)


async def test_an_operation_sees_what_its_group_did_before_it() -> None:
    """A claim after a removal, or after a drop, in the same transaction is won."""
    loop = asyncio.get_running_loop()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in SCHEMA:
        connection.execute(statement)
    ledger, store = Ledger(Keys(300.0), Rounds(60.0)), Store(connection)
    connection.execute("INSERT INTO records VALUES (x'61', x'78', x'31'), (x'61', x'79', x'31')")

    def claim() -> bool:
        operation: EditField[bool] = EditField(
            loop.create_future(), "a", "x", partial(new, value=b"2"), KEPT
        )
        operation.change(ledger, store, NOW)
        return operation.result

    assert not claim()
    assert not ledger.changes
    RemoveFields(loop.create_future(), "a", ["x"]).change(ledger, store, NOW)
    assert claim()
    assert claim()
    DropRecord(loop.create_future(), "a").change(ledger, store, NOW)
    assert claim()
    assert store.record("a") == {"x": b"1", "y": b"1"}
    store.write(ledger.changes)
    assert store.record("a") == {"x": b"2"}
