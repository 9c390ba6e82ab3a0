from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Close as TheirClose
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.transports.websocket.frames import (
    PING_FRAME,
    build_frame,
    close_frame,
    deflated_frame,
    plain_frame,
)

# A machine that is busy with other tests makes no example wrong.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def parse(data: bytes, *, compression: bool = False) -> Frame:
    """Read one frame of ours by an implementation that is not."""
    stream = StreamReader()
    stream.feed_data(data)
    stream.feed_eof()
    extensions = [PerMessageDeflate(True, True, 15, 15)] if compression else None
    parsing = Frame.parse(stream.read_exact, mask=False, extensions=extensions)
    try:
        next(parsing)
    except StopIteration as result:
        frame: Frame = result.value
        assert not stream.buffer
        return frame
    raise AssertionError("the frame is not complete")


@unhurried
@given(st.binary(max_size=300) | st.integers(65_000, 70_000).map(bytes), st.booleans())
def test_a_packet_becomes_a_frame_that_websockets_reads(data: bytes, binary: bool) -> None:
    expected = Frame(Opcode.BINARY if binary else Opcode.TEXT, data)
    assert parse(plain_frame(Packet(data, binary))) == expected
    deflated = deflated_frame(Packet(data, binary))
    read = parse(deflated, compression=True)
    assert (read.opcode, read.fin, read.data) == (expected.opcode, True, data)


def test_small_and_incompressible_messages_go_plain() -> None:
    small = Packet(b"a" * 511)
    noise = Packet(bytes((i * i * 7919 >> 5) & 0xFF for i in range(600)), binary=True)
    large = Packet(b"a" * 512)
    assert deflated_frame(small) == plain_frame(small)
    assert len(deflated_frame(noise)) <= len(plain_frame(noise))
    assert len(deflated_frame(large)) < 40


def test_lengths_take_as_few_bytes_as_they_need() -> None:
    sizes = {125: 2, 126: 4, 65_535: 4, 65_536: 10}
    assert {size: len(build_frame(2, bytes(size))) - size for size in sizes} == sizes


def test_a_ping_is_an_empty_final_frame() -> None:
    assert parse(PING_FRAME) == Frame(Opcode.PING, b"")


@unhurried
@given(st.text(max_size=200))
def test_a_close_reason_is_cut_between_characters(reason: str) -> None:
    frame = parse(close_frame(Close(4000, reason)))
    close = TheirClose.parse(frame.data)
    assert (frame.opcode, close.code) == (Opcode.CLOSE, 4000)
    assert reason.startswith(close.reason)
    left = reason[len(close.reason) :]
    assert not left or len((close.reason + left[0]).encode()) > 123


def test_a_close_without_a_code_is_empty() -> None:
    assert parse(close_frame(Close(1005, "never shown"))) == Frame(Opcode.CLOSE, b"")
