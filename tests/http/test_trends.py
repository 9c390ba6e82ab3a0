from __future__ import annotations

from msgspec import structs

from hubbub.http.trends import KEPT, STEP, Sample, Trends, columns

SAMPLE = Sample(1000, 1.0, 2.0, 3.0, None, 4.0, 5, 6, 7)


def at(time: int) -> Sample:
    return structs.replace(SAMPLE, time=time)


def test_a_sample_is_due_every_few_beats() -> None:
    trends = Trends()
    due = [trends.is_due() for _ in range(2 * STEP)]
    assert due == ([False] * (STEP - 1) + [True]) * 2


def test_what_is_kept_and_what_came_since() -> None:
    trends = Trends()
    for time in range(KEPT + 10):
        trends.add(at(time))
    assert [each.time for each in trends.since(KEPT + 7)] == [KEPT + 8, KEPT + 9]
    assert len(trends.since(-1)) == KEPT
    assert trends.since(-1)[0].time == 10


def test_samples_as_columns() -> None:
    trend = columns([SAMPLE, at(2000)])
    assert trend.time == [1000, 2000]
    assert trend.latency_ms == [None, None]
    assert {len(column) for column in structs.astuple(trend)} == {2}
