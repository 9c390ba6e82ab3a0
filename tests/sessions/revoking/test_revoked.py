from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.sessions.revoking.revoked import (
    NAME_LIMIT,
    Revocation,
    RevokedList,
    Scope,
    UnreadableRevocation,
    decode,
    encode,
)

NAMES = st.sampled_from(["ann", "bob", "t1"])
REVOCATIONS = st.builds(
    Revocation, st.sampled_from(Scope), NAMES, st.integers(0, 50), st.integers(0, 100)
)


@pytest.mark.parametrize(
    ("scope", "name", "shown", "hit"),
    [
        (Scope.USER, "ann", ("ann", "t1", 99, "s1"), True),
        (Scope.USER, "ann", ("ann", "t1", 100, "s1"), True),
        (Scope.USER, "ann", ("ann", "t1", 101, "s1"), False),
        (Scope.USER, "ann", ("ann", "", 0, "s1"), True),
        (Scope.USER, "ann", ("bob", "t1", 99, "s1"), False),
        (Scope.TOKEN, "t1", ("ann", "t1", 500, "s1"), True),
        (Scope.TOKEN, "t1", ("ann", "t2", 99, "t1"), False),
        (Scope.TOKEN, "t1", ("ann", "", 99, "s1"), False),
        (Scope.SESSION, "s1", ("ann", "t1", 500, "s1"), True),
        (Scope.SESSION, "s1", ("s1", "s1", 99, "s2"), False),
    ],
)
def test_what_a_revocation_hits(
    scope: Scope, name: str, shown: tuple[str, str, int, str], hit: bool
) -> None:
    revocation = Revocation(scope, name, 100, 1000)
    assert revocation.hits(*shown) is hit
    known = RevokedList()
    assert not known.check(*shown)
    known.add(revocation, 100)
    assert known.check(*shown) is hit


@given(st.lists(st.tuples(REVOCATIONS, st.integers(0, 3))), st.randoms())
def test_the_list_says_what_all_revocations_together_say_in_any_order(
    steps: list[tuple[Revocation, int]], random: object
) -> None:
    known, said, now = RevokedList(), list[Revocation](), 0
    for revocation, passes in steps:
        now += passes
        known.add(revocation, now)
        known.expire(now)
        said.append(revocation)
        living = [each for each in said if each.until_s > now]
        for user, issued_at in (("ann", 10), ("bob", 40), ("t1", 0)):
            shown = (user, "t1", issued_at, "ann")
            # What is over may be kept by a later word about the same name; what counts is never forgotten.
            assert known.check(*shown) >= any(each.hits(*shown) for each in living)
            assert known.check(*shown) <= any(each.hits(*shown) for each in said)


def test_logins_end_alone_or_all_that_a_key_began_until_then() -> None:
    known = RevokedList()
    assert not known.check_login("all", "l1", 10)
    known.add(Revocation(Scope.LOGIN, "l1", 10, 100), 10)
    known.add(Revocation(Scope.LOGINS, "reader", 10, 100), 10)
    assert known.check_login("all", "l1", 10)
    assert not known.check_login("all", "l2", 10)
    assert known.check_login("reader", "l3", 10)
    assert not known.check_login("reader", "l3", known.logins_from("reader"))
    assert known.logins_from("all") == 0
    assert not known.check("reader", "l1", 0, "l1")


def test_only_news_are_news() -> None:
    known = RevokedList()
    first = Revocation(Scope.USER, "ann", 100, 1000)
    assert known.add(first, 100)
    assert not known.add(first, 100)
    assert not known.add(Revocation(Scope.USER, "ann", 90, 900), 100)
    assert not known.add(Revocation(Scope.USER, "bob", 10, 100), 100)
    assert known.add(Revocation(Scope.USER, "ann", 101, 500), 100)
    assert list(known) == [Revocation(Scope.USER, "ann", 101, 1000)]
    assert len(known) == 2


def test_what_is_over_is_forgotten() -> None:
    known = RevokedList()
    for name, until in (("ann", 200), ("bob", 300)):
        known.add(Revocation(Scope.USER, name, 100, until), 100)
    known.expire(199)
    assert len(known) == 2
    known.expire(200)
    assert [each.name for each in known] == ["bob"]
    known.expire(1000)
    assert (len(known), list(known)) == (0, [])


@given(REVOCATIONS)
def test_a_revocation_survives_the_journey_whole_or_not_at_all(revocation: Revocation) -> None:
    said = encode(revocation)
    assert decode(said) == revocation
    for cut in (*range(len(said)), len(said) + 1):
        with pytest.raises(UnreadableRevocation):
            decode((said + b"\x00")[:cut])


@given(st.binary(max_size=100))
def test_noise_is_unreadable(noise: bytes) -> None:
    with suppress(UnreadableRevocation):
        decode(noise)


@pytest.mark.parametrize(
    "said",
    [
        ["v1", "user", "", 1, 2],
        ["v1", "user", "x" * (NAME_LIMIT + 1), 1, 2],
        ["v1", "group", "ann", 1, 2],
        ["v1", "user", "ann", -1, 2],
        ["v1", "user", "ann", 1, 2, 3],
        ["v2", "user", "ann", 1, 2],
    ],
)
def test_what_no_node_wrote_is_unreadable(said: list[object]) -> None:
    with pytest.raises(UnreadableRevocation):
        decode(encode(said))
