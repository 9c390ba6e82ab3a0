from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.http.admin.ticket import Login, Ticket, issue, read

KEY, OTHER = sha256(b"correct horse").digest(), sha256(b"battery staple").digest()


@given(st.text(max_size=64), st.integers(0, 2**35), st.integers(1, 2**20))
def test_what_is_issued_is_read_and_holds_until_its_end(
    name: str, since: int, lasts_s: int
) -> None:
    login = Login.new(name, since, lasts_s)
    shown = read(issue(login, KEY))
    assert shown is not None
    assert shown.login == login
    assert shown.holds(KEY, since + lasts_s - 1)
    assert not shown.holds(KEY, since + lasts_s)
    assert not shown.holds(OTHER, since)
    assert Login.new(name, since, lasts_s).id != login.id


@given(st.text())
def test_what_was_not_issued_does_not_hold(text: str) -> None:
    shown = read(text)
    assert shown is None or not shown.holds(KEY, 0)


@given(st.data())
def test_no_letter_may_be_another(data: st.DataObject) -> None:
    made = issue(Login.new("all", 1, 2_000_000_000), KEY)
    place = data.draw(st.integers(0, len(made) - 1))
    letter = data.draw(st.sampled_from("0123456789abcdef.xv"))
    forged = made[:place] + letter + made[place + 1 :]
    shown = read(forged)
    assert forged == made or shown is None or not shown.holds(KEY, 0)


@pytest.mark.parametrize(
    "text",
    [
        *("", "v2...", "v2.61.5", "v1.61.5." + "0" * 64),
        *(f"v2.{name}.5.6.{'0' * 24}.{'0' * 64}" for name in ("ff", "6", "A1", "x")),
    ],
)
def test_what_says_nothing(text: str) -> None:
    assert read(text) is None


def test_another_life_or_name_needs_the_key() -> None:
    login = Login("reader", 10, 100, "0" * 24)
    shown = read(issue(login, KEY))
    assert shown is not None
    changes: dict[str, Any] = {"name": "all", "since": 20, "until": 999, "id": "1" * 24}
    for name, value in changes.items():
        assert not Ticket(replace(login, **{name: value}), shown.mark).holds(KEY, 50)
