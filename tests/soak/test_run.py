"""A few seconds of the soak: `make soak` has the ten minutes, and judges memory too."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.server.running import ROOT
from tests.soak.census import Census
from tests.soak.run import GROWTH_KIB, judge

WITHIN_S = 600
"""A machine that is busy takes long to let everybody in; there is no hurry."""


@pytest.mark.timeout(WITHIN_S)
@pytest.mark.slow
def test_nothing_is_left_of_those_who_left() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak.run", "--minutes", "0.1", "--visitors", "11"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass: nothing is left of them" in done.stdout


def test_what_is_left_is_found() -> None:
    fresh = Census(tasks=4, descriptors=25, pss_kib=50_000, clients=1, channels=0)
    grown = Census(tasks=5, descriptors=24, pss_kib=50_001 + GROWTH_KIB, clients=1, channels=2)
    assert judge([fresh], [fresh], [fresh]) == []
    assert judge([fresh], [fresh], [grown]) == [
        "worker 1 has 5 tasks, and had 4",
        "worker 1 has 2 channels, and had 0",
        f"worker 1 grew by {GROWTH_KIB + 1} KiB",
    ]
    assert len(judge([fresh], [], [grown])) == 2
