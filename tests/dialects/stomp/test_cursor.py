from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.positions import format_position
from hubbub.dialects.stomp.cursor import Acked, message_id, named, place, read, since
from hubbub.errors import Refused
from hubbub.model import Position, Publication


@given(
    channel=st.text(min_size=1),
    offset=st.integers(1, 2**63 - 1),
    tag=st.integers(0, 2**32 - 1),
)
def test_a_message_id_is_a_position(channel: str, offset: int, tag: int) -> None:
    word = message_id(channel, Position("e", offset, tag))
    assert since(channel, word) == Position("", offset, tag)
    assert f"{channel}@{place(Publication(b'', offset=offset, tag=tag))}" == word
    with pytest.raises(Refused, match="another channel"):
        since(channel + "x", word)


def test_a_position_in_full_is_one_too() -> None:
    at = Position("e9", 7, 77)
    assert since("room", format_position(at)) == at


@pytest.mark.parametrize(
    "word",
    [
        "",
        "x",
        "room@",
        "room@7",
        "room@0.1764000000000",
        "room@-1.2",
        "room@7.77.5.5",
        "room@7.77.",
        "room@7.4294967296",
        "room@9223372036854775808.1",
    ],
)
def test_what_is_no_position_is_refused(word: str) -> None:
    with pytest.raises(Refused):
        since("room", word)


def test_an_ephemeral_message_is_called_by_its_time() -> None:
    assert place(Publication(b"", time=1764000000000)) == "0.1764000000000"
    assert read("0.1764000000000") == Acked(0, 1764000000000)
    assert read("7") is None


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**41))
def test_an_ephemeral_message_is_a_place_to_go_on_from(offset: int, tag: int, time: int) -> None:
    typing = Publication(b"", time=time, behind=Position("e", offset, tag))
    word = named("a.b@c", typing)
    assert since("a.b@c", word) == Position("", offset, tag)
    assert read(word.rpartition("@")[2]) == Acked(offset, tag, behind=True)


def test_where_nothing_is_kept_it_is_none() -> None:
    assert named("room", Publication(b"", time=5)) == "room@0.5"
    assert named("room", Publication(b"", offset=7, tag=77)) == "room@7.77"
