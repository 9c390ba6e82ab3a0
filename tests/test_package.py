"""A distribution has everything that the server reads at run time, Node or not."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

import hubbub

ROOT = Path(__file__).resolve().parent.parent
NOT_CODE = [
    path.relative_to(ROOT / "src").as_posix()
    for path in sorted((ROOT / "src/hubbub").rglob("*"))
    if path.is_file() and path.suffix not in {".py", ".pyc"} and "static" not in path.parts
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build a wheel of a copy of the sources, as on a machine without Node."""
    folder = tmp_path_factory.mktemp("package")
    copied = folder / "hubbub"
    copied.mkdir()
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copied)
    shutil.copytree(ROOT / "src", copied / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (copied / "src/hubbub/web/static/assets").mkdir(parents=True, exist_ok=True)
    (copied / "src/hubbub/web/static/assets/page.js").write_text("built")
    (copied / "web").mkdir()
    (copied / "web/package-lock.json").write_text("{}")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    environment = {**os.environ, "PATH": ""}
    done = subprocess.run(command, cwd=copied, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert b"fallback page" in done.stderr + done.stdout
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_scripts_pages_and_the_type_marker_are_packaged(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())

    assert "hubbub/py.typed" in NOT_CODE
    assert [name for name in NOT_CODE if name not in names] == []
    assert "hubbub/web/static/assets/page.js" in names


def test_nothing_else_is_packaged(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}

    assert {top.split("-")[0] for top in tops} == {"hubbub"}


def test_the_command_is_installed(wheel: zipfile.ZipFile) -> None:
    entry = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))

    assert b"hubbub = hubbub.cli.main:main" in wheel.read(entry)


def test_what_is_named_at_the_top_is_there_for_programs_and_for_type_checkers() -> None:
    source = (ROOT / "src/hubbub/__init__.py").read_text(encoding="utf-8")
    checked = {
        name.name: node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("hubbub.")
        for name in node.names
    }
    assert sorted(checked) == hubbub.__all__
    for name, module in checked.items():
        assert getattr(hubbub, name) is getattr(import_module(str(module)), name)
    assert set(checked) <= set(dir(hubbub))
    with pytest.raises(AttributeError, match="no attribute 'Nobody'"):
        getattr(hubbub, "Nobody")  # noqa: B009 - a checker knows that it is not there
