from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.brokers.contract import Entry
from hubbub.hub.channels import HELD_LIMIT, TRANSITIONS, Channel, Phase, Step, Verdict
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.model import Position, Publication

RING_BYTES = 1 << 20


def live(ring_size: int = 8, history_size: int = 100) -> Channel:
    channel = Channel("room", Namespace(history_size=history_size), ring_size)
    channel.move(Step.CONFIRMED)
    channel.jump(Position("e", 0))
    channel.move(Step.SYNCED)
    return channel


def entry(offset: int, tag: int = 0, previous: int = -1, epoch: str = "e") -> Entry:
    previous = (offset - 1) * 10 if previous < 0 else previous
    return Entry(epoch, offset, tag or offset * 10, previous, 1000 + offset, b"x")


def take(channel: Channel, *entries: Entry) -> None:
    for one in entries:
        assert channel.judge(one) is Verdict.NEXT
        publication = Publication(b"12345", time=one.time, offset=one.offset, tag=one.tag)
        channel.advance(one, publication, RING_BYTES)


def test_the_table_has_one_way_to_live_and_back() -> None:
    channel = Channel("room", Namespace(), 8)
    seen = [channel.phase]
    for step in (Step.CONFIRMED, Step.SYNCED, Step.GAP, Step.HEALED):
        channel.move(step)
        seen.append(channel.phase)
    assert seen == [Phase.SUBSCRIBING, Phase.SYNCING, Phase.LIVE, Phase.HEALING, Phase.LIVE]
    assert set(TRANSITIONS.values()) == {Phase.SYNCING, Phase.LIVE, Phase.HEALING}


def test_a_step_outside_the_table_is_a_bug() -> None:
    with pytest.raises(KeyError):
        live().move(Step.CONFIRMED)


@pytest.mark.parametrize(
    ("coming", "verdict"),
    [
        (entry(4), Verdict.NEXT),
        (entry(5), Verdict.BREAK),
        (entry(4, previous=999), Verdict.BREAK),
        (entry(4, epoch="other"), Verdict.BREAK),
        (entry(3), Verdict.SEEN),
        (entry(2), Verdict.SEEN),
        (entry(3, tag=77), Verdict.BREAK),
        (entry(1, tag=77), Verdict.BREAK),
    ],
)
def test_judging_after_three_entries(coming: Entry, verdict: Verdict) -> None:
    channel = live()
    take(channel, entry(1), entry(2), entry(3))
    assert channel.judge(coming) is verdict


def test_an_old_offset_that_the_ring_forgot_counts_as_seen() -> None:
    channel = live(ring_size=2)
    take(channel, *(entry(n) for n in range(1, 6)))
    assert channel.judge(entry(1, tag=77)) is Verdict.SEEN


def test_entries_are_held_while_not_live_up_to_a_bound() -> None:
    channel = Channel("room", Namespace(), 8)
    assert channel.judge(entry(1)) is Verdict.HOLD
    for _ in range(HELD_LIMIT + 5):
        channel.hold(entry(1))
    assert len(channel.release()) == HELD_LIMIT
    assert channel.release() == []


@given(st.integers(0, 30), st.integers(1, 12), st.integers(0, 31))
def test_the_ring_gives_all_after_a_position_or_nothing(
    count: int, ring_size: int, since: int
) -> None:
    channel = live(ring_size)
    take(channel, *(entry(n) for n in range(1, count + 1)))
    found = channel.since(Position("e", since), oldest_ms=0)
    wanted = list(range(since + 1, count + 1))
    if since > count or len(wanted) > ring_size:
        assert found is None
    else:
        assert found is not None
        assert [publication.offset for publication in found] == wanted


def test_the_ring_refuses_other_epochs_wrong_tags_and_expired_publications() -> None:
    channel = live()
    take(channel, entry(1), entry(2), entry(3))
    assert channel.since(Position("other", 2), 0) is None
    assert channel.since(Position("e", 2, tag=20), 0) is not None
    assert channel.since(Position("e", 2, tag=21), 0) is None
    assert channel.since(Position("e", 3, tag=31), 0) is None
    assert channel.since(Position("e", 1), oldest_ms=1003) is None
    assert channel.since(Position("e", 2), oldest_ms=1003) is not None


def test_the_ring_is_bounded_by_bytes() -> None:
    channel = live(ring_size=100)
    for n in range(1, 51):
        channel.advance(entry(n), Publication(b"x" * 10, offset=n, time=n), ring_bytes=95)
    assert [p.offset for p in channel.ring] == list(range(42, 51))
    assert channel.ring_bytes == 90


def test_no_history_means_no_ring_but_offsets_are_still_judged() -> None:
    channel = live(history_size=0)
    take(channel, entry(1), entry(2))
    assert not channel.ring
    assert channel.judge(entry(4)) is Verdict.BREAK


def test_jumping_and_skipping_forget_the_ring() -> None:
    channel = live()
    take(channel, entry(1), entry(2))
    channel.skip(entry(3))
    assert (channel.position, len(channel.ring), channel.ring_bytes) == (Position("e", 3, 30), 0, 0)
    take(channel, entry(4))
    channel.jump(Position("f", 9, 5))
    assert (channel.position, len(channel.ring)) == (Position("f", 9, 5), 0)
