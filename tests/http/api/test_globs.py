from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.http.api.globs import glob

PIECES = st.text("ab*", max_size=6)


@given(pattern=PIECES, name=st.text("ab", max_size=8))
def test_a_star_is_any_text(pattern: str, name: str) -> None:
    oracle = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None
    assert glob(pattern)(name) is oracle


@pytest.mark.parametrize("pattern", ["a?c", "[a-z]", "a.c", "^a", "\\", "{a,b}"])
def test_nothing_else_is_special(pattern: str) -> None:
    assert glob(pattern)(pattern)
    assert not any(glob(pattern)(name) for name in ("abc", "a", "b", ""))


def test_no_pattern_is_slow() -> None:
    fits = glob("*a" * 120 + "*b")
    began = time.perf_counter()
    assert not fits("a" * 255)
    assert time.perf_counter() - began < 0.05
