"""What the tests of the SQLite engine stand on: brokers on one file, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hubbub.brokers.contract import Broker
from hubbub.brokers.sqlite.broker import SqliteBroker
from hubbub.brokers.sqlite.settings import SqliteSettings
from tests.contracts.broker import Node
from tests.fakes.clock import JumpingClock


class SqliteCluster:
    """The file of the settings, and the clock of its brokers."""

    def __init__(self, settings: SqliteSettings) -> None:
        self.settings = settings
        self.clock = JumpingClock()
        self.lease_s = settings.lease_s
        self.idempotency_s = settings.idempotency_s

    def make_broker(self) -> Broker:
        """Return a broker on the file."""
        return SqliteBroker(self.settings, self.clock)

    async def elapse(self, seconds: float) -> None:
        """Jump the clock."""
        self.clock.jump(seconds)


@asynccontextmanager
async def running(cluster: SqliteCluster) -> AsyncIterator[Node]:
    """Run one broker on the cluster's file."""
    node = Node(cluster.make_broker(), "node")
    await node.start()
    try:
        yield node
    finally:
        await node.broker.close()


async def until(fact: Callable[[], bool]) -> None:
    """Return when `fact` is true, in time."""
    async with asyncio.timeout(60):
        while not fact():
            await asyncio.sleep(0.01)
