from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.socketio import cursor
from hubbub.model import Position


@given(st.text(min_size=1, max_size=255), st.integers(0, 10**18 - 1), st.integers(0, 2**32 - 1))
def test_a_cursor_comes_back(channel: str, offset: int, tag: int) -> None:
    assert cursor.read(cursor.write(channel, offset, tag)) == (channel, Position("", offset, tag))


@pytest.mark.parametrize(
    "word",
    ["", "room", "@1.2", "room@1", "room@-1.2", "room@1.2x", "x" * 513 + "@1.2", 5, None, []],
)
def test_what_is_no_cursor(word: object) -> None:
    assert cursor.read(word) is None
