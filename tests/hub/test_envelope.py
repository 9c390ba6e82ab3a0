from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.brokers.contract import Entry
from hubbub.hub.envelope import (
    Joined,
    Left,
    Published,
    UnreadableEnvelope,
    encode,
    open_announcement,
    open_entry,
    open_member,
)
from hubbub.model import ClientInfo, Kind, Publication

INFOS = st.builds(ClientInfo, st.text(), st.text(), st.binary(), st.binary())
SAID = st.builds(
    Published,
    st.binary(),
    st.sampled_from(Kind),
    st.none() | INFOS,
    st.none() | st.dictionaries(st.text(), st.text()),
    st.text(),
)


@given(SAID, st.integers(1, 2**53), st.integers(1, 2**32 - 1), st.integers(0, 2**53))
def test_a_publication_survives_the_journey(
    said: Published, offset: int, tag: int, time: int
) -> None:
    entry = Entry("e", offset, tag, 0, time, encode(said))
    assert open_entry(entry) == Publication(
        said.data, said.kind, said.sender, said.tags, said.exclude, time, offset, tag
    )


@given(INFOS)
def test_joins_leaves_and_members_survive_the_journey(info: ClientInfo) -> None:
    assert open_announcement(encode(Joined(info))) == Joined(info)
    assert open_announcement(encode(Left(info))) == Left(info)
    assert open_member(encode(info)) == info


def test_an_ephemeral_publication_keeps_its_senders_time() -> None:
    said = Published(b"x", Kind.TEXT, time=5)
    assert open_announcement(encode(said)) == Publication(b"x", Kind.TEXT, time=5)


@given(st.binary())
def test_garbage_is_an_error_of_that_message_only(garbage: bytes) -> None:
    for reader in (open_announcement, open_member):
        try:
            reader(garbage)
        except UnreadableEnvelope:
            continue


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x91\xa2p9", b"\x93\xa2p1\xc4\x01x\x09"])
def test_unknown_shapes_are_unreadable(payload: bytes) -> None:
    with pytest.raises(UnreadableEnvelope):
        open_entry(Entry("e", 1, 1, 0, 0, payload))
