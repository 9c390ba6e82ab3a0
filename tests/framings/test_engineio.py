from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.errors import ProtocolViolation
from hubbub.framings.engineio import (
    PACKETS_LIMIT,
    Message,
    Type,
    opened,
    payload,
    piece,
    read,
    read_payload,
    wrap,
)
from hubbub.model import Packet

TEXTS = st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"]))


def test_the_handshake_says_what_the_protocol_says() -> None:
    packet = opened("s1", ("websocket",), 25.0, 20.0, 1_000_000)

    assert packet.data[:1] == b"0"
    assert json.loads(packet.data[1:]) == {
        "sid": "s1",
        "upgrades": ["websocket"],
        "pingInterval": 25_000,
        "pingTimeout": 20_000,
        "maxPayload": 1_000_000,
    }


@pytest.mark.parametrize(
    ("packet", "message"),
    [
        (Packet(b"1"), Message(Type.CLOSE)),
        (Packet(b"2probe"), Message(Type.PING, b"probe")),
        (Packet(b"3"), Message(Type.PONG)),
        (Packet(b"4hello"), Message(Type.MESSAGE, b"hello")),
        (Packet(b"5"), Message(Type.UPGRADE)),
        (Packet(b"4\x00", binary=True), Message(Type.MESSAGE, b"4\x00", binary=True)),
        (Packet(b"", binary=True), Message(Type.MESSAGE, b"", binary=True)),
    ],
)
def test_a_websocket_message_is_a_packet(packet: Packet, message: Message) -> None:
    assert read(packet) == message


@pytest.mark.parametrize("data", [b"", b"7", b"x", b"-1", b"\x1e4a"])
def test_what_is_no_packet_ends_the_connection(data: bytes) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        read(Packet(data))

    assert caught.value.close.code == 3501


@given(st.lists(TEXTS.map(str.encode) | st.binary().map(bytearray), min_size=1, max_size=20))
def test_what_a_poll_carries_is_what_was_said(said: list[bytes | bytearray]) -> None:
    packets = [Packet(bytes(each), isinstance(each, bytearray)) for each in said]

    carried = payload(piece(wrap(packet)) for packet in packets)

    assert [read(packet) for packet in read_payload(carried)] == [
        Message(Type.MESSAGE, packet.data, packet.binary) for packet in packets
    ]


def test_nothing_within_a_packet_divides_a_payload() -> None:
    assert payload([piece(Packet(b'42["a\x1e1"]'))]) == b'42["a\\u001e1"]'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"4a\x1e",
        b"\x1e4a",
        b"4a\x1e\x1e4b",
        b"b%",
        b"bAA",
        b"bAAA=x",
        b"4\xff",
        b"\x1e".join([b"4"] * (PACKETS_LIMIT + 1)),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_payload(body: bytes) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        read_payload(body)

    assert caught.value.close.code == 3501


@given(st.binary())
def test_no_body_does_worse_than_end_the_connection(body: bytes) -> None:
    try:
        found = read_payload(body)
    except ProtocolViolation:
        return
    assert len(found) == body.count(b"\x1e") + 1
