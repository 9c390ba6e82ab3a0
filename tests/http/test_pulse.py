from __future__ import annotations

from hubbub.http.pulse import WINDOW, Pulse, Rates


def test_nothing_was_heard_yet() -> None:
    assert Pulse().rates() == Rates(0.0, 0.0, 0.0)


def test_rates_are_those_of_the_last_seconds_and_lag_the_worst() -> None:
    pulse = Pulse()
    pulse.beat(100.0, 0.0, 5, 50)
    assert pulse.rates() == Rates(0.0, 0.0, 0.0)
    pulse.beat(101.0, 0.25, 15, 150)
    pulse.beat(104.0, -0.001, 25, 250)  # a timer may be early by its own resolution
    assert pulse.rates() == Rates(5.0, 50.0, 250.0)


def test_what_is_long_ago_counts_no_more() -> None:
    pulse = Pulse()
    pulse.beat(0.0, 9.0, 0, 0)
    for second in range(1, WINDOW + 2):
        pulse.beat(second, 0.001, 1000, 3 * second)
    assert pulse.rates() == Rates(0.0, 3.0, 1.0)
