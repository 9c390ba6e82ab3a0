"""What is spoken of the Centrifuge protocol, and which test shows it: `centrifuge.toml` as tables.

A test is named `path::name`. In Python, the name is a function's; in the scenarios of the npm SDK, it is
the scenario's sentence, or a function's. tests/docs/test_protocol_table.py fails when there is no such test.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "docs/protocols/centrifuge.toml"
LINK_BASE = "../../"
"""From the page to the root of the repository."""


@dataclass(frozen=True, slots=True)
class Row:
    """One part of the protocol.

    Args:
        name: what it is called there; a code's number and reason.
        support: `yes`, `no`, or `partly`. says: what is special here.
        tests: what shows it.
    """

    name: str
    support: str
    says: str = ""
    tests: tuple[str, ...] = ()


@cache
def parts() -> dict[str, tuple[Row, ...]]:
    """Return the rows of each table."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return {
        part: tuple(Row(**{**row, "tests": tuple(row.get("tests", ()))}) for row in rows)
        for part, rows in data.items()
    }


def rows() -> Iterator[Row]:
    """Return the rows of all tables."""
    return (row for part in parts().values() for row in part)


def table(part: str) -> Callable[[], str]:
    """Return what makes a part of the page."""

    def make() -> str:
        lines = ["| | | | shown by |", "| --- | --- | --- | --- |"]
        for row in parts()[part]:
            shown = "<br>".join(_link(test) for test in row.tests)
            lines.append(f"| {row.name} | {row.support} | {row.says} | {shown} |")
        return "\n".join(lines)

    return make


def exists(test: str) -> bool:
    """Tell whether there is such a test."""
    path, _, name = test.partition("::")
    file = ROOT / path
    if not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".mjs":
        return f'async "{name}"(' in text or f"async function {name}(" in text
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
        for node in ast.parse(text).body
    )


def _link(test: str) -> str:
    path, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}]({LINK_BASE}{path})"
