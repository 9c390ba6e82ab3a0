from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.dialects.contract import Pieces
from hubbub.dialects.filters import TagFilter
from hubbub.dialects.stomp.renderer import Leg, renderer_of
from hubbub.dialects.stomp.versions import Version
from hubbub.hub.encoding import Encoding, Event, Turn
from hubbub.hub.encodings import Encodings
from hubbub.hub.envelope import Joined
from hubbub.hub.outlines import Outline
from hubbub.model import ClientInfo, Kind, Publication
from hubbub.transports.websocket.cuts import CUTS, plain_cut
from hubbub.transports.websocket.frames import plain_frame

ids = st.text(min_size=1, max_size=140)
publications = st.builds(
    Publication,
    st.binary(max_size=200),
    st.sampled_from(Kind),
    st.none() | st.just(ClientInfo("li", "s1")),
    st.none() | st.dictionaries(st.sampled_from("abc"), st.text(max_size=5), max_size=2),
    st.just(""),
    st.integers(0, 9),
    st.integers(0, 99),
    st.integers(0, 2**32),
)
events = st.lists(publications | st.just(Joined(ClientInfo("ann", "s2"))), min_size=1, max_size=4)
LONG = TagFilter("", "a", "ex")


def turn_of(happened: list[Event]) -> Turn:
    return Turn("room", happened, sum(isinstance(each, Publication) for each in happened))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(Version), st.lists(ids, min_size=1, max_size=4), st.booleans(), events)
def test_it_is_what_each_would_have_been_shown_alone(
    version: Version, words: list[str], acks: bool, happened: list[Event]
) -> None:
    encodings, shared, filtered = Encodings(CUTS), turn_of(happened), turn_of(happened)
    for word in words:
        renderer = renderer_of(version, (Leg(word, acks=acks),))
        alone = Encoding(renderer, plain_frame, joins=False)
        said = encodings.of(renderer, plain_frame, joins=False).say(shared)
        assert said == alone.say(turn_of(happened))
        some = encodings.of(renderer, plain_frame, joins=False, filter=LONG).say(filtered)
        chosen = [
            each
            for each in happened
            if not isinstance(each, Publication) or "a" in (each.tags or ())
        ]
        assert some == (alone.say(turn_of(chosen)) if chosen else (b"", 0))


class Strict:
    """Show texts, and nothing else."""

    def publication(self, channel: str, publication: Publication) -> Pieces:
        return Pieces((publication.data.decode().encode(), b"."))


def test_what_cannot_be_shown_costs_only_itself() -> None:
    outline = Outline(Strict(), plain_cut, 1)
    shown = outline.of("room", [Publication(b"1"), Publication(b"\xff"), Publication(b"2")])
    assert b"-".join(shown) == b"\x81\x031-.\x81\x032-."
