from __future__ import annotations

import time

from hubbub.clock import Clock, SystemClock


def test_the_system_clock_tells_the_machines_time() -> None:
    clock: Clock = SystemClock()

    before, told, after = time.time() * 1000, clock.epoch_ms(), time.time() * 1000

    assert before - 1 <= told <= after


def test_monotonic_time_never_runs_backwards() -> None:
    clock = SystemClock()

    readings = [clock.monotonic() for _ in range(1000)]

    assert readings == sorted(readings)
