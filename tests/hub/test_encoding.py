from __future__ import annotations

from hubbub.dialects.envelope import ENVELOPE, EnvelopeRenderer
from hubbub.dialects.filters import TagFilter
from hubbub.dialects.text import PLAIN
from hubbub.hub.encoding import Encoding, Event, Turn
from hubbub.hub.encodings import Encodings
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


def tagged(number: int, **tags: str) -> Publication:
    return Publication(str(number).encode(), Kind.TEXT, tags=tags, offset=number)


EVEN = TagFilter("", "parity", "eq", "even")
EVENTS: list[Event] = [
    tagged(1, parity="odd"),
    tagged(2, parity="even"),
    Joined(ANN),
    tagged(4, parity="even"),
]


class Counting(EnvelopeRenderer):
    """Render like the envelope, and count."""

    rendered = 0

    def publication(self, channel: str, publication: Publication) -> Packet:
        self.rendered += 1
        return super().publication(channel, publication)


def test_a_filter_chooses_among_the_bytes_that_are_there() -> None:
    renderer, encodings = Counting(), Encodings()
    whole = encodings.of(renderer, lines, joins=True)
    even = encodings.of(renderer, lines, joins=True, filter=EVEN)
    odd = encodings.of(renderer, lines, joins=True, filter=TagFilter("", "parity", "neq", "even"))
    turn = Turn("room", EVENTS, 3)

    pieces = whole.pieces(turn)
    assert even.say(turn) == (pieces[1] + pieces[2] + pieces[3], 2)
    assert odd.say(turn) == (pieces[0] + pieces[2], 1)
    assert renderer.rendered == 3
    assert whole.say(turn) == (b"".join(pieces), 3)


def test_many_filters_cost_no_more_renderings_than_one() -> None:
    renderer, encodings = Counting(), Encodings()
    filters = [TagFilter("or", nodes=(EVEN, TagFilter("", "n", "eq", str(n)))) for n in range(50)]
    many = [encodings.of(renderer, lines, joins=True, filter=each) for each in filters]
    turn = Turn("room", EVENTS, 3)
    said = [each.say(turn)[0] for each in many]

    assert renderer.rendered == 3
    assert all(data is said[0] for data in said)

    turn = Turn("room", [EVENTS[1]], 1)
    whole = encodings.of(renderer, lines, joins=True).say(turn)[0]
    assert all(each.say(turn) == (whole, 1) and each.say(turn)[0] is whole for each in many)
    assert renderer.rendered == 4


def test_what_matches_nothing_is_not_rendered() -> None:
    renderer = Counting()
    turn = Turn("room", [EVENTS[0]], 1)
    assert Encodings().of(renderer, lines, joins=True, filter=EVEN).say(turn) == (b"", 0)
    assert renderer.rendered == 0


def test_what_was_missed_is_chosen_by_the_same_filter() -> None:
    missed = [tagged(1, parity="odd"), tagged(2, parity="even")]
    encodings = Encodings()
    assert encodings.of(ENVELOPE, lines, joins=True).shown(missed) == missed
    assert encodings.of(ENVELOPE, lines, joins=True, filter=EVEN).shown(missed) == missed[1:]


class Halves(EnvelopeRenderer):
    """Render each publication as two packets."""

    def publication(self, channel: str, publication: Publication) -> list[Packet]:  # type: ignore[override]
        return [Packet(b"head"), Packet(publication.data)]


def test_several_packets_of_one_event_stay_together() -> None:
    encoding = Encoding(Halves(), lines, joins=False)
    assert encoding.render("room", [HELLO, HELLO]) == b"head\nhello\nhead\nhello\n"
