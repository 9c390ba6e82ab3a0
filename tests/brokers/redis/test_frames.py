"""The frame codec, against an encoder that spells out the documented layout."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.brokers.contract import Entry
from hubbub.brokers.redis.frames import (
    BrokenFrame,
    decode_announcement,
    decode_entry,
    encode_announcement,
)
from tests.brokers.redis.layout import entry_frame

ENTRIES = st.builds(
    Entry,
    epoch=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=255),
    offset=st.integers(0, 2**53),
    tag=st.integers(0, 2**32 - 1),
    previous=st.integers(0, 2**32 - 1),
    time=st.integers(0, 2**53),
    payload=st.binary(max_size=300),
)


@given(ENTRIES)
def test_entries_are_what_the_layout_says(entry: Entry) -> None:
    assert decode_entry(entry_frame(entry)) == entry


@given(st.binary(max_size=300))
def test_announcements_are_what_the_layout_says(payload: bytes) -> None:
    frame = b"\x02" + len(payload).to_bytes(4, "big") + payload

    assert encode_announcement(payload) == frame
    assert decode_announcement(frame) == payload


@given(ENTRIES, st.binary(min_size=1, max_size=20))
def test_an_entry_cut_anywhere_or_with_more_behind_it_is_broken(entry: Entry, more: bytes) -> None:
    frame = entry_frame(entry)
    for broken in (*(frame[:end] for end in range(len(frame))), frame + more):
        with pytest.raises(BrokenFrame):
            decode_entry(broken)


@given(st.binary(max_size=60), st.binary(min_size=1, max_size=20))
def test_an_announcement_cut_anywhere_or_with_more_behind_it_is_broken(
    payload: bytes, more: bytes
) -> None:
    frame = encode_announcement(payload)
    for broken in (*(frame[:end] for end in range(len(frame))), frame + more):
        with pytest.raises(BrokenFrame):
            decode_announcement(broken)


@given(st.binary(max_size=100))
def test_foreign_bytes_are_broken_or_the_very_frame(foreign: bytes) -> None:
    """Whatever a foreign program publishes: BrokenFrame, or bytes that we would have written so."""
    with suppress(BrokenFrame):
        assert entry_frame(decode_entry(foreign)) == foreign
    with suppress(BrokenFrame):
        assert encode_announcement(decode_announcement(foreign)) == foreign


def test_an_epoch_that_is_not_ascii_is_broken() -> None:
    frame = entry_frame(Entry("abc", 1, 2, 3, 4, b"x"))

    with pytest.raises(BrokenFrame):
        decode_entry(frame.replace(b"abc", b"ab\xff"))
