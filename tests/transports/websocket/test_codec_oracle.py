"""The codec against an implementation that is not ours."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol

from hubbub.model import Packet
from hubbub.transports.websocket.codec import Event, PingFrame, PongFrame
from tests.transports.websocket.test_codec import (
    BINARY,
    CLOSE,
    CONTINUATION,
    LIMIT,
    PING,
    PONG,
    TEXT,
    every_way,
    read,
)
from tests.transports.wire import client_frame

# A machine that is busy with other tests makes no example wrong.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
payloads = st.binary(max_size=300)
controls = st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125))


@st.composite
def conversations(draw: st.DrawFn) -> tuple[bytes, list[Event]]:
    """Draw messages, cut into fragments with control frames in between, and what they mean."""
    data, expected = b"", list[Event]()
    for binary in draw(st.lists(st.booleans(), max_size=5)):
        message = draw(payloads) if binary else draw(st.text(max_size=100)).encode()
        cuts = sorted(draw(st.lists(st.integers(0, len(message)), max_size=4)))
        borders = [0, *cuts, len(message)]
        for index, (start, end) in enumerate(pairwise(borders)):
            opcode = CONTINUATION if index else BINARY if binary else TEXT
            data += client_frame(opcode, message[start:end], fin=index == len(cuts))
            if index < len(cuts) and draw(st.booleans()):
                kind, payload = draw(controls)
                data += client_frame(kind, payload)
                expected.append(PingFrame(payload) if kind == PING else PongFrame(payload))
        expected.append(Packet(message, binary))
    return data, expected


@unhurried
@given(conversations(), st.lists(st.integers(0, 10_000), max_size=20))
def test_any_conversation_is_read_however_it_is_cut(
    conversation: tuple[bytes, list[Event]], cuts: list[int]
) -> None:
    data, expected = conversation
    assert read(data, cuts) == (expected, None)


def oracle(data: bytes) -> tuple[list[Frame], int | None]:
    """Return the frames that `websockets` sees, and the code with which it fails the connection."""
    protocol = Protocol(SERVER, state=OPEN, max_size=LIMIT)
    protocol.receive_data(data)
    frames = [event for event in protocol.events_received() if isinstance(event, Frame)]
    failed = protocol.parser_exc is not None
    return frames, protocol.close_sent.code if failed and protocol.close_sent is not None else None


def messages(frames: list[Frame]) -> Iterator[Event]:
    """Put the oracle's frames together, as far as messages are complete."""
    body, binary = b"", False
    for one in frames:
        if one.opcode is Opcode.PING:
            yield PingFrame(bytes(one.data))
        elif one.opcode is Opcode.PONG:
            yield PongFrame(bytes(one.data))
        elif one.opcode is not Opcode.CLOSE:
            if one.opcode is not Opcode.CONT:
                body, binary = b"", one.opcode is Opcode.BINARY
            body += one.data
            if one.fin:
                yield Packet(body, binary)


@st.composite
def wild_frames(draw: st.DrawFn) -> bytes:
    """Draw a frame that is well-formed in most ways. Its payload is text, which the oracle does not check."""
    first = draw(
        st.sampled_from([0x00, 0x80, 0x01, 0x81, 0x02, 0x82, 0x89, 0x8A]) | st.integers(0, 255)
    )
    if first & 0x0F == CLOSE:
        first ^= CLOSE
    masked = draw(st.integers(0, 20)) > 0
    payload = draw(st.text("abc", max_size=130)).encode()
    mask = draw(st.binary(min_size=4, max_size=4))
    size = bytes((len(payload) | 0x80 * masked,))
    if len(payload) > 125:
        size = bytes((126 | 0x80 * masked,)) + len(payload).to_bytes(2)
    if not masked:
        return bytes((first,)) + size + payload
    return bytes((first,)) + size + mask + bytes(b ^ mask[i & 3] for i, b in enumerate(payload))


@unhurried
@given(st.lists(wild_frames(), max_size=12), st.lists(st.integers(0, 5_000), max_size=8))
def test_wild_frames_are_judged_as_websockets_judges_them(
    frames: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(frames)
    seen, code = oracle(data)
    assert read(data, cuts) == (list(messages(seen)), code)


@unhurried
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused_the_same_way_whole_and_byte_by_byte(
    data: bytes, inflates: bool
) -> None:
    every_way(data, inflates=inflates)
