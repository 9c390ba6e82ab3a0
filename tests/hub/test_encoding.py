from __future__ import annotations

import pytest

from hubbub.dialects.envelope import ENVELOPE
from hubbub.dialects.text import PLAIN
from hubbub.hub.encoding import Encoding, Encodings, Event
from hubbub.hub.envelope import Joined, Left
from hubbub.model import ClientInfo, Kind, Packet, Publication
from tests.fakes.carrier import lines

ANN = ClientInfo("ann", "s1")
HELLO = Publication(b"hello", Kind.TEXT)
WORLD = Publication(b"world", Kind.TEXT)


def other_frame(packet: Packet) -> bytes:
    return b"<%b>" % packet.data


def test_events_of_one_turn_are_one_object_in_their_order() -> None:
    encoding = Encoding(PLAIN, lines, joins=False)

    assert encoding.render("a", [HELLO, WORLD]) == b"hello\nworld\n"


def test_one_event_is_framed_once() -> None:
    framed: list[Packet] = []

    def frame(packet: Packet) -> bytes:
        framed.append(packet)
        return packet.data

    assert Encoding(PLAIN, frame, joins=False).render("a", [HELLO]) == b"hello"
    assert framed == [Packet(b"hello")]


@pytest.mark.parametrize("event", [Joined(ANN), Left(ANN)])
def test_who_does_not_care_for_joins_gets_no_bytes_of_them(event: Event) -> None:
    encoding = Encoding(ENVELOPE, lines, joins=False)

    assert encoding.render("a", [event]) == b""
    assert encoding.render("a", [event, HELLO]) == encoding.render("a", [HELLO])


@pytest.mark.parametrize(("event", "word"), [(Joined(ANN), b'"joined"'), (Left(ANN), b'"left"')])
def test_who_cares_for_joins_is_told(event: Event, word: bytes) -> None:
    encoding = Encoding(ENVELOPE, lines, joins=True)

    assert encoding.joins
    assert word in encoding.render("a", [event])


def test_a_dialect_without_a_word_for_joins_never_has_to_show_them() -> None:
    encoding = Encoding(PLAIN, lines, joins=True)

    assert not encoding.joins
    assert encoding.render("a", [Joined(ANN), HELLO]) == b"hello\n"


def test_the_same_combination_is_the_same_object() -> None:
    encodings = Encodings()
    first = encodings.of(ENVELOPE, lines, True)

    assert encodings.of(ENVELOPE, lines, True) is first
    assert encodings.of(ENVELOPE, lines, False) is not first
    assert encodings.of(ENVELOPE, other_frame, True) is not first
    assert encodings.of(PLAIN, lines, True) is not first
