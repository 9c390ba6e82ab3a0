from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.sessions.limits import Buckets, TokenBucket


def test_a_burst_and_then_the_rate() -> None:
    bucket = TokenBucket(3, now=0)
    assert [bucket.take(1, 3, 0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(1, 3, 2) for _ in range(3)] == [True, True, False]


def test_refusals_are_forgotten_when_it_is_full_again() -> None:
    bucket = TokenBucket(3, now=0)
    for _ in range(5):
        bucket.take(1, 3, 0)
    assert bucket.refused == 2
    bucket.take(1, 3, 2)
    assert bucket.refused == 2
    bucket.take(1, 3, 5)
    assert bucket.refused == 0


@given(st.lists(st.floats(0, 3), max_size=60), st.floats(0.1, 10), st.integers(1, 20))
def test_never_more_than_burst_and_rate(pauses: list[float], rate: float, burst: int) -> None:
    bucket, now, taken = TokenBucket(burst, 0), 0.0, 0
    for pause in pauses:
        now += pause
        taken += bucket.take(rate, burst, now)
    assert taken <= burst + rate * now + 1e-6


def test_each_name_has_a_bucket_and_what_was_taken_can_be_given_back() -> None:
    buckets = Buckets(1, 2)
    assert [buckets.take("a", 0) for _ in range(3)] == [True, True, False]
    assert buckets.take("b", 0)
    buckets.give_back("a", 0)
    buckets.give_back("never seen", 0)
    assert [buckets.take("a", 0) for _ in range(2)] == [True, False]
    assert buckets.take("a", 1)


def test_no_more_names_are_known_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.sessions.limits.BUCKETS", 3)
    buckets = Buckets(1, 1)
    for number in range(10):
        assert buckets.take(str(number), 0)
    assert not buckets.take("9", 0)
    assert buckets.take("1", 0)
