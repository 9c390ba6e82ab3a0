from __future__ import annotations

from hubbub.dialects.envelope import ENVELOPE
from hubbub.dialects.text import PLAIN
from hubbub.hub.encoding import Encoding, Encodings
from hubbub.hub.envelope import Joined, Left
from hubbub.model import ClientInfo, Kind, Packet, Publication
from tests.fakes.carrier import lines

ANN = ClientInfo("ann", "s1")


def other_lines(packet: Packet) -> bytes:
    """Frame like another transport."""
    return packet.data + b"\r\n"


HELLO = Publication(b"hello", Kind.TEXT, offset=1)


def test_events_of_one_turn_are_one_object_in_order() -> None:
    encoding = Encoding(PLAIN, lines, joins=False)
    assert encoding.render("room", [HELLO]) == b"hello\n"
    assert encoding.render("room", [HELLO, Publication(b"[1]"), HELLO]) == b"hello\n[1]\nhello\n"


def test_joins_are_rendered_where_they_are_wanted_and_the_renderer_can() -> None:
    wanted = Encoding(ENVELOPE, lines, joins=True)
    unwanted = Encoding(ENVELOPE, lines, joins=False)
    impossible = Encoding(PLAIN, lines, joins=True)
    assert b'"joined"' in wanted.render("room", [Joined(ANN)])
    assert b'"left"' in wanted.render("room", [Left(ANN)])
    assert unwanted.render("room", [Joined(ANN), Left(ANN)]) == b""
    assert impossible.render("room", [Joined(ANN), HELLO, Left(ANN)]) == b"hello\n"


def test_what_cannot_be_shown_costs_only_itself() -> None:
    broken = Publication(b'"\xed\xa0\x80"')  # a JSON string that is not UTF-8
    encoding = Encoding(PLAIN, lines, joins=False)
    assert encoding.render("room", [HELLO, broken, HELLO]) == b"hello\nhello\n"
    assert encoding.render("room", [broken]) == b""


def test_one_encoding_is_shared_by_all_who_may_share_bytes() -> None:
    encodings = Encodings()
    one = encodings.of(PLAIN, lines, joins=False)
    assert encodings.of(PLAIN, lines, joins=False) is one
    assert encodings.of(PLAIN, other_lines, joins=False) is not one
