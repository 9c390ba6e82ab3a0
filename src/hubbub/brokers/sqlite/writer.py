"""The one thread that touches the file: it takes what has come, commits it together, and reports in order."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from hubbub.brokers.local import Keys, Rounds
from hubbub.brokers.sqlite.ledger import Ledger
from hubbub.brokers.sqlite.opening import Lock, boot_id, end_life, explain, open_database
from hubbub.brokers.sqlite.operations import Operation
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.brokers.sqlite.store import Store
from hubbub.clock import Clock
from hubbub.errors import BrokerUnavailable

GROUP = 256
"""The most operations in one transaction. A group does not wait to become large: what came is taken."""

Group = Sequence[Operation[Any]]

Finished = Callable[[Group, BrokerUnavailable | None], None]
"""Take a group in order, and why it could not be written if so."""


class Writer:
    """Carry operations to the thread in their order, and groups of finished ones back to the loop."""

    def __init__(self, settings: SqliteSettings, clock: Clock, finished: Finished) -> None:
        self._settings = settings
        self._clock = clock
        self._finished = finished
        self._inbox: SimpleQueue[Group | None] = SimpleQueue()
        self._waiting: deque[Operation[Any]] = deque()
        self._ended = False

    async def start(self) -> None:
        """Open the file; raises BrokerUnavailable with a sentence when that cannot be."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = loop.create_future()
        self._closed: asyncio.Future[None] = loop.create_future()
        # A daemon: whoever ends without `close` loses nothing, and must not hang on a waiting thread.
        threading.Thread(
            target=self._run, args=(loop, opened), name="hubbub-sqlite", daemon=True
        ).start()
        await opened

    def send(self, group: Group) -> None:
        """Give operations to the thread."""
        self._inbox.put(group)

    async def close(self) -> None:
        """Let the thread finish everything that was sent, and end it and the file."""
        self._inbox.put(None)
        await self._closed

    def _run(self, loop: asyncio.AbstractEventLoop, opened: asyncio.Future[None]) -> None:
        lock = Lock(self._settings.path)
        try:
            ledger, store, connection = self._open(lock)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the starter has to hear of it
            lock.release()
            tell(loop, opened.set_exception, error)
            return
        tell(loop, opened.set_result, None)
        while group := self._next_group():
            failure = self._work(group, ledger, store)
            tell(loop, self._finished, group, failure)
        end_life(connection)
        lock.release()
        tell(loop, self._closed.set_result, None)

    def _open(self, lock: Lock) -> tuple[Ledger, Store, sqlite3.Connection]:
        settings = self._settings
        lock.take()
        connection = open_database(settings, boot_id())
        ledger = Ledger(Keys(settings.idempotency_s), Rounds(settings.sweep_s))
        store = Store(connection)
        try:
            store.load(ledger, (self._clock.epoch_ms(), self._clock.monotonic()))
        except sqlite3.Error as error:
            connection.close()
            raise BrokerUnavailable(explain(error, settings.path)) from error
        return ledger, store, connection

    def _next_group(self) -> Group:
        """Return what has come, up to a bound; nothing when it is time to end."""
        waiting = self._waiting
        block = not (waiting or self._ended)
        while len(waiting) < GROUP and not self._ended:
            try:
                arrived = self._inbox.get(block)
            except Empty:
                break
            block = False
            if arrived is None:
                self._ended = True
            else:
                waiting.extend(arrived)
        return [waiting.popleft() for _ in range(min(len(waiting), GROUP))]

    def _work(self, group: Group, ledger: Ledger, store: Store) -> BrokerUnavailable | None:
        """Change, commit and read; return why the group could not be written.

        Then ledger and file are as before, and everything in the group that wanted to write has failed.
        """
        now = (self._clock.epoch_ms(), self._clock.monotonic())
        failure: BrokerUnavailable | None = None
        try:
            for operation in group:
                operation.change(ledger, store, now)
            if ledger.changes:
                store.write(ledger.changes)
            ledger.commit(now[1])
        except Exception as error:  # noqa: BLE001 - no fault may end the thread that everybody waits for
            ledger.rollback(now[1])
            failure = self._explain(error)
        for operation in group:
            try:
                operation.read(ledger, store, now)
            except Exception as error:  # noqa: BLE001 - as above
                operation.error = self._explain(error)
            if operation.writes:
                operation.error = failure or operation.error
        return failure

    def _explain(self, error: Exception) -> BrokerUnavailable:
        if isinstance(error, BrokerUnavailable):
            return error
        if isinstance(error, sqlite3.Error):
            return BrokerUnavailable(explain(error, self._settings.path))
        return BrokerUnavailable(f"{self._settings.path}: {type(error).__name__}: {error}")


def tell(loop: asyncio.AbstractEventLoop, callback: Callable[..., object], *args: object) -> None:
    """Call back on the loop; without effect when the loop has ended before us."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback, *args)
