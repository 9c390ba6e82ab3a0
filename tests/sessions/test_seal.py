from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.sessions.seal import Seal

SEAL = Seal()
SECRET = SEAL.secret("s1")


@given(st.text())
def test_a_secret_names_its_session(session: str) -> None:
    assert SEAL.session(SEAL.secret(session)) == session


@pytest.mark.parametrize(
    "guess",
    [
        "",
        ".",
        "s1",
        "s1.",
        SECRET[:-1],
        SECRET + "0",
        SECRET.upper(),
        SECRET.replace("s1", "s2"),
        SEAL.secret("s2").replace("s2", "s1"),
        Seal().secret("s1"),
        "é" + SECRET,
        SECRET + "é",
    ],
)
def test_nobody_can_make_one(guess: str) -> None:
    assert SEAL.session(guess) is None
