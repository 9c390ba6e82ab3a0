"""The rules that keep the code small: sizes, names, imports, and a test beside every module.

Who may import whom is in pyproject.toml (`lint-imports`); what is here needs no more than the syntax tree.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"

FILE_LINES = 300
FILE_LINES_AT_MOST = 400
FUNCTION_LINES = 50
CONSTRUCTOR_PARAMETERS = 6

LONGER_FILES: dict[str, int] = {}
"""Files over the 300 lines, and how long each may be: the figure only ever goes down."""

IMPORTS_IN_FUNCTIONS: dict[str, str] = {}
"""`module:imported` that may stand in a function, and which optional extra that serves."""

TESTED_ELSEWHERE: dict[str, tuple[str, str]] = {
    "hubbub": ("tests/test_package.py", "what a package offers is tested with what is packaged"),
}
"""Modules without a test file of their own: the file that tests them, and why it does."""

FORBIDDEN_FILES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "manager",
    "base",
    "tools",
}
FORBIDDEN_WORDS = {"Manager", "Helper", "Helpers", "Base", "Impl", "Util", "Utils", "Abstract"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

NOT_OURS = ("node_modules", "static", "dist", ".vite")


@cache
def python_files(*folders: str) -> tuple[Path, ...]:
    return tuple(
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not set(path.parts) & set(NOT_OURS)
    )


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path, node: ast.stmt | None = None) -> str:
    name = path.relative_to(ROOT).as_posix()
    return name if node is None else f"{name}:{node.lineno}"


def listing(findings: Mapping[str, object]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in sorted(findings.items()))


def module_of(path: Path) -> str:
    parts = list(path.relative_to(SRC).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def statements(function: Function) -> list[ast.stmt]:
    """Return a function's body without its docstring."""
    first = function.body[0]
    is_docstring = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    return function.body[1:] if is_docstring else function.body


def body_lines(function: Function) -> int:
    body = statements(function)
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def has_code(tree: ast.Module) -> bool:
    """Tell whether a module does anything; a contract or a table of settings only declares."""

    def declares(statement: ast.stmt) -> bool:
        return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)

    return any(not all(map(declares, statements(function))) for function in functions(tree))


def source_files() -> Iterator[Path]:
    """Yield every file that has a budget, in whatever language."""
    yield from python_files("src", "tests", "bench", "examples", "docs")
    for folder, patterns in {"web": ("*.ts", "*.tsx"), "src": ("*.lua",)}.items():
        for pattern in patterns:
            for path in sorted((ROOT / folder).rglob(pattern)):
                if not set(path.parts) & set(NOT_OURS):
                    yield path


def test_files_are_short() -> None:
    lengths = {place(path): len(path.read_bytes().splitlines()) for path in source_files()}
    too_long = {
        name: lines for name, lines in lengths.items() if lines > LONGER_FILES.get(name, FILE_LINES)
    }

    assert not too_long, listing(too_long)
    assert max(LONGER_FILES.values(), default=0) <= FILE_LINES_AT_MOST
    assert [name for name in LONGER_FILES if lengths.get(name, 0) <= FILE_LINES] == []


def test_functions_are_short() -> None:
    too_long = {
        f"{place(path, function)} {function.name}": body_lines(function)
        for path in python_files("src", "tests", "bench", "examples", "docs")
        for function in functions(tree_of(path))
        if body_lines(function) > FUNCTION_LINES
    }

    assert not too_long, listing(too_long)


def test_constructors_take_few_parameters() -> None:
    def parameters(function: Function) -> int:
        arguments = function.args
        return len([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]) - 1

    too_many = {
        place(path, function): parameters(function)
        for path in python_files("src", "tests", "bench", "examples")
        for function in functions(tree_of(path))
        if function.name == "__init__" and parameters(function) > CONSTRUCTOR_PARAMETERS
    }

    assert not too_many, listing(too_many)


def test_names_say_what_a_thing_is() -> None:
    drawers = [place(path) for path in source_files() if path.stem in FORBIDDEN_FILES]
    vague = [
        f"{place(path, node)} {node.name}"
        for path in python_files("src", "tests", "bench", "examples")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
        and set(re.findall(r"[A-Z][a-z0-9]*", node.name)) & FORBIDDEN_WORDS
    ]

    assert drawers == []
    assert vague == []


def test_nothing_is_left_unfinished() -> None:
    marks = [
        f"{place(path)}:{number}"
        for path in source_files()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]

    assert marks == []


def imports_of(node: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, child) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from ((f"{child.module}.{alias.name}", child) for alias in child.names)


def test_imports_stand_at_the_top() -> None:
    hidden = {
        f"{module_of(path)}:{imported}": place(path, statement)
        for path in python_files("src")
        for function in functions(tree_of(path))
        for imported, statement in imports_of(function)
    }

    new = {key: hidden[key] for key in hidden.keys() - IMPORTS_IN_FUNCTIONS.keys()}
    assert not new, listing(new)
    assert IMPORTS_IN_FUNCTIONS.keys() - hidden.keys() == set()


def import_graph() -> dict[str, set[str]]:
    modules = {module_of(path): path for path in python_files("src")}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        imported = {name for name, _ in imports_of(tree_of(path))}
        # `from package import name` means the module `package.name`, or else something in `package`.
        graph[module] = {
            name if name in modules else name.rpartition(".")[0] for name in imported
        } & modules.keys()
    return graph


def test_imports_make_no_cycle() -> None:
    try:
        TopologicalSorter(import_graph()).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")


def test_relative_imports_are_not_used() -> None:
    relative = [
        place(path, node)
        for path in python_files("src", "tests", "bench", "examples")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert relative == []


def mirror_of(path: Path) -> Path:
    """Return where the tests of a source file are."""
    relative = path.relative_to(SRC / "hubbub")
    name = relative.parent.name if relative.name == "__init__.py" else relative.stem
    return ROOT / "tests" / relative.parent / f"test_{name}.py"


def test_every_module_is_tested() -> None:
    untested = [
        f"{place(path)} wants {place(mirror_of(path))}"
        for path in python_files("src")
        if has_code(tree_of(path))
        and module_of(path) not in TESTED_ELSEWHERE
        and not mirror_of(path).exists()
    ]

    assert not untested, "\n".join(untested)


def test_exceptions_to_the_mirror_are_true() -> None:
    modules = {module_of(path): path for path in python_files("src")}
    wrong = [
        f"{module}: {file}"
        for module, (file, reason) in TESTED_ELSEWHERE.items()
        if module not in modules
        or not (ROOT / file).exists()
        or not reason
        or mirror_of(modules[module]).exists()
    ]

    assert wrong == []
