"""The locks are complete, exact, and name no place that only one machine has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked(name: str) -> dict[str, str]:
    """Return the packages of a lock, each with its version."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", text, re.MULTILINE))


def wanted(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=;]", requirement)[0].strip().lower() for requirement in requirements}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_nothing_but_versions_and_hashes(lock: Path) -> None:
    line = re.compile(r"#.*|[a-z0-9-]+==\S+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?")

    strange = [
        text for text in lock.read_text(encoding="utf-8").splitlines() if not line.fullmatch(text)
    ]

    assert strange == []


def test_what_the_package_depends_on_is_locked() -> None:
    assert wanted(PROJECT["dependencies"]) - locked("run.txt").keys() == set()
    assert wanted(PROJECT["optional-dependencies"]["dev"]) - locked("dev.txt").keys() == set()
    assert "hatchling" in locked("build.txt")


def test_the_locks_agree() -> None:
    run, dev, build = locked("run.txt"), locked("dev.txt"), locked("build.txt")

    assert run.items() <= dev.items()
    assert {name: build[name] for name in build.keys() & dev.keys()}.items() <= dev.items()
