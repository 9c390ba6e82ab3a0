from __future__ import annotations

import pytest

from hubbub.sessions.users import USER_LIMIT, is_user_name


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("", True),
        ("ann", True),
        ("王", True),
        ("x" * USER_LIMIT, True),
        ("x" * (USER_LIMIT + 1), False),
        ("a\nb", False),
        ("a\x00", False),
        ("\u202eann", False),
        ("\U0001f469\u200d\U0001f680", True),
    ],
)
def test_a_name_is_printable_and_not_too_long(name: str, is_one: bool) -> None:
    assert is_user_name(name) is is_one
