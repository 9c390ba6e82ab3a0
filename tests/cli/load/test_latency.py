from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.cli.load.latency import Latencies


def test_nothing_counted_is_zero() -> None:
    latencies = Latencies()

    assert latencies.percentile_ms(0.5) == 0
    assert latencies.percentile_ms(1.0) == 0


def test_a_negative_latency_counts_as_none() -> None:
    latencies = Latencies()

    latencies.add(-5)

    assert latencies.percentile_ms(1.0) == 0
    assert latencies.count == 1


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 10**11), min_size=1, max_size=200),
    st.sampled_from([0.5, 0.9, 0.99, 1.0]),
)
def test_percentiles_agree_with_sorting(samples: list[int], share: float) -> None:
    latencies = Latencies()
    for ns in samples:
        latencies.add(ns)

    rank = next(at for at in range(len(samples)) if at + 1 >= share * len(samples))
    exact = sorted(samples)[rank] / 1e6

    assert exact * 0.99 <= latencies.percentile_ms(share) <= exact
