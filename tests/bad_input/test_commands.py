"""A command that cannot do what it is asked says why in one sentence, without a traceback or a secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bad_input.command_cases import COMMAND_CASES, Mistyped

HUBBUB = str(Path(sys.executable).with_name("hubbub"))


@pytest.mark.parametrize("case", COMMAND_CASES, ids=lambda case: case.wrong)
def test_a_mistyped_command_says_what_is_wrong(case: Mistyped, tmp_path: Path) -> None:
    if case.settings:
        (tmp_path / "hubbub.toml").write_text(case.settings, encoding="utf-8")

    done = subprocess.run(
        [HUBBUB, *case.arguments],
        cwd=tmp_path,
        env={**os.environ, **dict(case.variables), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == case.exits, done.stderr
    assert [sentence for sentence in case.says if sentence not in done.stderr] == [], done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr + done.stdout
    assert list(tmp_path.iterdir()) == ([tmp_path / "hubbub.toml"] if case.settings else [])
