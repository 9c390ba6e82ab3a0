from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.cli.load.ledger import Faults, Ledger, Subscriber, Tag, message, tags

RUN = b"0badcafe"


def stage(members: int, published: int) -> tuple[Ledger, list[Subscriber]]:
    """One room with publisher 0, who has published so many."""
    ledger = Ledger({0: 0})
    who = [ledger.subscriber(0) for _ in range(members)]
    for _ in range(published):
        ledger.publish(0)
    return ledger, who


def tag(sequence: int, publisher: int = 0, room: int = 0) -> Tag:
    return Tag(room, publisher, sequence, 0)


def test_a_clean_run_has_no_faults() -> None:
    ledger, who = stage(members=2, published=3)

    ends = [ledger.deliver(one, tag(n)) for n in (1, 2, 3) for one in who]

    assert ends == [False, True] * 3
    assert ledger.faults() == Faults()
    assert not ledger.faults()
    assert (ledger.expected, ledger.delivered, ledger.in_flight) == (6, 6, 0)


def test_what_nobody_has_seen_yet_is_lost_until_it_comes() -> None:
    ledger, who = stage(members=2, published=1)
    assert ledger.faults() == Faults(lost=2)

    ledger.deliver(who[0], tag(1))

    assert ledger.faults() == Faults(lost=1)
    assert ledger.in_flight == 1


@pytest.mark.parametrize(
    ("seen", "faults"),
    [
        ([1, 3], Faults(lost=1)),
        ([1, 2], Faults(lost=1)),
        ([2, 3], Faults(lost=1)),
        ([1, 2, 2, 3], Faults(doubled=1)),
        ([1, 2, 3, 3, 3], Faults(doubled=2)),
        ([2, 1, 3], Faults(misordered=1)),
        ([3, 2, 1], Faults(misordered=2)),
        ([1, 3, 3], Faults(lost=1, doubled=1)),
        ([2, 1, 1, 3], Faults(misordered=1, doubled=1)),
        ([1, 2, 3, 4], Faults(strayed=1)),
    ],
)
def test_each_fault_is_named(seen: list[int], faults: Faults) -> None:
    ledger, (one,) = stage(members=1, published=3)

    for sequence in seen:
        ledger.deliver(one, tag(sequence))

    assert ledger.faults() == faults


@pytest.mark.parametrize("first", [0, 1, 2])
def test_who_saw_it_wrong_is_blamed_whoever_saw_it_first(first: int) -> None:
    ledger, who = stage(members=3, published=4)
    seen = {0: [1, 2, 3, 4], 1: [1, 3, 2, 4], 2: [1, 2, 3, 4]}

    for number in sorted(seen, key=lambda number: number != first):
        for sequence in seen[number]:
            ledger.deliver(who[number], tag(sequence))

    assert ledger.faults() == Faults(misordered=1)
    assert ledger.in_flight == 0


def test_a_message_for_another_room_or_of_nobody_is_astray() -> None:
    ledger = Ledger({0: 0, 1: 1})
    here, _ = ledger.subscriber(0), ledger.subscriber(1)
    ledger.publish(1)

    ledger.deliver(here, tag(1, publisher=1, room=1))
    ledger.deliver(here, tag(1, publisher=7))

    assert ledger.faults() == Faults(lost=1, strayed=2)


def test_subscribers_who_disagree_about_two_publishers_are_found() -> None:
    ledger = Ledger({0: 0, 1: 0})
    one, other = ledger.subscriber(0), ledger.subscriber(0)
    ledger.publish(0)
    ledger.publish(1)

    for publisher in (0, 1):
        ledger.deliver(one, tag(1, publisher))
    for publisher in (1, 0):
        ledger.deliver(other, tag(1, publisher))

    assert ledger.faults() == Faults(misordered=1)


def test_a_loss_does_not_make_the_rest_look_misordered() -> None:
    ledger = Ledger({0: 0, 1: 0})
    one, other = ledger.subscriber(0), ledger.subscriber(0)
    order = [(0, 1), (1, 1), (0, 2), (1, 2)]
    for publisher, _ in order:
        ledger.publish(publisher)

    for publisher, sequence in order:
        ledger.deliver(one, tag(sequence, publisher))
    for publisher, sequence in order[1:]:
        ledger.deliver(other, tag(sequence, publisher))

    assert ledger.faults() == Faults(lost=1)


@settings(deadline=None)
@given(st.lists(st.integers(1, 12), max_size=40))
def test_losses_and_doubles_agree_with_counting(seen: list[int]) -> None:
    ledger, (one,) = stage(members=1, published=12)

    for sequence in seen:
        ledger.deliver(one, tag(sequence))

    counts = Counter(seen)
    faults = ledger.faults()
    assert faults.lost == 12 - len(counts)
    assert faults.doubled == len(seen) - len(counts)
    assert faults.strayed == 0
    firsts = list(dict.fromkeys(seen))
    assert faults.misordered == sum(
        any(earlier > now for earlier in firsts[:at]) for at, now in enumerate(firsts)
    )


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 20))
def test_any_common_interleaving_is_clean(seed: int, publishers: int, each: int) -> None:
    chance = random.Random(seed)
    ledger = Ledger(dict.fromkeys(range(publishers), 0))
    who = [ledger.subscriber(0) for _ in range(3)]
    left = dict.fromkeys(range(publishers), each)
    while left:
        publisher = chance.choice(list(left))
        left[publisher] -= 1
        if not left[publisher]:
            del left[publisher]
        sequence = ledger.publish(publisher)
        for one in who:
            ledger.deliver(one, tag(sequence, publisher))

    assert not ledger.faults()
    assert ledger.in_flight == 0


def test_a_tag_survives_any_wrapping() -> None:
    told = Tag(3, 14, 159, 2653589793238)
    text = b'{"push":{"pub":{"data":"' + message(RUN, told, 90) + b'"}}}\n' + message(RUN, told, 90)

    assert tags(RUN, text) == [told, told]
    assert tags(b"deadbeef", text) == []
    assert tags(RUN, b"hubbub-bench:0badcafe:3:14:") == []


@settings(deadline=None)
@given(st.integers(64, 2000))
def test_messages_have_the_size_asked_for(size: int) -> None:
    assert len(message(RUN, Tag(9_999, 59_999, 10**8, 10**15), size)) == size
