from __future__ import annotations

from pathlib import Path

import pytest

from hubbub.brokers.contract import Broker
from hubbub.brokers.memory import MemoryBroker
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.sqlite.broker import SqliteBroker
from hubbub.clock import SystemClock
from hubbub.config import Settings, SourceSettings
from hubbub.config.settings import BROKERS
from hubbub.engines import ENGINES, open_broker, open_source
from hubbub.errors import ConfigurationError
from hubbub.hub.hub import Hub
from hubbub.model import Retention
from hubbub.sources.redis_pubsub import RedisPubsub
from hubbub.sources.redis_stream import RedisStream

CLOCK = SystemClock()


class Silent:
    """A receiver that nothing is said to."""

    def on_entry(self, channel: str, entry: object) -> None: ...

    def on_announcement(self, channel: str, payload: bytes) -> None: ...

    def on_restored(self) -> None: ...


@pytest.mark.parametrize(
    ("url", "engine"),
    [
        ("memory://", MemoryBroker),
        ("sqlite:///hubbub.db", SqliteBroker),
        ("redis://localhost:6379/0", RedisBroker),
        ("rediss://localhost:6379/0", RedisBroker),
        ("unix:///run/redis.sock", RedisBroker),
    ],
)
def test_a_url_means_an_engine(url: str, engine: type[Broker]) -> None:
    assert type(open_broker(url, CLOCK)) is engine


def test_every_engine_that_can_be_named_can_be_opened() -> None:
    assert set(BROKERS) == ENGINES.keys()


def test_an_unknown_scheme_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"'mysql' is not known.*sqlite://"):
        open_broker("mysql://localhost", CLOCK)


async def test_a_sqlite_url_with_four_slashes_is_an_absolute_path(tmp_path: Path) -> None:
    file = tmp_path / "of mine.db"
    broker = open_broker(f"sqlite:///{tmp_path}/of%20mine.db", CLOCK)
    await broker.start("node", Silent())
    try:
        stored = await broker.log.publish("a", b"1", Retention(10, 60.0))
    finally:
        await broker.close()

    assert stored.position.offset == 1
    assert file.exists()


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (SourceSettings(name="chat", type="redis_stream", stream="chat_stream"), RedisStream),
        (SourceSettings(name="push", type="redis_pubsub", prefix="chat:"), RedisPubsub),
    ],
)
def test_a_type_means_a_source(settings: SourceSettings, kind: type[object]) -> None:
    defaults = Settings()
    hub = Hub(open_broker("memory://", CLOCK), defaults.namespace_table, defaults.hub, CLOCK)

    assert type(open_source(settings, "node", hub, CLOCK)) is kind
