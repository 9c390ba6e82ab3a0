"""One redis-server for all tests of the engine, emptied between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hubbub.brokers.redis.settings import RedisSettings
from tests.servers import RedisServer


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Yield the server that all tests share."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def server(running_server: RedisServer) -> RedisServer:
    """Return the shared server, empty."""
    running_server.cli("FLUSHALL")
    return running_server


@pytest.fixture
def settings(server: RedisServer) -> RedisSettings:
    """Return settings for the shared server."""
    return RedisSettings(url=server.url)
