from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.stomp.frames import HEAD_LIMIT, HEADERS_LIMIT, Decoder, Frame, write
from hubbub.dialects.stomp.versions import Version
from hubbub.errors import BAD_REQUEST, TOO_BIG, ProtocolViolation
from hubbub.model import Packet
from tests.dialects.stomp.heard import Heard, read, said, theirs

LIMIT = 64 * 1024
V1_0, V1_1, V1_2 = Version


def decode(*pieces: bytes, version: Version = V1_2, limit: int = LIMIT) -> list[Frame]:
    decoder = Decoder(limit)
    decoder.version = version
    found = []
    for piece in pieces:
        decoder.feed(piece)
        while (frame := decoder.take()) is not None:
            found.append(frame)
    return found


def byte_by_byte(written: bytes) -> Iterable[bytes]:
    return (written[n : n + 1] for n in range(len(written)))


WELL_FORMED: list[tuple[bytes, list[Frame]]] = [
    (b"BEGIN\n\n\0", [Frame("BEGIN", {})]),
    (
        b"SEND\ndestination:/queue/a\n\nhello\0",
        [Frame("SEND", {"destination": "/queue/a"}, b"hello")],
    ),
    (b"SEND\r\ndestination:/a\r\n\r\nhi\r\n\0", [Frame("SEND", {"destination": "/a"}, b"hi\r\n")]),
    (b"SEND\na:1\r\n\nx\0", [Frame("SEND", {"a": "1"}, b"x")]),
    (b"SEND\ncontent-length:3\n\n\0\n\0\0", [Frame("SEND", {"content-length": "3"}, b"\0\n\0")]),
    (b"SEND\ncontent-length:0\n\n\0", [Frame("SEND", {"content-length": "0"})]),
    (b"SEND\n\n\n\n\0", [Frame("SEND", {}, b"\n\n")]),
    (b"SEND\nfoo:World\nfoo:Hello\n\n\0", [Frame("SEND", {"foo": "World"})]),
    (b"SEND\na\\cb:\\n\\r\\\\\\c::\n\n\0", [Frame("SEND", {"a:b": "\n\r\\:::"})]),
    (b"SEND\na: b \n\n\0", [Frame("SEND", {"a": " b "})]),
    (b"CONNECT\npasscode:\\t\\\n\n\0", [Frame("CONNECT", {"passcode": "\\t\\"})]),
    (b"\n\r\n\nBEGIN\n\n\0\n\n\r\nABORT\n\n\0\n", [Frame("BEGIN", {}), Frame("ABORT", {})]),
    (b"BEGIN\n\n\0BEGIN\n\n\0", [Frame("BEGIN", {})] * 2),
    (b"\n\r\n\n", []),
    ("SEND\nä:ö\n\n\0".encode(), [Frame("SEND", {"ä": "ö"})]),
    (b"SEND\na:\n\n\0", [Frame("SEND", {"a": ""})]),
]
NAMES = [f"{n}" for n in range(len(WELL_FORMED))]


@pytest.mark.parametrize(("written", "frames"), WELL_FORMED, ids=NAMES)
def test_frames_are_found_however_they_are_cut(written: bytes, frames: list[Frame]) -> None:
    assert decode(written) == frames
    assert decode(*byte_by_byte(written)) == frames
    assert decode(written + written) == frames * 2
    assert decode(written + b"SEND\nunfinished") == frames


@pytest.mark.parametrize("written", [b"BEGIN\n\n\0", b"BEGIN\r\n\r\n\0"], ids=["LF", "CRLF"])
def test_many_small_frames_take_as_long_as_their_bytes(written: bytes) -> None:
    decoder, many = Decoder(LIMIT), 100_000
    decoder.feed(written * many)
    began = process_time()
    assert sum(decoder.take() is not None for _ in range(many)) == many
    assert process_time() - began < 10.0  # it is less than one; it was minutes


@pytest.mark.parametrize(
    "written",
    [
        b"SEND\nno colon\n\n\0",
        b"SEND\n:no name\n\n\0",
        b"SEND\na:b\0",
        b"SEND\0",
        b"\0",
        b"SEND\na:b\0SEND\n\n\0",
        b"SEND\na:\xff\n\n\0",
        b"SEND\na:\\t\n\n\0",
        b"SEND\ncontent-length:-1\n\n\0",
        b"SEND\ncontent-length:1x\n\n\0",
        b"SEND\ncontent-length:\n\n\0",
        b"SEND\ncontent-length:1\n\nab\0",
        b"SEND\ncontent-length:0\n\na\0",
        b"BEGIN\ntransaction:a\n\nbody\0",
    ],
)
def test_what_is_no_frame_breaks_the_protocol(written: bytes) -> None:
    for pieces in ([written], byte_by_byte(written)):
        with pytest.raises(ProtocolViolation) as fault:
            decode(*pieces)
        assert fault.value.close is BAD_REQUEST
        assert fault.value.detail


def test_versions_read_differently() -> None:
    written = b"SEND\na : \\n\n\n\0"
    assert decode(written, version=V1_0) == [Frame("SEND", {"a": "\\n"})]
    assert decode(written, version=V1_1) == [Frame("SEND", {"a ": " \n"})]
    with pytest.raises(ProtocolViolation):
        decode(b"SEND\na:\\r\n\n\0", version=V1_1)


def test_the_version_may_change_between_frames() -> None:
    decoder = Decoder(LIMIT)
    decoder.feed(b"CONNECT\naccept-version: 1.2\n\n\0SEND\na:\\c\n\n\0")
    assert decoder.take() == Frame("CONNECT", {"accept-version": "1.2"})
    decoder.version = V1_2
    assert decoder.take() == Frame("SEND", {"a": ":"})


@pytest.mark.parametrize(
    "written",
    [
        b"SEND\na:" + b"x" * HEAD_LIMIT + b"\n\n\0",
        b"SEND\na:" + b"x" * HEAD_LIMIT,
        b"SEND\n" + b"a:b\n" * (HEADERS_LIMIT + 1) + b"\n\0",
        b"SEND\ncontent-length:70000\n\n",
        b"SEND\ncontent-length:99999999999999999999\n\n",
        b"SEND\n\n" + b"x" * (LIMIT + 1),
        b"SEND\n\n" + b"x" * (LIMIT + 1) + b"\0",
    ],
    ids=["head", "endless head", "headers", "length", "huge length", "endless body", "body"],
)
def test_a_frame_has_bounds(written: bytes) -> None:
    with pytest.raises(ProtocolViolation) as fault:
        decode(written)
    assert fault.value.close is TOO_BIG


def test_a_frame_may_be_as_large_as_the_bound() -> None:
    body = b"x" * LIMIT
    assert decode(b"SEND\n\n" + body + b"\0")[0].body == body


def test_newlines_leave_nothing_behind() -> None:
    decoder = Decoder(LIMIT)
    for _ in range(1000):
        decoder.feed(b"\n\r\n" * 100)
        assert decoder.take() is None
    assert not decoder._buffer


HEADERS = st.dictionaries(
    st.text(min_size=1).filter(lambda name: name != "content-length" and "\0" not in name),
    st.text().filter(lambda value: "\0" not in value),
    max_size=5,
)
BODIES = st.binary(max_size=100)


@st.composite
def frames(draw: st.DrawFn) -> tuple[bytes, Heard]:
    """Return a frame as any client of 1.2 might write it, and what it says."""
    headers: dict[str, str] = draw(HEADERS)
    body: bytes = draw(BODIES)
    end: str = draw(st.sampled_from(["\n", "\r\n"]))
    again: bool = draw(st.booleans())
    counted: bool = draw(st.booleans())

    def written(text: str) -> str:
        for plain, escape in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), (":", "\\c")):
            text = text.replace(plain, escape)
        return text

    lines = [f"{written(name)}:{written(value)}" for name, value in headers.items()]
    if headers and again:
        lines.append(f"{written(next(iter(headers)))}:again")
    said = dict(headers)
    if b"\0" in body or counted:
        said["content-length"] = str(len(body))
        lines.insert(draw(st.integers(0, len(lines))), f"content-length:{len(body)}")
    head = end.join(["SEND", *lines, "", ""])
    return head.encode() + body + b"\0", Heard("SEND", said, body)


@given(
    both=st.lists(frames(), max_size=4),
    beats=st.lists(st.sampled_from([b"", b"\n", b"\r\n", b"\n\n"]), min_size=5, max_size=5),
    cuts=st.lists(st.integers(0, 2000), max_size=6),
)
def test_any_frames_are_found_however_they_are_cut(
    both: list[tuple[bytes, Heard]], beats: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(beat + written for (written, _), beat in zip(both, beats, strict=False))
    stream += beats[-1]
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(places)]

    found = decode(*pieces)

    assert [tuple(frame) for frame in found] == [tuple(heard) for _, heard in both]


NAMED = st.dictionaries(
    st.sampled_from(["message-id", "receipt-id", "x-code"]),
    st.text().filter(lambda value: "\0" not in value),
)
"""Names of headers that we write are ours; `values.described` writes those of others."""


@given(headers=NAMED, body=st.binary(max_size=100))
def test_what_we_write_others_read(headers: dict[str, str], body: bytes) -> None:
    written = write("MESSAGE", headers.items(), body, V1_2)

    assert decode(written)[0]._replace(headers={}) == Frame("MESSAGE", {}, body)
    heard = read(written)
    expected = {**headers, "content-length": str(len(body))} if body else headers
    assert heard.headers == expected
    if b"\r" not in body and b"\n" not in body:
        assert theirs(Packet(written)) == Heard("MESSAGE", expected, body)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_frames_or_a_violation(data: bytes) -> None:
    try:
        found = decode(data)
    except ProtocolViolation as fault:
        assert fault.detail
        with pytest.raises(ProtocolViolation):
            decode(*byte_by_byte(data))
    else:
        assert decode(*byte_by_byte(data)) == found


def test_connected_is_not_escaped() -> None:
    written = write("CONNECTED", [("a", "b:c\\\n")], b"", V1_2)
    assert written == b"CONNECTED\na:b:c\\ \n\n\0"


def test_a_real_clients_frames_are_read() -> None:
    packet = said("SEND", {"destination": "/topic/a", "content-length": "3"}, b"a\0b")
    expected = {"destination": "/topic/a", "content-length": "3"}
    assert decode(packet.data) == [Frame("SEND", expected, b"a\0b")]
