from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects.claims import claimed_user


@pytest.mark.parametrize(
    ("data", "user"),
    [
        (b"", ""),
        (b"{}", ""),
        (b'{"user":"zhang"}', "zhang"),
        (b'{"name":"li"}', "li"),
        (b'{"name":"li","user":"zhang"}', "zhang"),
        (b'{"user":5,"name":"li"}', ""),
        (b'{"user":null}', ""),
        (b'{"user":{"name":"li"}}', ""),
        (b'["user"]', ""),
        (b'"zhang"', ""),
        (b"\xff", ""),
        (b'{"user":"zhang"', ""),
    ],
)
def test_the_claimed_user(data: bytes, user: str) -> None:
    assert claimed_user(data) == user


@settings(deadline=None)
@given(st.text(min_size=1), st.booleans())
def test_any_name_can_be_claimed(name: str, escaped: bool) -> None:
    assert claimed_user(json.dumps({"name": name}, ensure_ascii=escaped).encode()) == name
