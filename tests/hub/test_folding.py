from __future__ import annotations

from tests.hub.folding_vectors import FILE, vectors, written


async def test_the_page_is_tested_with_what_a_hub_shows() -> None:
    """Should this fail after a change of what is shown: python -m tests.hub.folding_vectors."""
    assert FILE.read_text() == written(await vectors())
