"""How long an attempt waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.brokers.redis.backoff import Backoff


@pytest.mark.parametrize(
    ("failures", "chance", "delay_s"),
    [
        (0, 0.0, 0.0),
        (0, 0.5, 0.05),
        (1, 0.0, 0.1),
        (1, 0.5, 0.15),
        (2, 0.0, 0.2),
        (3, 0.5, 0.6),
        (5, 0.0, 1.0),
        (10_000, 0.0, 1.0),
    ],
)
def test_delays_double_up_to_the_most(failures: int, chance: float, delay_s: float) -> None:
    assert Backoff(0.1, 2.0).delay_s(failures, chance) == pytest.approx(delay_s)


@given(st.integers(0, 10**6), st.floats(0, 1, exclude_max=True))
def test_no_delay_is_beyond_the_most(failures: int, chance: float) -> None:
    assert 0 <= Backoff(0.05, 2.0).delay_s(failures, chance) <= 2.0
