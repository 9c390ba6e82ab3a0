from __future__ import annotations

from hubbub.server.backoff import Backoff


def test_the_wait_doubles_up_to_its_bound() -> None:
    waits = [Backoff().wait_s(deaths) for deaths in range(1, 10)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert Backoff().wait_s(10_000) == 30.0


def test_a_long_life_begins_anew() -> None:
    backoff = Backoff(healthy_s=30.0)
    assert backoff.deaths(5, 29.9) == 6
    assert backoff.deaths(5, 30.0) == 1
