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


@pytest.mark.parametrize(
    "said",
    [
        {"admin": "hunter2hunter2"},
        {"admin": {"password": 112233445566}},
        {"admin": {"password": "hunter2"}},
        {"tokens": "hunter2hunter2"},
        {"tokens": {"hmac_secret": 112233445566}},
        {"api_keys": [{"name": "a b", "key": "hunter2hunter2"}]},
        {"api_keys": [112233445566]},
        {"sources": ["redis://:hunter2@h"]},
        {"broker": "foo://:hunter2@h"},
        {"hooks": {"secret": "hunter2", "connect": "htp://:hunter2@h"}},
        {"hooks": "hunter2hunter2"},
    ],
)
def test_what_is_secret_is_not_in_a_sentence(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(said)
    sentences = problems(caught.value, {})
    assert sentences
    assert not [each for each in sentences if "hunter2" in each or "112233" in each]


def test_a_stranger_without_likeness_has_no_hint() -> None:
    places: dict[tuple[str | int, ...], str] = {("zzzz",): "HUBBUB_ZZZZ"}
    assert list(strangers({"zzzz": 1}, places)) == ["HUBBUB_ZZZZ is not a setting"]
