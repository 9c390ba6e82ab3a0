from __future__ import annotations

from importlib.metadata import version

import pytest

from hubbub.cli.main import run


def test_it_names_itself_and_what_it_stands_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["version"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"hubbub {version('hubbub')} (Python 3.")
    assert f"uvloop {version('uvloop')}" in told
