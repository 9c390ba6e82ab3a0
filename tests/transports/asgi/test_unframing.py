from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.model import Packet
from hubbub.transports.asgi.unframing import Unframer, unframe
from hubbub.transports.websocket.frames import (
    PING_FRAME,
    PONG,
    build_frame,
    plain_frame,
)

MESSAGES = st.lists(st.one_of(st.text(), st.binary()))


@given(MESSAGES)
def test_what_was_framed_and_joined_comes_back(messages: list[str | bytes]) -> None:
    packets = [
        Packet(each.encode()) if isinstance(each, str) else Packet(each, binary=True)
        for each in messages
    ]

    assert list(unframe(b"".join(map(plain_frame, packets)))) == messages


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 100_000])
def test_every_form_of_length_is_read(size: int) -> None:
    joined = plain_frame(Packet(b"x" * size)) + plain_frame(Packet(b"end"))

    assert list(unframe(joined)) == ["x" * size, "end"]


def test_control_frames_say_nothing() -> None:
    joined = PING_FRAME + plain_frame(Packet(b"hello")) + build_frame(PONG, b"x")

    assert list(unframe(joined)) == ["hello"]


def test_the_same_bytes_are_split_once_and_others_again() -> None:
    unframer = Unframer()
    first, second = plain_frame(Packet(b"one")), plain_frame(Packet(b"two"))

    once = unframer.messages(first)

    assert unframer.messages(first) is once
    assert list(unframer.messages(second)) == ["two"]
    assert list(unframer.messages(first)) == ["one"]
