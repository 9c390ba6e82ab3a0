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


GUESSES = {
    "nothing": "",
    "the border": ".",
    "the id": "s1",
    "no mark": "s1.",
    "a part": SECRET[:-1],
    "more": SECRET + "0",
    "other letters": SECRET.upper(),
    "another id": SECRET.replace("s1", "s2"),
    "another's mark": SEAL.secret("s2").replace("s2", "s1"),
    "another process": Seal().secret("s1"),
    "no ASCII in the id": "é" + SECRET,
    "no ASCII in the mark": SECRET + "é",
}


@pytest.mark.parametrize("guess", GUESSES)
def test_nobody_can_make_one(guess: str) -> None:
    assert SEAL.session(GUESSES[guess]) is None
