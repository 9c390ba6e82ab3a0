from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64

import pytest

from hubbub.dialects import contract as say
from hubbub.dialects.contract import Dialect
from hubbub.dialects.stomp.renderer import StompRenderer
from hubbub.dialects.stomp.versions import Version
from hubbub.dialects.text import PLAIN, TextDialect, TextSettings
from hubbub.errors import SHUTDOWN, Close, ProtocolViolation
from hubbub.framings.framed import framed
from hubbub.framings.sockjs import frames
from hubbub.framings.sockjs.conversation import SockJsRequests, SockJsSocket
from hubbub.model import Kind, Packet, Packets, Publication
from tests.contracts.dialect import DialectContract, parts


def plain() -> TextDialect:
    return TextDialect(TextSettings(), "room", "ann")


class TestRequests(DialectContract):
    def make(self) -> Dialect:
        return SockJsRequests(plain())

    def shown(self, packet: Packet) -> object:
        (text,) = json.loads(packet.data[1:])
        return text

    def expected(self, publication: Publication) -> object:
        (shown,) = parts(PLAIN.publication("room", publication))
        text = b2a_base64(shown.data, newline=False) if shown.binary else shown.data
        return text.decode()

    def test_missed_publications_go_out_once(self) -> None:
        assert self.make().replays


def test_it_opens_before_the_dialect_does() -> None:
    dialect = SockJsSocket(plain())
    opened, *rest = dialect.open()
    assert opened == say.Opened()
    assert rest == list(plain().open())
    assert dialect.reply(opened, say.Greeting("n1.s1", 25, 20)) == Packet(b"o")
    assert dialect.push(say.Ping()) == Packet(b"h")
    assert dialect.renderer is framed(PLAIN, frames.message, True)


def test_an_array_is_several_messages() -> None:
    dialect = SockJsSocket(plain())
    assert dialect.receive(Packet(b"")) == ()
    texts = [
        command.data
        for command in dialect.receive(Packet(b'["a","b"]'))
        if isinstance(command, say.Publish)
    ]
    assert texts == [b"a", b"b"]
    assert dialect.receive(Packet(b"[]")) == []
    for broken in (Packet(b'["a'), Packet(b'["a"]', binary=True)):
        with pytest.raises(ProtocolViolation):
            dialect.receive(broken)


def test_a_request_has_brought_one_message() -> None:
    (command,) = SockJsRequests(plain()).receive(Packet(b'["a"]'))
    assert command == say.Publish("room", b'["a"]', Kind.JSON)


class _Polite(TextDialect):
    """A dialect which says goodbye even where its carrier does."""

    __slots__ = ()

    says_farewell = True

    def farewell(self, close: Close) -> Packet | None:
        return Packet(b"bye")


def test_the_end_is_a_frame_over_a_websocket_and_the_carriers_word_elsewhere() -> None:
    end = Packet(b'c[3001,"shutdown"]')
    assert SockJsSocket(plain()).says_farewell
    assert _said(SockJsSocket(plain()).farewell(SHUTDOWN)) == [end]
    assert not SockJsRequests(plain()).says_farewell
    polite = _Polite(TextSettings(), "room", "ann")
    assert _said(SockJsSocket(polite).farewell(SHUTDOWN)) == [Packet(b'a["bye"]'), end]
    assert SockJsRequests(polite).says_farewell
    assert _said(SockJsRequests(polite).farewell(SHUTDOWN)) == [Packet(b'a["bye"]')]


def _said(packets: Packets | None) -> list[Packet]:
    return [] if packets is None else parts(packets)


def test_bytes_can_be_had_back() -> None:
    shown = framed(PLAIN, frames.message, True).publication(
        "room", Publication(b"\xff", Kind.BINARY)
    )
    (text,) = json.loads(parts(shown)[0].data[1:])
    assert a2b_base64(text) == b"\xff"


def test_bytes_in_a_frame_of_stomp_are_a_text_that_fits_its_headers() -> None:
    renderer = framed(StompRenderer(Version.V1_2), frames.message, True)
    shown = renderer.publication("room", Publication(b"\xff\x00", Kind.BINARY))
    (text,) = json.loads(parts(shown)[0].data[1:])
    head, _, body = text.partition("\n\n")
    assert "content-length:4" in head.split("\n")
    assert body.removesuffix("\0") == "/wA="
