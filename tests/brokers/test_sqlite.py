"""The SQLite engine: the whole contract on one file, and what is its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubbub.brokers.contract import Broker
from hubbub.brokers.sqlite.broker import SqliteBroker
from hubbub.brokers.sqlite.settings import SqliteSettings, Synchronous
from tests.contracts.broker import BrokerContract, Cluster


class JumpingClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic(self) -> float:
        """Return seconds of a clock that began long ago."""
        return self.now_s

    def epoch_ms(self) -> int:
        """Return milliseconds since 1970, in 2023."""
        return 1_700_000_000_000 + round(self.now_s * 1000)


class SqliteCluster:
    """Brokers on one file, one after the other."""

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
        self.clock.now_s += seconds


@pytest.mark.parametrize("synchronous", list(Synchronous), ids=lambda level: level.value)
class TestSqliteContract(BrokerContract):
    """The contract, at each level of durability."""

    clustered = False
    durable = True

    @pytest.fixture
    def cluster(self, tmp_path: Path, synchronous: Synchronous) -> Cluster:
        """Provide a new file."""
        return SqliteCluster(SqliteSettings(tmp_path / "hubbub.db", synchronous))
