from __future__ import annotations

import json
import zlib
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.socketio.conversation import SocketIoDialect
from hubbub.errors import SHUTDOWN, Close
from hubbub.framings.conversation import EngineIo
from hubbub.model import Packet
from hubbub.sessions.session import Session
from hubbub.sessions.watching.wiretap import TEXT_LIMIT, Way, Wiretap, payloads, readable
from tests.fakes.carrier import Carrier
from tests.hub.stage import turn
from tests.sessions.speaker import Speaker
from tests.sessions.stage import floor
from tests.sessions.stomp_page import Page


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
        (b'{"Token" : "a\\"b", "x": 1}', '{"Token" : "…", "x": 1}'),
        (rb'a["{\"token\": \"a b\",\"x\":1}"]', r'a["{\"token\": \"…\",\"x\":1}"]'),
        (b"SEND\nX-Auth-Token:a b\npasscode : c\nx:1", "SEND\nX-Auth-Token:…\npasscode :…\nx:1"),
        (b"/x?access_token=abc&y=1", "/x?access_token=…&y=1"),
        (b"n1.abc." + b"0f" * 16, "n1.abc.…"),
        (b"x" * 5000, "x" * TEXT_LIMIT),
    ],
    ids=[
        *("json", "words", "binary", "token", "jwt", "jwt behind a letter", "almost", "opaque"),
        *("spaces", "JSON in a string", "headers", "address", "secret", "long"),
    ],
)
def test_what_people_can_read(data: bytes, text: str) -> None:
    assert readable(data) == text


@pytest.mark.parametrize(
    "data",
    [
        *(b"eyJ" * 3000, b"eyJaaaaa." + b"eyJ" * 3000, b'token"' * 1500, b'token"' + b" " * 9000),
        *(b"\ntoken" * 1500, b"?aaaatoken" * 900, b"&" + b"a" * 9000, b'token":"' + b"\\a" * 4000),
    ],
    ids=["one", "two", "names", "spaces", "lines", "queries", "word", "escapes"],
)
def test_what_only_looks_like_tokens_takes_no_longer(data: bytes) -> None:
    began = process_time()
    for _ in range(200):
        readable(data)
    assert process_time() - began < 2.0  # it was twenty


def said_by(session: Session) -> list[str]:
    """Return a list that what a session says is put into."""
    said: list[str] = []
    tap = Wiretap(session)
    tap.listeners.append(
        lambda session, way, size, text: said.append(text) if way == "in" else None
    )
    tap.attach()
    return said


SECRET = "opaque-7:x"
CONNECT = {"token": SECRET, "data": {"pin": SECRET}, "name": "js"}


@pytest.mark.parametrize(
    "packet",
    [
        json.dumps({"id": 1, "connect": CONNECT}).encode(),
        json.dumps({"id": 1, "connect": CONNECT}, indent=1).encode().replace(b"\n", b""),
        b'{"id":1,"connect":{"token":"opaque\\u002d7:x"}}',
        b'{"id":1,"connect":{"token":["opaque-7:x"]}}',
        b'{"id":1,"connect":{"token":"opaque-7:x"',
        b'{"id":1,"connect":{"tokens":"opaque-7:x","data":"opaque-7:x"}}',
    ],
    ids=["compact", "spaces", "escapes", "wrong", "broken", "misspelt"],
)
async def test_an_introduction_of_centrifuge_shows_no_secret(packet: bytes) -> None:
    async with floor() as place:
        speaker = Speaker(place)
        said = said_by(speaker.session)
        speaker.session.received(Packet(packet))
        assert len(said) == 1
        assert "opaque" not in said[0]


async def test_newer_tokens_show_no_secret_and_the_rest_is_shown() -> None:
    async with floor() as place:
        speaker = Speaker(place)
        said = said_by(speaker.session)
        await speaker.ask(connect={"name": "js", "data": {"user": "ann"}})
        await speaker.ask(refresh={"token": SECRET})
        await speaker.ask(subscribe={"channel": "room", "token": SECRET})
        await speaker.ask(sub_refresh={"channel": "room", "token": SECRET})
        await speaker.ask(publish={"channel": "room", "data": {"text": "hi"}})
        first, refreshed, subscribed, prolonged, published = said
        assert first == 'connect {"id":1,"user":"ann","data":"…","name":"js"}'
        assert refreshed == 'refresh {"id":2,"token":"…"}'
        assert subscribed == 'subscribe {"channel":"room","id":3,"token":"…"}'
        assert prolonged == 'subrefresh {"channel":"room","id":4,"token":"…"}'
        assert json.loads(published)["publish"] == {"channel": "room", "data": {"text": "hi"}}


@pytest.mark.parametrize("auth", [{"token": SECRET}, {"password": SECRET}, {"a": {"b": SECRET}}])
async def test_what_a_page_of_socketio_shows_is_no_secret(auth: object) -> None:
    async with floor() as place:
        session, _ = place.open(EngineIo(SocketIoDialect(1024), (), 1024))
        said = said_by(session)
        for namespace in ("", "/admin,"):
            session.received(Packet(f"40{namespace}{json.dumps(auth)}".encode()))
            await turn(10)
        assert said
        assert not [text for text in said if "opaque" in text]


async def test_what_a_frame_of_stomp_shows_is_no_secret_even_in_pieces() -> None:
    async with floor() as place:
        for header in ("passcode", "token", "Authorization", "x-key-of-ours"):
            page = Page(place)
            said = said_by(page.session)
            escaped = SECRET.replace(":", r"\c")
            frame = f"CONNECT\naccept-version:1.2\nlogin:li\n{header}:{escaped}\n\n\0"
            for piece in (frame[:30], frame[30:48], frame[48:]):
                page.session.received(Packet(piece.encode()))
            await turn(10)
            assert len(said) == 3
            assert not [text for text in said if "opaque" in text or "7:x" in text]


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
