"""Pages of what is on all nodes."""

from __future__ import annotations

from collections import Counter
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.hub import paging
from hubbub.hub.paging import Part, merged, part_of

NODES = st.lists(
    st.dictionaries(st.text("abé:", min_size=1, max_size=4), st.integers(1, 9)), max_size=4
)


@given(NODES, st.integers(1, 5), st.integers(0, 12))
def test_pages_have_every_channel_once_with_all_its_subscribers(
    nodes: list[dict[str, int]], limit: int, page_bytes: int
) -> None:
    def page(after: str) -> tuple[dict[str, int], str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(paging, "PAGE_BYTES", page_bytes)
            parts = [
                part_of(sorted(each for each in node.items() if each[0] > after), limit)
                for node in nodes
            ]
        return merged(parts, limit, add)

    seen: list[tuple[str, int]] = []
    cursor, goes_on = "", True
    while goes_on:
        found, cursor = page(cursor)
        assert len(found) <= limit
        seen += found.items()
        goes_on = bool(cursor)
    everything: Counter[str] = Counter()
    for node in nodes:
        everything.update(node)
    assert seen == sorted(everything.items())


def test_an_end_that_nobody_passes_ends_the_page() -> None:
    parts = [Part([("a", 1), ("b", 1)], more=True), Part([("b", 2), ("c", 2)], more=False)]
    assert merged(parts, 9, add) == ({"a": 1, "b": 3}, "b")
    assert merged(parts, 1, add) == ({"a": 1}, "a")
    assert merged(list[Part[int]](), 9, add) == ({}, "")
