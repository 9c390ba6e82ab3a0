from __future__ import annotations

import asyncio

import pytest

from hubbub.cli.load.connection import Connection
from hubbub.cli.load.plan import LoadError
from hubbub.cli.load.speech import CENTRIFUGE, TEXT, Speech
from tests.cli.load.test_wire import parsed

ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: yes\r\n\r\n"


class Wire(asyncio.Transport):
    """A transport that keeps what is written, frame by frame."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def frames(self) -> list[bytes]:
        """Return the payloads written after the handshake, one frame each."""
        return [bytes(parsed(data).data) for data in self.written[1:]]


class Notes:
    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.endings: list[str] = []

    def heard(self, connection: Connection, text: bytes) -> None:
        self.texts.append(text)

    def gone(self, connection: Connection, why: str) -> None:
        self.endings.append(why)


def text_frame(text: bytes) -> bytes:
    return bytes((0x81, len(text))) + text


def opened(speech: Speech) -> tuple[Connection, Wire, Notes]:
    wire, notes = Wire(), Notes()
    connection = Connection(0, notes, (b"GET", "yes"), speech, speech.join("lobby"))
    connection.connection_made(wire)
    connection.data_received(ACCEPTED)
    return connection, wire, notes


async def test_text_is_joined_by_the_handshake() -> None:
    connection, wire, notes = opened(TEXT)

    connection.data_received(text_frame(b"hello"))
    connection.say(b"one")

    assert connection.joined.done()
    assert wire.written[0] == b"GET"
    assert wire.frames() == [b"one"]
    assert notes.texts == [b"hello"]


async def test_centrifuge_joins_step_by_step_and_answers_pings() -> None:
    connection, wire, notes = opened(CENTRIFUGE)
    assert wire.frames() == [b'{"id":1,"connect":{}}']

    connection.data_received(text_frame(b'{"id":1,"connect":{}}'))
    assert not connection.joined.done()
    connection.data_received(text_frame(b"{}") + text_frame(b'{"id":2,"subscribe":{}}'))

    assert connection.joined.done()
    assert wire.frames()[1:] == [b'{"id":2,"subscribe":{"channel":"lobby"}}', b"{}"]
    assert notes.texts == []


async def test_a_refused_subscription_says_why() -> None:
    connection, wire, notes = opened(CENTRIFUGE)

    connection.data_received(text_frame(b'{"id":1,"error":{"code":103,"message":"denied"}}'))

    with pytest.raises(LoadError, match=r"refused to let a client in: denied \(103\)"):
        await connection.joined
    assert wire.closed
    assert notes.endings == []


async def test_pings_are_answered() -> None:
    connection, wire, _ = opened(TEXT)

    connection.data_received(b"\x89\x02hi")

    frame = parsed(wire.written[-1])
    assert (frame.opcode, frame.data) == (0xA, b"hi")


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (b"\x88\x06\x0f\xa0busy", "the server closed the connection with 4000 busy"),
        (b"\x88\x00", "the server closed the connection with 1005"),
        (b"\x81\x81abcdx", "the server masked a frame, which only clients do"),
        (b"", "the server dropped the connection without a word"),
    ],
)
async def test_an_end_is_told_once(end: bytes, why: str) -> None:
    connection, _, notes = opened(TEXT)

    if end:
        connection.data_received(end)
    connection.connection_lost(None)

    assert notes.endings == [why]


async def test_leaving_is_not_told_and_ends_speaking() -> None:
    connection, wire, notes = opened(TEXT)

    connection.leave()
    connection.say(b"late")
    connection.connection_lost(None)

    assert wire.closed
    assert wire.frames() == [b"\x03\xe8"]
    assert notes.endings == []
