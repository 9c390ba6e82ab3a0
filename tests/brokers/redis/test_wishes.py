"""Wishes against a server that executes and confirms in order, through every race."""

from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from hubbub.brokers.redis.wishes import Wishes

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["want"] * 3 + ["release"] * 3 + ["flush"] * 2 + ["confirm"] * 4 + ["cut"]),
        st.sampled_from([b"a", b"b", b"c"]),
    ),
    max_size=80,
)


class Server:
    """What Redis does with the commands of one connection."""

    def __init__(self) -> None:
        self.subscribed: set[bytes] = set()
        self.confirmations: deque[tuple[bytes, bool]] = deque()

    def take(self, wishes: Wishes) -> list[bytes]:
        """Execute what is to be sent now; return the names that were settled without it."""
        change = wishes.take()
        self.subscribed |= set(change.subscribe)
        self.confirmations += [(name, True) for name in change.subscribe]
        self.subscribed -= set(change.unsubscribe)
        self.confirmations += [(name, False) for name in change.unsubscribe]
        return change.settled


@given(STEPS)
def test_the_last_wish_wins_and_every_wait_ends(steps: list[tuple[str, bytes]]) -> None:
    wishes, server = Wishes(), Server()
    wanted: set[bytes] = set()
    waiting: set[bytes] = set()
    standing: set[bytes] = set()
    for verb, name in steps:
        if verb == "want":
            wanted.add(name)
            if wishes.want(name):
                assert name in server.subscribed
            else:
                waiting.add(name)
        elif verb == "release":
            wanted.discard(name)
            wishes.release(name)
        elif verb == "flush":
            waiting -= set(server.take(wishes))
        elif verb == "confirm" and server.confirmations:
            first, stands = server.confirmations.popleft()
            standing = standing | {first} if stands else standing - {first}
            if wishes.confirm(first, stands):
                assert (first in server.subscribed) == (first in wanted)
                waiting.discard(first)
        elif verb == "cut":
            server, standing = Server(), set()
            waiting -= set(wishes.interrupt())
        assert {each for each in (b"a", b"b", b"c") if each in wishes} == wanted
        assert {each for each in (b"a", b"b", b"c") if wishes.stands(each)} == standing

    for _ in range(3):
        waiting -= set(server.take(wishes))
        while server.confirmations:
            first, stands = server.confirmations.popleft()
            if wishes.confirm(first, stands):
                waiting.discard(first)
    assert server.subscribed == wanted
    assert waiting == set()
    assert len(wishes) == len(wanted)
    assert all(wishes.want(name) for name in wanted)


def test_a_flip_within_one_turn_sends_nothing() -> None:
    wishes = Wishes()
    wishes.want(b"a")
    wishes.release(b"a")

    assert wishes.take() == ([], [], [b"a"])
    assert len(wishes) == 0


def test_names_are_asked_for_in_the_order_of_the_wishes() -> None:
    wishes = Wishes()
    for name in (b"c", b"a", b"b"):
        wishes.want(name)

    assert wishes.take().subscribe == [b"c", b"a", b"b"]
    wishes.interrupt()
    assert wishes.take().subscribe == [b"c", b"a", b"b"]


def test_a_confirmation_that_nobody_awaits_changes_nothing() -> None:
    wishes = Wishes()

    assert not wishes.confirm(b"a", stands=True)
    wishes.want(b"a")
    assert not wishes.confirm(b"a", stands=True)
    assert wishes.take().subscribe == [b"a"]
