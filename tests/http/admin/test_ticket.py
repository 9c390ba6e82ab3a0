from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.http.admin.ticket import Ticket, issue, read

KEY, OTHER = sha256(b"correct horse").digest(), sha256(b"battery staple").digest()


@given(st.text(max_size=64), st.integers(0, 2**35))
def test_what_is_issued_is_read_and_holds_until_its_end(name: str, until: int) -> None:
    shown = read(issue(name, KEY, until))
    assert shown is not None
    assert (shown.name, shown.until) == (name, until)
    assert shown.holds(KEY, until - 1)
    assert not shown.holds(KEY, until)
    assert not shown.holds(OTHER, until - 1)


@given(st.text())
def test_what_was_not_issued_does_not_hold(text: str) -> None:
    shown = read(text)
    assert shown is None or not shown.holds(KEY, 0)


@given(st.data())
def test_no_letter_may_be_another(data: st.DataObject) -> None:
    made = issue("all", KEY, 2_000_000_000)
    place = data.draw(st.integers(0, len(made) - 1))
    letter = data.draw(st.sampled_from("0123456789abcdef.xV"))
    forged = made[:place] + letter + made[place + 1 :]
    shown = read(forged)
    assert forged == made or shown is None or not shown.holds(KEY, 0)


@pytest.mark.parametrize(
    "text",
    ["", "v1...", "v1.61.5", "v2.61.5." + "0" * 64, "v1.ff.5." + "0" * 64, "v1.6.5." + "0" * 64],
)
def test_what_says_nothing(text: str) -> None:
    assert read(text) is None


def test_a_longer_life_or_another_name_needs_the_key() -> None:
    shown = read(issue("reader", KEY, 100))
    assert shown is not None
    assert not Ticket("reader", 999, shown.mark).holds(KEY, 50)
    assert not Ticket("all", 100, shown.mark).holds(KEY, 50)
