from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.centrifuge.delimited import delimited, messages, varint
from hubbub.errors import ProtocolViolation


def digits(value: int) -> list[int]:
    """Return the 7-bit digits of a number, the lowest first."""
    return [value & 127, *digits(value >> 7)] if value > 127 else [value]


@given(st.integers(0, 2**63))
def test_a_number_is_seven_bits_a_byte(value: int) -> None:
    *more, last = digits(value)
    assert varint(value) == bytes([digit | 128 for digit in more] + [last])


@given(st.lists(st.binary(max_size=300)))
def test_messages_come_back_as_they_were(some: list[bytes]) -> None:
    frame = b"".join(map(delimited, some))
    assert list(messages(frame)) == some


@pytest.mark.parametrize("size", [1, 127, 128, 300])
def test_a_part_of_a_message_is_none(size: int) -> None:
    frame = delimited(b"x" * size)
    for end in range(1, len(frame)):
        with pytest.raises(ProtocolViolation) as caught:
            list(messages(b"\x00" + frame[:end]))
        assert caught.value.close.code == 3501


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (b"\x80", "no length"),
        (b"\xff\xff\xff\xff\xff\xff", "no length"),
        (b"\x80\x80\x80\x80\x80\x00", "no length"),
        (b"\xff\xff\xff\xff\x7f", "longer than its frame"),
        (b"\x02a", "longer than its frame"),
    ],
)
def test_a_length_that_is_none(frame: bytes, sentence: str) -> None:
    with pytest.raises(ProtocolViolation, match=sentence):
        list(messages(frame))
