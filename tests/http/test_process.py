from __future__ import annotations

import time
from pathlib import Path

import pytest

from hubbub.http import process
from hubbub.http.process import Process, resident_bytes


def test_the_processor_is_looked_at_once_a_second_at_most() -> None:
    now = time.monotonic()
    looked = Process(now)
    deadline = time.process_time() + 0.05
    while time.process_time() < deadline:
        pass
    assert looked.cpu(now + 0.5) == 0.0
    busy = looked.cpu(now + 1.0)
    assert 4.0 < busy < 50.0
    assert looked.cpu(now + 1.5) == busy
    assert looked.cpu(now + 1000.0) < busy


def test_memory_is_what_the_process_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held = resident_bytes()
    assert 10_000_000 < held < 2_000_000_000
    monkeypatch.setattr(process, "_STATM", tmp_path / "nothing")
    assert held / 2 < resident_bytes() < held * 4
