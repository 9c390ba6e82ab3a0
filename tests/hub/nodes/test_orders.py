from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.hub.nodes.orders import (
    FAULT_LIMIT,
    PAYLOAD_LIMIT,
    Answer,
    Answers,
    NodeGone,
    Order,
    OrderFailed,
    Parting,
    UnreadableOrder,
    Word,
    encode,
    open_word,
)

NAMES = st.text(min_size=1, max_size=64)
NUMBERS = st.integers(0, 2**63 - 1)
WORDS: st.SearchStrategy[Word] = st.one_of(
    st.builds(Order, NAMES, NAMES, NUMBERS, st.binary(max_size=100)),
    st.builds(Answer, NAMES, NUMBERS, st.binary(max_size=100), st.text(max_size=50)),
    st.builds(Parting, NAMES),
)


@given(WORDS)
def test_every_word_comes_back_whole_and_no_part_of_it_does(word: Word) -> None:
    said = encode(word)
    assert open_word(said) == word
    for cut in (*range(len(said)), len(said) + 1):
        with pytest.raises(UnreadableOrder):
            open_word((said + b"\x00")[:cut])


@given(st.binary(max_size=200))
def test_noise_is_a_word_or_unreadable(noise: bytes) -> None:
    with suppress(UnreadableOrder):
        open_word(noise)


@pytest.mark.parametrize(
    "said",
    [
        Order("x" * 65, "n", 1, b""),
        Order("", "n", 1, b""),
        Order("x", "", 1, b""),
        Order("x", "n", -1, b""),
        Order("x", "n", 1, bytes(PAYLOAD_LIMIT + 1)),
        Answer("n", 1, b"", "x" * (FAULT_LIMIT + 1)),
        ["o1", "x", "n", 1, b"", b"more"],
        ["o1", "x", "n", "1", b""],
        ["o2", "x", "n", 1, b""],
        {"type": "o1"},
    ],
)
def test_what_is_out_of_bounds_is_unreadable(said: object) -> None:
    with pytest.raises(UnreadableOrder):
        open_word(encode(said))


def test_errors_name_the_node() -> None:
    assert str(NodeGone("n1", "it stopped")) == "node n1: it stopped"
    assert str(OrderFailed("n1", "it knows no order 'x'")) == "node n1: it knows no order 'x'"


def test_what_nodes_said_is_read_and_the_silent_are_named() -> None:
    encoded = msgspec.msgpack.encode
    by_node = {"n2": encoded(2), "n1": encoded(1), "n3": encoded("what"), "n4": b"\xc1"}
    answers = Answers(by_node, {"n5": "it knows no such order"}, ("n0",))
    assert answers.read(msgspec.msgpack.Decoder(int)) == ([1, 2], ["n0", "n3", "n4", "n5"])
