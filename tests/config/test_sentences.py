from __future__ import annotations

import pytest
from pydantic import ValidationError

from hubbub.config.sentences import problems, strangers
from hubbub.config.settings import Settings


def test_a_place_that_nobody_knows_is_the_setting_itself() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"port": "x", "hub": {"ring_size": "y"}})
    assert problems(caught.value, {}) == [
        "port must be a whole number, not 'x'",
        "hub.ring_size must be a whole number, not 'y'",
    ]


def test_a_long_value_is_cut() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"port": "x" * 1000})
    [sentence] = problems(caught.value, {})
    assert len(sentence) < 120


def test_a_stranger_without_likeness_has_no_hint() -> None:
    places: dict[tuple[str | int, ...], str] = {("zzzz",): "HUBBUB_ZZZZ"}
    assert list(strangers({"zzzz": 1}, places)) == ["HUBBUB_ZZZZ is not a setting"]
