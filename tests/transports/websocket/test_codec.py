from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest

from hubbub.errors import ProtocolViolation
from hubbub.model import Packet
from hubbub.transports.websocket.codec import (
    CloseFrame,
    Event,
    FrameReader,
    PingFrame,
    PongFrame,
)
from hubbub.transports.websocket.deflate import deflate
from tests.transports.wire import client_frame

LIMIT = 1000
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def read(
    data: bytes, cuts: list[int] | None = None, *, inflates: bool = False
) -> tuple[list[Event], int | None]:
    """Return the events of some bytes, cut into segments, and the code of the violation, if any."""
    reader = FrameReader(LIMIT, inflates=inflates)
    events: list[Event] = []
    borders = [0, *sorted(cut % (len(data) + 1) for cut in cuts or []), len(data)]
    try:
        for start, end in pairwise(borders):
            events.extend(reader.feed(data[start:end]))
    except ProtocolViolation as violation:
        return events, violation.close.code
    return events, None


def every_way(data: bytes, *, inflates: bool = False) -> tuple[list[Event], int | None]:
    """Like `read`, whole and byte by byte, which must give the same."""
    whole = read(data, inflates=inflates)
    assert read(data, list(range(len(data))), inflates=inflates) == whole
    return whole


COMPRESSED = deflate(b"hello " * 50)
READ: list[tuple[bytes, list[Event]]] = [
    (client_frame(TEXT, b"hi"), [Packet(b"hi")]),
    (client_frame(TEXT), [Packet(b"")]),
    (client_frame(BINARY, b"\xff\x00"), [Packet(b"\xff\x00", binary=True)]),
    (client_frame(TEXT, "é".encode() * 100), [Packet("é".encode() * 100)]),
    (client_frame(BINARY, bytes(LIMIT)), [Packet(bytes(LIMIT), binary=True)]),
    (client_frame(PING, b"p" * 125), [PingFrame(b"p" * 125)]),
    (client_frame(PONG), [PongFrame(b"")]),
    (client_frame(CLOSE), [CloseFrame(1005, "")]),
    (client_frame(CLOSE, b"\x03\xe8"), [CloseFrame(1000, "")]),
    (client_frame(CLOSE, b"\x0f\xa1" + "später".encode()), [CloseFrame(4001, "später")]),
]


@pytest.mark.parametrize(("data", "events"), READ, ids=[f"{events[0]}"[:40] for _, events in READ])
def test_a_frame_is_read_whole_byte_by_byte_and_with_trailing_data(
    data: bytes, events: list[Event]
) -> None:
    assert every_way(data) == (events, None)
    if not isinstance(events[0], CloseFrame):
        trailing = client_frame(PING, b"next")
        assert every_way(data + trailing) == ([*events, PingFrame(b"next")], None)
        assert every_way(data + trailing[:-1]) == (events, None)


def frame(
    first: int, payload: bytes = b"", *, length: bytes | None = None, masked: bool = True
) -> bytes:
    """Make a frame that no honest library would; its mask is zero."""
    size = length if length is not None else bytes((len(payload) | 0x80 * masked,))
    return bytes((first,)) + size + (bytes(4) if masked else b"") + payload


BAD = [
    ("not masked", frame(0x81, b"hi", masked=False), 1002),
    ("RSV1 without compression", frame(0xC1, b"hi"), 1002),
    ("RSV2", frame(0xA1, b"hi"), 1002),
    ("RSV3", frame(0x91, b"hi"), 1002),
    ("RSV1 on a control frame", frame(0xC9), 1002),
    *(
        (f"opcode {opcode}", frame(0x80 | opcode), 1002)
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    ),
    ("a fragmented control frame", frame(0x09), 1002),
    ("a control frame of 126 bytes", frame(0x89, length=b"\xfe\x00\x7e"), 1002),
    ("nothing to continue", frame(0x80, b"x"), 1002),
    ("a new message in the middle of one", frame(0x01, b"a") + frame(0x81, b"b"), 1002),
    (
        "nothing to continue any more",
        frame(0x01, b"a") + frame(0x80, b"b") + frame(0x80, b"c"),
        1002,
    ),
    ("the length's highest bit", frame(0x82, length=b"\xff" + b"\x80" + bytes(7)), 1002),
    ("too long by 16 bits", frame(0x82, length=b"\xfe\x03\xe9"), 1009),
    ("too long by 64 bits", frame(0x82, length=b"\xff" + (1 << 40).to_bytes(8)), 1009),
    ("too long together", frame(0x02, bytes(100)) + frame(0x80, length=b"\xfe\x03\x85"), 1009),
    ("a text that is not UTF-8", frame(0x81, b"\xff"), 1007),
    ("a text that is not UTF-8, later", frame(0x01, b"ok") + frame(0x00, b"\xed\xa0\x80"), 1007),
    ("a text that ends too early", frame(0x81, "é".encode()[:1]), 1007),
    (
        "a text whose fragments end too early",
        frame(0x01, b"ok") + frame(0x80, "é".encode()[:1]),
        1007,
    ),
    ("half a close code", frame(0x88, b"\x03"), 1002),
    *(
        (f"close code {code}", frame(0x88, code.to_bytes(2)), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    ),
    ("a close reason that is not UTF-8", frame(0x88, b"\x03\xe8\xff"), 1007),
]


@pytest.mark.parametrize(("what", "data", "code"), BAD, ids=[row[0] for row in BAD])
def test_a_bad_frame_is_refused_with_its_code(what: str, data: bytes, code: int) -> None:
    before = [Packet(b"before")]
    good = client_frame(TEXT, b"before")
    assert every_way(good + data) == ([*before, *every_way(data)[0]], code)
    assert every_way(data + good)[1] == code


def test_compression_is_refused_on_a_continuation() -> None:
    data = client_frame(TEXT, b"a", fin=False, rsv1=True) + frame(0xC0, b"b")
    assert every_way(data, inflates=True) == ([], 1002)


@pytest.mark.parametrize("at", range(1, 4))
def test_a_bad_frame_is_refused_by_its_first_two_bytes(at: int) -> None:
    assert read(frame(0x83)[:2]) == ([], 1002)
    assert read(client_frame(TEXT, b"x")[:at]) == ([], None)


def test_bad_text_is_refused_before_its_frame_ends() -> None:
    """Autobahn 6.4: the fourth byte makes the character too large, whatever follows."""
    bad = "κόσμε".encode() + b"\xf4\x90"
    partial = client_frame(TEXT, bad + b"\x80\x80edited")
    header = len(partial) - len(bad) - 8
    assert read(partial[: header + len(bad) - 1]) == ([], None)
    assert read(partial[: header + len(bad)]) == ([], 1007)
    fragments = client_frame(TEXT, bad[:5], fin=False) + client_frame(
        CONTINUATION, bad[5:], fin=False
    )
    assert read(fragments) == ([], 1007)


def test_a_size_is_judged_before_the_payload_arrives() -> None:
    assert read(client_frame(BINARY, bytes(LIMIT + 1))[:8]) == ([], 1009)
    held = client_frame(BINARY, bytes(LIMIT), fin=False)
    assert read(held + client_frame(CONTINUATION, b"x")[:6]) == ([], 1009)


def test_compressed_messages_are_inflated_and_checked() -> None:
    whole = client_frame(TEXT, COMPRESSED, rsv1=True)
    assert every_way(whole, inflates=True) == ([Packet(b"hello " * 50)], None)
    parts = client_frame(BINARY, COMPRESSED[:5], rsv1=True, fin=False)
    parts += client_frame(PING, b"!") + client_frame(CONTINUATION, COMPRESSED[5:])
    expected = [PingFrame(b"!"), Packet(b"hello " * 50, binary=True)]
    assert every_way(parts, inflates=True) == (expected, None)
    assert every_way(client_frame(TEXT, b"plain"), inflates=True) == ([Packet(b"plain")], None)
    bad_text = client_frame(TEXT, deflate(b"\xff" * 20), rsv1=True)
    assert every_way(bad_text, inflates=True) == ([], 1007)
    bomb = client_frame(BINARY, deflate(bytes(LIMIT + 1)), rsv1=True)
    assert every_way(bomb, inflates=True) == ([], 1009)


def test_a_message_that_compression_made_longer_may_still_have_the_limit() -> None:
    noise = random.Random(1).randbytes(LIMIT)
    compressed = deflate(noise)
    assert len(compressed) > LIMIT
    whole = client_frame(BINARY, compressed, rsv1=True)
    assert every_way(whole, inflates=True) == ([Packet(noise, binary=True)], None)
    parts = client_frame(BINARY, compressed[:10], rsv1=True, fin=False)
    parts += client_frame(CONTINUATION, compressed[10:])
    assert every_way(parts, inflates=True) == ([Packet(noise, binary=True)], None)


def test_a_reader_holds_nothing_between_messages() -> None:
    reader = FrameReader(LIMIT)
    for data in (client_frame(TEXT, b"x" * 300), client_frame(PING)):
        for byte in range(len(data) - 1):
            list(reader.feed(data[byte : byte + 1]))
            assert not reader.idle
        list(reader.feed(data[-1:]))
        assert reader.idle
    list(reader.feed(client_frame(TEXT, b"x", fin=False)))
    assert not reader.idle


def test_tiny_segments_cost_linear_time() -> None:
    """Gluing each byte to what is there would copy 130 GB here, which takes minutes."""
    size = 1 << 19
    reader = FrameReader(size)
    data = client_frame(BINARY, bytes(size))
    began = time.process_time()
    events = [event for at in range(len(data)) for event in reader.feed(data[at : at + 1])]
    assert time.process_time() - began < 15
    assert events == [Packet(bytes(size), binary=True)]
