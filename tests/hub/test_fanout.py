from __future__ import annotations

from hubbub.dialects.envelope import ENVELOPE
from hubbub.dialects.filters import TagFilter
from hubbub.dialects.text import PLAIN
from hubbub.hub.encoding import Encoding
from hubbub.hub.encodings import Encodings
from hubbub.hub.envelope import Joined
from hubbub.hub.fanout import Audience, write_all, write_one
from hubbub.model import ClientInfo, Kind, Publication
from tests.fakes.carrier import Carrier, lines

PLAIN_LINES = Encoding(PLAIN, lines, joins=True)
EVEN = frozenset("02468")
ENVELOPED = Encoding(ENVELOPE, lines, joins=True)


def text(data: str, exclude: str = "") -> Publication:
    return Publication(data.encode(), Kind.TEXT, exclude=exclude)


def test_one_turn_is_one_shared_object_per_encoding() -> None:
    written: list[bytes] = []
    audience = Audience("room")
    audience.add(PLAIN_LINES, "a", written.append)
    audience.add(PLAIN_LINES, "b", written.append)
    assert audience.put(text("1")) is True
    assert audience.put(text("2")) is False
    assert audience.flush() == (4, 4)
    assert written == [b"1\n2\n", b"1\n2\n"]
    assert written[0] is written[1]
    assert audience.flush() == (0, 0)


def test_excluded_sessions_miss_only_what_excludes_them() -> None:
    carriers = {name: Carrier() for name in "abc"}
    audience = Audience("room")
    for name, carrier in carriers.items():
        audience.add(PLAIN_LINES, name, carrier.write)
    for event in (text("1"), text("2", exclude="a"), text("3", exclude="b"), text("4")):
        audience.put(event)
    audience.flush()
    assert {n: "".join(c.lines()) for n, c in carriers.items()} == {
        "a": "134",
        "b": "124",
        "c": "1234",
    }


def test_joins_reach_only_those_who_can_be_shown_them() -> None:
    plain, enveloped = Carrier(), Carrier()
    audience = Audience("room")
    audience.add(PLAIN_LINES, "p", plain.write)
    audience.add(ENVELOPED, "e", enveloped.write)
    audience.put(Joined(ClientInfo("ann", "s1")))
    audience.flush()
    assert plain.data == b""
    assert b'"joined"' in enveloped.data


def test_a_closed_transport_does_not_stop_the_others() -> None:
    carriers = [Carrier() for _ in range(5)]
    carriers[1].broken = carriers[2].broken = carriers[4].broken = True
    write_all([carrier.write for carrier in carriers], b"x")
    assert [carrier.data for carrier in carriers] == [b"x", b"", b"", b"x", b""]


def test_leaving_takes_the_group_away_with_the_last_one() -> None:
    audience = Audience("room")
    audience.add(PLAIN_LINES, "a", Carrier().write)
    audience.add(ENVELOPED, "b", Carrier().write)
    assert (len(audience), sorted(audience.sessions())) == (2, ["a", "b"])
    audience.remove(PLAIN_LINES, "a")
    audience.remove(PLAIN_LINES, "a")
    assert (len(audience), list(audience.sessions())) == (1, ["b"])


def test_a_filter_shows_some_of_it_to_its_own_and_all_to_the_others() -> None:
    encodings = Encodings()
    everything = encodings.of(PLAIN, lines, joins=False)
    even = encodings.of(PLAIN, lines, joins=False, filter=TagFilter("", "n", "in", "", EVEN))
    carriers = {name: Carrier() for name in ("all", "even", "sender")}
    audience = Audience("room")
    audience.add(everything, "all", carriers["all"].write)
    for name in ("even", "sender"):
        audience.add(even, name, carriers[name].write)
    for number in "1234":
        exclude = "sender" if number == "4" else ""
        audience.put(Publication(number.encode(), tags={"n": number}, exclude=exclude))
    assert audience.flush() == (8, 8)
    assert {n: "".join(c.lines()) for n, c in carriers.items()} == {
        "all": "1234",
        "even": "24",
        "sender": "2",
    }


def test_only_so_many_filters() -> None:
    encodings = Encodings()
    audience = Audience("room")
    filters = [
        encodings.of(PLAIN, lines, joins=False, filter=TagFilter("", "n", "eq", str(n)))
        for n in range(3)
    ]
    for n, encoding in enumerate(filters[:2]):
        assert audience.has_room(encoding, 2)
        audience.add(encoding, f"s{n}", Carrier().write)
    assert not audience.has_room(filters[2], 2)
    assert audience.has_room(filters[0], 2)
    assert audience.has_room(PLAIN_LINES, 2)
    audience.remove(filters[0], "s0")
    assert audience.has_room(filters[2], 2)
    both = TagFilter("and", nodes=(TagFilter("", "n", "ex"), TagFilter("", "m", "ex")))
    assert not audience.has_room(encodings.of(PLAIN, lines, joins=False, filter=both), 2)
    assert audience.has_room(encodings.of(PLAIN, lines, joins=False, filter=both), 3)
    audience.add(encodings.of(ENVELOPE, lines, joins=True, filter=filters[1].filter), "s2", print)
    assert audience.has_room(filters[2], 2)
    audience.remove(filters[1], "s1")
    assert not audience.has_room(filters[2], 1)


def test_a_subscriber_that_fails_does_not_stop_the_others() -> None:
    def fails(data: bytes) -> None:
        raise ValueError("a bug")

    first, last = Carrier(), Carrier()
    write_all([first.write, fails, last.write], b"x")
    assert (first.data, last.data) == (b"x", b"x")
    write_one(fails, b"x")
    first.broken = True
    for carrier in (first, last):
        write_one(carrier.write, b"y")
    assert (first.data, last.data) == (b"x", b"xy")
