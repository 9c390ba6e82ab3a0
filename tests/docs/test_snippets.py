"""What the documentation tells a reader to type does what it says.

A fenced block is tested when its info string says so:

- ```` ```console run ````: each line after `$ ` is run by bash; the lines below it are its output, with
  `...` for whatever changes. The example address stands for a server that the test starts.
- ```` ```python run ````: the program must end well.
- ```` ```toml config ````: a settings file without mistakes and without unknown settings.
- ```` ```toml serve ````: the same, and the settings of the server from there on.
- ```` ```python app ````: the application of the server from there on.
- ```` ```python backend ````: a program that runs beside the server from there on.

The blocks of one page run in order against one server, which starts empty for each page, and again for each
block that says how it is served.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import pytest

from hubbub.config import load
from tests.docs.served import Served
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"^```(?P<info>[a-z]+ (?:run|config|serve|app|backend))\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
EXAMPLE_ADDRESS = "localhost:8000"
EXAMPLE_BACKEND = re.compile(r'(?<=localhost:)3000|(?<="localhost", )3000')
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
CONFIGS = [block for block in ALL if block.kind in {"toml config", "toml serve"}]
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
            timeout=120,
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
        timeout=120,
        env=environment,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr


class Reader:
    """Do what a page says, one block after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._app: tuple[str, ...] = ()
        self._server = ExitStack()
        self._served: Served | None = None
        self._beside = ExitStack()
        bin_folder = Path(sys.executable).parent
        self._environment = {
            **os.environ,
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self._server.close()
        self._beside.close()

    def do(self, block: Block) -> None:
        code = EXAMPLE_BACKEND.sub(str(self._port), block.code)
        if block.kind == "toml serve":
            self._server.close()
            self._app = ()
            (self._folder / "hubbub.toml").write_text(code, encoding="utf-8")
        elif block.kind == "python app":
            self._server.close()
            (self._folder / "app.py").write_text(code, encoding="utf-8")
            self._app = ("app.py:app",)
        elif block.kind == "python backend":
            self._run_beside(code)
        elif block.kind.endswith("run"):
            run = run_console if block.kind == "console run" else run_python
            run(code.replace(EXAMPLE_ADDRESS, self._address()), self._environment, self._folder)

    def _address(self) -> str:
        """Return where the server is that the page described so far."""
        if self._served is None:
            served = Served(self._folder, *self._app, "--broker", "memory://")
            self._served = self._server.enter_context(served)
            self._server.callback(setattr, self, "_served", None)
        return self._served.address

    def _run_beside(self, code: str) -> None:
        program = subprocess.Popen([sys.executable, "-c", code], cwd=self._folder)
        self._beside.callback(program.wait)
        self._beside.callback(program.terminate)
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("localhost", self._port), timeout=30).close()
            except ConnectionError:
                assert program.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return


@pytest.mark.parametrize(
    "page",
    [
        # Its programs are the examples', which have tests of their own.
        pytest.param(page, marks=[pytest.mark.slow] if page.stem == "embedding" else [])
        for page in RUN_PAGES
    ],
    ids=lambda page: page.stem,
)
def test_what_a_page_says_to_type_works(page: Path, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        for block in blocks(page):
            reader.do(block)


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
