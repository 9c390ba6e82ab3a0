"""What the documentation tells a reader to type does what it says.

A fenced block is tested when its info string says so:

- ```` ```console run ````: each line after `$ ` is run by bash; the lines below it are its output, with
  `...` for whatever changes. The example address stands for a server that the test starts.
- ```` ```python run ````: the program must end well.
- ```` ```toml config ````: a settings file without mistakes and without unknown settings.

The blocks of one page run in order against one server, which starts empty for each page.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from hubbub.config import load
from tests.docs.served import Served

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"^```(?P<info>[a-z]+ (?:run|config))\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
EXAMPLE_ADDRESS = "localhost:8000"
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]


@dataclass(frozen=True, slots=True)
class Block:
    page: Path
    line: int
    kind: str
    code: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


class Typed(NamedTuple):
    command: str
    output: str


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        yield Block(page, text.count("\n", 0, match.start()) + 1, match["info"], match["code"])


ALL = [block for page in PAGES for block in blocks(page)]
CONFIGS = [block for block in ALL if block.kind == "toml config"]
RUN_PAGES = sorted({block.page for block in ALL if block.kind.endswith("run")})


def typed(code: str) -> Iterator[Typed]:
    for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Typed(command, output.strip())


def matches(expected: str, output: str) -> bool:
    pattern = ".*".join(re.escape(piece) for piece in expected.split("..."))
    return re.fullmatch(pattern, output, re.DOTALL) is not None


def run_console(code: str, environment: dict[str, str], folder: Path) -> None:
    for command, expected in typed(code):
        done = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            timeout=30,
            env=environment,
            cwd=folder,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        assert matches(expected, done.stdout.strip()), (
            f"$ {command}\n{done.stdout}\nexpected:\n{expected}"
        )


def run_python(code: str, environment: dict[str, str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=30,
        env=environment,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", RUN_PAGES, ids=lambda page: page.stem)
def test_what_a_page_says_to_type_works(page: Path, tmp_path: Path) -> None:
    bin_folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    with Served(tmp_path) as served:
        for block in blocks(page):
            code = block.code.replace(EXAMPLE_ADDRESS, served.address)
            if block.kind == "console run":
                run_console(code, environment, tmp_path)
            elif block.kind == "python run":
                run_python(code, environment, tmp_path)


@pytest.mark.parametrize("block", CONFIGS, ids=lambda block: block.name)
def test_configuration_has_no_mistake(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "hubbub.toml"
    file.write_text(block.code, encoding="utf-8")

    loaded = load(file, environment={})

    assert loaded.warnings == ()


def test_there_is_something_to_run() -> None:
    assert len(RUN_PAGES) >= 3
    assert len(CONFIGS) >= 3


@pytest.mark.parametrize(
    ("expected", "output", "fits"),
    [
        ("a...d", "abcd", True),
        ("a...d", "abc", False),
        ("...", "", True),
        ("a.c", "abc", False),
        ("one\n...\nthree", "one\ntwo\nthree", True),
    ],
)
def test_dots_stand_for_whatever_changes(expected: str, output: str, fits: bool) -> None:
    assert matches(expected, output) is fits
