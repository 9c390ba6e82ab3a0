"""One server for each engine, which all clients share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.engines import ENGINES, Site, site

SPREAD = frozenset(
    f"test_all_scenarios[{engine}-{transport}]"
    for engine, transport in (
        ("memory", "http-stream-json"),
        ("memory", "plain"),
        ("redis", "sse"),
        ("redis", "websocket-json"),
        ("redis", "http-stream-protobuf"),
        ("sqlite", "websocket-protobuf"),
        ("memory", "json"),
        ("redis", "protobuf"),
        ("sqlite", "json"),
    )
)
"""The cells that `make test` plays: each way of speaking, each engine. `make slow` plays the others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the cells of a matrix that are not in its spread to a longer run."""
    for item in items:
        if item.name.startswith("test_all_scenarios[") and item.name not in SPREAD:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", params=ENGINES)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Run the application of the matrix on an engine."""
    with site(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running
