"""Links lead somewhere, every page can be found, and change fragments can be released."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
KINDS = {"added", "changed", "removed", "fixed", "security"}


def pages() -> list[Path]:
    folders = ("docs", "changes", "examples", "deploy")
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.md"))]
    return [*(path for path in sorted(ROOT.glob("*.md"))), *found]


def links(page: Path) -> Iterator[Path]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return ((page.parent / target).resolve() for target in LINK.findall(text))


def test_links_lead_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages()
        for target in links(page)
        if not target.exists()
    ]

    assert dead == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = [target for target in links(page) if target.exists()]
        waiting += [target for target in targets if target.suffix == ".md"]
        waiting += [page for folder in targets if folder.is_dir() for page in folder.glob("*.md")]

    lost = [path for path in pages() if path not in seen and path.is_relative_to(ROOT / "docs")]

    assert lost == []


def test_change_fragments_can_be_released() -> None:
    others = {"README.md", "template.md"}
    fragments = [path for path in (ROOT / "changes").iterdir() if path.name not in others]

    wrong = [
        path.name
        for path in fragments
        if not re.fullmatch(rf"[0-9]+\.({'|'.join(KINDS)})(\.[0-9]+)?\.md", path.name)
        or not path.read_text(encoding="utf-8").strip()
    ]

    assert wrong == []
