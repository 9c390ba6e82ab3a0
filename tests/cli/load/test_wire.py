from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from hubbub.cli.load.plan import LoadError
from hubbub.cli.load.wire import Frames, accepted, frame, handshake
from hubbub.transports.websocket.frames import BINARY, PING, TEXT

OPENED = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {}\r\n\r\n"
)
SIZES = st.sampled_from([0, 1, 125, 126, 127, 65535, 65536, 70000])


def parsed(data: bytes) -> Frame:
    """What the `websockets` package makes of a client's frame."""
    reader = StreamReader()
    reader.feed_data(data)
    parser = Frame.parse(reader.read_exact, mask=True)
    try:
        while True:
            next(parser)
    except StopIteration as done:
        assert isinstance(done.value, Frame)
        return done.value


@settings(deadline=None)
@given(SIZES, st.sampled_from([TEXT, BINARY]))
def test_frames_read_as_another_library_reads_them(size: int, opcode: int) -> None:
    payload = bytes(i & 127 for i in range(size))

    assert parsed(frame(opcode, payload)) == Frame(Opcode(opcode), payload)


@settings(deadline=None)
@given(st.lists(SIZES, max_size=4), st.integers(1, 9))
def test_frames_of_another_library_are_read_whole_and_in_pieces(sizes: list[int], cut: int) -> None:
    payloads = [b"a" * size for size in sizes]
    stream = b"".join(
        Frame(Opcode.TEXT, payload).serialize(mask=False, extensions=None) for payload in payloads
    )

    whole, pieces = Frames(), Frames()
    step = max(len(stream) // cut, 1)
    got = [
        event for at in range(0, len(stream), step) for event in pieces.feed(stream[at : at + step])
    ]

    assert list(whole.feed(stream)) == got == [(TEXT, payload) for payload in payloads]


def test_frames_are_read_byte_by_byte() -> None:
    stream = b"\x81\x03one\x89\x01!\x81\x7e\x00\x80" + b"2" * 128
    frames = Frames()

    got = [event for at in range(len(stream)) for event in frames.feed(stream[at : at + 1])]

    assert got == [(TEXT, b"one"), (PING, b"!"), (TEXT, b"2" * 128)]


def test_fragments_make_one_message_around_a_ping() -> None:
    stream = b"\x01\x02he" + b"\x89\x00" + b"\x00\x02ll" + b"\x80\x01o" + b"\x81\x01x"

    assert list(Frames().feed(stream)) == [(PING, b""), (TEXT, b"hello"), (TEXT, b"x")]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x81\x81abcdx", "masked"),
        (b"\x81\x7f\x00\x00\x00\x00\xff\x00\x00\x00", "a frame of 4278190080 bytes"),
    ],
)
def test_a_servers_mistakes_are_named(data: bytes, sentence: str) -> None:
    with pytest.raises(LoadError, match=sentence):
        list(Frames().feed(data))


def test_a_handshake_is_accepted_once_its_answer_is_whole() -> None:
    request, accept = handshake("h:1", "/ws/x")
    answer = OPENED.format(accept).encode()

    assert request.startswith(b"GET /ws/x HTTP/1.1\r\nHost: h:1\r\n")
    assert {accepted(answer[:at], accept) for at in range(len(answer))} == {None}
    assert accepted(answer + b"\x81\x00", accept) == len(answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (OPENED.format("wrong"), "is wrong"),
        (
            "HTTP/1.1 403 Forbidden\r\n\r\n",
            "refused the WebSocket handshake with HTTP 403 Forbidden",
        ),
        ("SSH-2.0-OpenSSH\r\n\r\n", "not a web server"),
        ("HTTP/1.1 101 x\r\n" + "a: b\r\n" * 5000, "endless headers"),
    ],
)
def test_a_refused_handshake_says_why(answer: str, sentence: str) -> None:
    with pytest.raises(LoadError, match=sentence):
        accepted(answer.encode(), "right")
