from __future__ import annotations

import zlib
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.errors import SHUTDOWN, Close
from hubbub.model import Packet
from hubbub.sessions.session import Session
from hubbub.sessions.wiretap import TEXT_LIMIT, Way, Wiretap, payloads, readable
from tests.fakes.carrier import Carrier
from tests.hub.stage import turn
from tests.sessions.stage import floor


def frame(body: bytes, head: int = 0x81) -> bytes:
    size = len(body)
    if size < 126:
        return bytes((head, size)) + body
    width = 2 if size < 65536 else 8
    return bytes((head, 126 if width == 2 else 127)) + size.to_bytes(width) + body


@given(st.lists(st.sampled_from([0, 1, 125, 126, 65535, 65536]), max_size=4))
def test_the_messages_in_frames(sizes: list[int]) -> None:
    bodies = [bytes([65 + at]) * size for at, size in enumerate(sizes)]
    assert payloads(b"".join(map(frame, bodies))) == bodies


@given(st.binary(max_size=64))
def test_anything_may_be_looked_at(data: bytes) -> None:
    payloads(data)
    readable(data)


def test_what_is_compressed_is_inflated_and_controls_are_left_out() -> None:
    packer = zlib.compressobj(wbits=-15)
    body = packer.compress(b"hello" * 9) + packer.flush(zlib.Z_SYNC_FLUSH)
    frames = frame(b"", 0x89) + frame(body.removesuffix(b"\x00\x00\xff\xff"), 0xC1)
    assert payloads(frames) == [b"hello" * 9]
    assert payloads(frame(b"\xff\xff", 0xC1)) == [b"\xff\xff"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'{"text":"hi"}', '{"text":"hi"}'),
        ("大家好 😀".encode(), "大家好 😀"),
        (b"\x0a\x05hello\x00\xff", "\n·hello··".replace("·", "·", 1)),
        (b'{"token":"abc","x":1}', '{"token":"…","x":1}'),
        (b"a eyJhbGciOiJI.eyJzdWIi.c2ln b", "a … b"),
        (b"xeyJhbGciOiJI.eyJzdWIi.", "x…"),
        (b"eyJhbGciOiJI.eyJzdWIi eyJ.a.b", "eyJhbGciOiJI.eyJzdWIi eyJ.a.b"),
        (b'{"token":"eyJhbGciOiJI"}', '{"token":"…"}'),
        (b"n1.abc." + b"0f" * 16, "n1.abc.…"),
        (b"x" * 5000, "x" * TEXT_LIMIT),
    ],
    ids=[
        *("json", "words", "binary", "token", "jwt", "jwt behind a letter", "almost", "opaque"),
        *("secret", "long"),
    ],
)
def test_what_people_can_read(data: bytes, text: str) -> None:
    assert readable(data) == text


@pytest.mark.parametrize("data", [b"eyJ" * 3000, b"eyJaaaaa." + b"eyJ" * 3000], ids=["one", "two"])
def test_what_only_looks_like_tokens_takes_no_longer(data: bytes) -> None:
    began = process_time()
    for _ in range(200):
        readable(data)
    assert process_time() - began < 2.0  # it was twenty


class Heard:
    """What a listener heard."""

    def __init__(self) -> None:
        self.said: list[tuple[Way, str]] = []

    def __call__(self, session: Session, way: Way, size: int, text: str) -> None:
        self.said.append((way, text.strip()))


async def test_what_passes_is_heard_and_nobody_notices() -> None:
    async with floor() as place:
        session, carrier = place.plain()
        other, _ = place.plain("bob")
        session.carrier = "polling"  # the carrier of these tests frames by lines
        before = session.connection, session.dialect, session.write
        heard = Heard()
        tap = Wiretap(session)
        tap.listeners.append(heard)
        tap.attach()
        tap.attach()
        session.received(Packet(b"hello"))
        await turn()
        await place.node.say("room", "from above")
        assert heard.said == [("in", "hello"), ("out", "hello"), ("out", "from above")]
        assert carrier.data == b"hello\nfrom above\n"
        tap.detach()
        assert (session.connection, session.dialect, session.write) == before
        await place.node.say("room", "later")
        assert len(heard.said) == 3
        assert carrier.data.endswith(b"later\n")
        assert not other.gone


async def test_a_session_that_moves_is_found_again_and_its_end_is_noted() -> None:
    async with floor() as place:
        session, _ = place.plain()
        heard = Heard()
        tap = Wiretap(session)
        tap.listeners.append(heard)
        tap.attach()
        moved = Carrier()
        session.move(moved)
        session.carrier = "polling"
        tap.attach()
        await place.node.say("room", "here too")
        assert moved.data == b"here too\n"
        connection = session.connection
        connection.ping()
        connection.pause_reading()
        connection.resume_reading()
        assert connection.backlog() == 0
        session.end(SHUTDOWN)
        assert heard.said == [("out", "here too"), ("note", f"{SHUTDOWN.code} {SHUTDOWN.reason}")]
        assert moved.closes == [Close(SHUTDOWN.code, SHUTDOWN.reason)]
        connection.abort()
        tap.attach()
        tap.detach()
        assert moved.broken
