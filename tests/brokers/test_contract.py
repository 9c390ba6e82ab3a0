from __future__ import annotations

from hubbub.brokers.contract import Entry
from hubbub.model import Position


def test_an_entry_knows_where_it_stands() -> None:
    entry = Entry("e1", offset=7, tag=11, previous=10, time=1_700_000_000_000, payload=b"{}")

    assert entry.position == Position("e1", 7, 11)
