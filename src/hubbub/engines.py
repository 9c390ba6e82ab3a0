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
from hubbub.errors import ConfigurationError


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
