from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubbub.config import Settings
from hubbub.config.reading import _Ambient
from hubbub.errors import ConfigurationError
from hubbub.server.loading import load_app

SETTINGS = Settings(broker="memory://", port=1234)
PROGRAM = "from hubbub.app import Hubbub\napp = Hubbub()\nother = Hubbub()\nnumber = 7\n"


@pytest.fixture(autouse=True)
def restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_Ambient, "adopted", None)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    (tmp_path / "my_program.py").write_text(PROGRAM)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_without_a_program_it_is_a_plain_app() -> None:
    assert load_app("", SETTINGS).settings is SETTINGS


@pytest.mark.parametrize(
    "reference",
    ["my_program.py:app", "my_program.py:other", "my_program.py", "my_program:app", "my_program"],
)
def test_a_program_gets_the_settings(reference: str) -> None:
    assert load_app(reference, SETTINGS).settings is SETTINGS


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("nope.py:app", "nope.py does not exist"),
        ("nope:app", "no module 'nope'"),
        ("nope.deeper:app", "no module 'nope.deeper'"),
        ("my_program.py:missing", "my_program.py has no missing"),
        ("my_program:number", "my_program:number is a int, not a Hubbub"),
    ],
)
def test_what_is_no_app_is_told(reference: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        load_app(reference, SETTINGS)


def test_what_the_program_lacks_itself_is_its_own_error(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import surely_not_installed\n")
    with pytest.raises(ModuleNotFoundError, match="surely_not_installed"):
        load_app("broken:app", SETTINGS)
