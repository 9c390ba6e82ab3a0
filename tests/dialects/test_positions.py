from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects.positions import format_position, parse_position
from hubbub.errors import Refused
from hubbub.model import Position


@settings(deadline=None)
@given(
    st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_", min_size=1, max_size=64),
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**32 - 1),
)
def test_a_position_is_read_as_it_was_written(epoch: str, offset: int, tag: int) -> None:
    position = Position(epoch, offset, tag)

    assert parse_position(format_position(position)) == position


def test_the_tag_may_be_unknown() -> None:
    assert parse_position("e9.7") == Position("e9", 7, 0)
    assert parse_position("e9.0.0") == Position("e9", 0, 0)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "e9",
        "e9.",
        ".7",
        ".7.1",
        "e9.7.",
        "e9.7.1.1",
        "e9.-7",
        "e9.+7",
        "e9. 7",
        "e9.7_0",
        "e9.0x7",
        "e9.٧",
        "e9.²",
        "e9.9223372036854775808",
        "e9.7.4294967296",
        "e9." + "9" * 5000,
        "e" * 65 + ".7",
    ],
    ids=lambda word: word[:24] or "empty",
)
def test_what_is_no_position_is_refused_with_its_form(word: str) -> None:
    with pytest.raises(Refused, match=r"write <epoch>\.<offset>\.<tag>") as caught:
        parse_position(word)

    assert caught.value.error.code == 107
    assert len(str(caught.value)) < 200
