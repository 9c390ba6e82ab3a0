from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from hubbub.sessions.addresses import new_id, node_of

NODE = "0123456789ab"


def test_an_id_says_where_its_session_lives() -> None:
    ids = {new_id(NODE) for _ in range(1000)}
    assert len(ids) == 1000
    assert {node_of(each) for each in ids} == {NODE}


def test_an_id_costs_no_more_memory_than_a_word_of_chance_alone() -> None:
    def rounded(size: int) -> int:
        return -(-size // 16) * 16

    assert rounded(sys.getsizeof(new_id(NODE))) - rounded(sys.getsizeof("x" * 16)) <= 16


@given(st.text())
def test_any_word_is_taken(word: str) -> None:
    assert node_of(word) in word
    assert not node_of(word.replace(".", ""))
