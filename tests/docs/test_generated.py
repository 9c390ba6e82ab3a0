"""What the pages say of the code is what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import generate

PAGES = list(generate.pages())


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_page_is_up_to_date(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert generate.renewed(text) == text, "run `make docs`"


def test_every_made_part_is_in_a_page() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)

    assert [name for name in generate.MADE if f"<!-- made: {name} -->" not in pages] == []


def test_a_changed_setting_changes_the_page() -> None:
    page = "# Limits\n<!-- made: limit-settings -->\nold\n<!-- end -->\nrest\n"

    renewed = generate.renewed(page)

    assert "old" not in renewed
    assert "| `channels` | `128` | subscriptions of one session. |" in renewed
    assert renewed.endswith("<!-- end -->\nrest\n")


def test_layers_are_top_first_and_lack_what_does_not_exist() -> None:
    layers = generate.layers()

    assert layers.index(["cli"]) < layers.index(["app"]) < layers.index(["hub"])
    assert layers[-1] == ["model", "errors", "clock", "names"]
    assert generate.source_of("no_such_layer") is None
