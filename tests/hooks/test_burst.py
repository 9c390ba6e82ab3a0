from __future__ import annotations

from hubbub.hooks.burst import QUIET_S, Burst


def test_the_first_trouble_is_said_at_once_and_the_others_together() -> None:
    burst = Burst()

    assert burst.add(0.0, 0) == 0
    assert burst.add(0.0) == 1
    assert [burst.add(at) for at in (0.1, 1.0, QUIET_S - 0.1)] == [0, 0, 0]
    assert burst.add(QUIET_S, 2) == 5
    assert burst.add(2 * QUIET_S - 0.1) == 0
    assert burst.add(9 * QUIET_S) == 2
