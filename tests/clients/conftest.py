"""One server for each engine, which all clients share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.engines import ENGINES, Site, site


@pytest.fixture(scope="session", params=ENGINES)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Run the application of the matrix on an engine."""
    with site(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running
