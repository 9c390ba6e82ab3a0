"""Which URL means which engine, and which type means which source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hubbub.brokers.contract import Broker
from hubbub.brokers.memory import MemoryBroker, MemorySettings
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.brokers.sqlite.broker import SqliteBroker
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.clock import Clock
from hubbub.config import SourceSettings
from hubbub.errors import ConfigurationError
from hubbub.hub.hub import Hub
from hubbub.sources.contract import Source
from hubbub.sources.redis_pubsub import PubsubSettings, RedisPubsub
from hubbub.sources.redis_stream import RedisStream, StreamSettings


def _memory(url: str, clock: Clock) -> Broker:
    return MemoryBroker(MemorySettings(), clock)


def _sqlite(url: str, clock: Clock) -> Broker:
    # sqlite:///name is relative, sqlite:////name absolute, as everywhere where databases have URLs.
    return SqliteBroker(SqliteSettings(Path(unquote(urlsplit(url).path[1:]))), clock)


def _redis(url: str, clock: Clock) -> Broker:
    return RedisBroker(RedisSettings(url), clock)


ENGINES: dict[str, Callable[[str, Clock], Broker]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "redis": _redis,
    "rediss": _redis,
    "unix": _redis,
}


def open_broker(url: str, clock: Clock) -> Broker:
    """Return the engine of a broker URL, not started yet.

    Raises ConfigurationError for a scheme that no engine has, or a URL that its engine cannot read.
    """
    scheme = urlsplit(url).scheme
    engine = ENGINES.get(scheme)
    if engine is None:
        known = ", ".join(f"{name}://" for name in ENGINES)
        raise ConfigurationError([f"broker {scheme!r} is not known; it is one of {known}"])
    return engine(url, clock)


def open_source(settings: SourceSettings, node: str, hub: Hub, clock: Clock) -> Source:
    """Return a configured source, not started yet; `node` is this process's name."""
    if settings.type == "redis_stream":
        stream = StreamSettings(
            settings.url,
            settings.stream,
            settings.channel or settings.stream,
            settings.maxlen,
            node,
            settings.payload_limit,
        )
        return RedisStream(stream, hub, clock)
    pubsub = PubsubSettings(settings.url, settings.prefix, node, settings.payload_limit)
    return RedisPubsub(pubsub, hub, clock)
