from __future__ import annotations

import pytest

from hubbub.names import is_legible


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ann",
        "李 娜",
        "\N{HEAVY BLACK HEART}\ufe0f",
        # علی‌رضا: without the non-joiner between its two parts this is another word.
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        # क्‍ष
        "\u0915\u094d\u200d\u0937",
        # 👩‍🚀 and ❤️‍🔥
        "\U0001f469\u200d\U0001f680",
        "\u2764\ufe0f\u200d\U0001f525",
        # A picture that Unicode has not given a meaning yet
        "\U0001faff",
    ],
)
def test_what_can_be_seen_is_a_name(name: str) -> None:
    assert is_legible(name)


@pytest.mark.parametrize(
    "name",
    [
        "a\x00b",
        "a\nb",
        "a\u202eb",
        # They look like "bob" and "李", and are not.
        "bo\u200db",
        "bob\u200c",
        "\u200dbob",
        "李\u200d",
        "李\u200d\u200d娜",
        "\u200d",
        "\U0001f469\u200d\U0001f680\u2060",
    ],
)
def test_what_hides_in_a_name_is_none(name: str) -> None:
    assert not is_legible(name)
