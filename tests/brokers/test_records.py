"""How changes to records are judged, for the engines that judge in Python."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.brokers.records import behind, new, number_of, raised, released

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
FOUND = st.none() | st.binary(max_size=3)


@given(FOUND, st.binary(max_size=3))
def test_a_change_made_twice_is_made_once(found: bytes | None, value: bytes) -> None:
    kept, won = new(found, value)
    assert new(kept, value) == (kept, won)
    left, gone = released(found, value)
    assert released(left, value) == (left, gone)
    assert gone == (left is None)
    assert won == (kept == value)


@given(FOUND, st.integers(0, 1000), st.integers(0, 1000))
def test_the_order_of_raising_does_not_matter(found: bytes | None, one: int, two: int) -> None:
    there, _ = raised(found, one)
    back, _ = raised(found, two)
    assert raised(there, two)[1] == raised(back, one)[1] == max(number_of(found), one, two)


@pytest.mark.parametrize(
    ("value", "number"),
    [(None, 0), (b"", 0), (b"12", 12), (b"-1", 0), (b"1.5", 0), (b"9" * 17, 0), (b"\xb2", 0)],
)
def test_what_is_no_number_counts_as_nothing(value: bytes | None, number: int) -> None:
    assert number_of(value) == number


@given(NAMES.filter(bool), NAMES)
def test_what_is_behind_a_prefix_is_behind_all_that_begin_with_it(prefix: str, rest: str) -> None:
    end = behind(prefix.encode())
    assert (prefix + rest).encode() < end
    assert rest.encode() >= end or rest < prefix or rest.startswith(prefix)
    assert behind(b"") == b""
