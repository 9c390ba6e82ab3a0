from __future__ import annotations

import gc
from dataclasses import replace
from weakref import ref

from hubbub.dialects.filters import TagFilter
from hubbub.dialects.stomp.renderer import Leg, renderer_of
from hubbub.dialects.stomp.versions import Version
from hubbub.dialects.text import PLAIN
from hubbub.hub.encoding import Encoding
from hubbub.hub.encodings import Encodings
from hubbub.hub.outlines import OutlinedEncoding
from hubbub.transports.websocket.cuts import CUTS
from hubbub.transports.websocket.frames import plain_frame
from tests.fakes.carrier import lines

EVEN = TagFilter("", "parity", "eq", "even")
ONE = renderer_of(Version.V1_2, (Leg("a"),))


def test_equal_filters_share_and_what_nobody_has_is_forgotten() -> None:
    encodings = Encodings()
    one = encodings.of(PLAIN, lines, joins=False, filter=EVEN)
    assert encodings.of(PLAIN, lines, joins=False, filter=replace(EVEN)) is one
    assert encodings.of(PLAIN, lines, joins=False) is not one
    assert len(encodings) == 2
    del one
    gc.collect()
    assert len(encodings) == 0


def test_filters_that_are_alike_are_one_in_all_encodings() -> None:
    encodings = Encodings()
    first = encodings.of(PLAIN, lines, joins=False, filter=EVEN)
    second = encodings.of(ONE, lines, joins=False, filter=replace(EVEN))
    assert first is not second
    assert first.filter is second.filter


def test_a_filter_that_nobody_has_is_forgotten() -> None:
    """Clients make filters up: what is kept of each for ever would fill the memory."""
    encodings = Encodings()
    filter = TagFilter("", "parity", "eq", "odd")
    left = ref(filter)
    for each in (filter, replace(filter)):
        assert encodings.of(PLAIN, lines, joins=False, filter=each).filter == filter
    del filter, each
    gc.collect()
    assert left() is None


def test_a_word_is_put_into_an_outline_where_the_frame_can_be_cut() -> None:
    encodings = Encodings(CUTS)
    one = encodings.of(ONE, plain_frame, joins=True)
    assert isinstance(one, OutlinedEncoding)
    assert encodings.of(ONE, plain_frame, joins=True) is one
    both = renderer_of(Version.V1_2, (Leg("a"), Leg("b")))
    wholes = ((ONE, lines), (both, plain_frame), (PLAIN, plain_frame))
    assert all(type(encodings.of(each, frame, False)) is Encoding for each, frame in wholes)
    assert type(Encodings().of(ONE, plain_frame, False)) is Encoding
