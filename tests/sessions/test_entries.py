"""How much each address may begin and ask."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from hubbub.sessions.contract import Refusal
from hubbub.sessions.entries import REMEDY, TELL_S, Entries, EntryLimits, Tally, place_of
from tests.fakes.clock import JumpingClock

HERE, THERE = "203.0.113.7", "203.0.113.8"


def through(entries: Entries, entry: str, name: str, times: int) -> int:
    """Try so often, and return how often it was let through."""
    return sum(getattr(entries, entry).refuse(name) is None for _ in range(times))


@pytest.mark.parametrize(
    ("entry", "limits"),
    [
        ("connections", EntryLimits(connections_per_s=2, connection_burst=5)),
        ("messages", EntryLimits(messages_per_s=2, message_burst=5)),
        ("polls", EntryLimits(polls_per_s=2, poll_burst=5)),
        ("inbox", EntryLimits(inbox_per_s=2, inbox_burst=5)),
        ("user_inbox", EntryLimits(user_inbox_per_s=2, user_inbox_burst=5)),
    ],
)
def test_each_entry_has_a_bound_of_its_own(entry: str, limits: EntryLimits) -> None:
    clock = JumpingClock()
    entries = Entries(limits, clock)
    assert through(entries, entry, HERE, 20) == 5
    assert through(entries, entry, THERE, 20) == 5
    clock.jump(2)
    assert through(entries, entry, HERE, 20) == 4
    others = {"connections", "messages", "polls", "inbox", "user_inbox"} - {entry}
    assert all(through(entries, other, HERE, 6) == 6 for other in others)


def test_what_is_refused_says_when_to_come_again_and_is_logged_once_in_a_while() -> None:
    clock = JumpingClock()
    entries = Entries(EntryLimits(inbox_per_s=0.1, inbox_burst=1), clock)
    with capture_logs() as logged:
        through(entries, "inbox", HERE, 50)
        clock.jump(TELL_S)
        through(entries, "inbox", THERE, 50)
    assert [line["address"] for line in logged] == [HERE, THERE]
    assert {line["remedy"] for line in logged} == {REMEDY}
    refused = entries.inbox.refuse(HERE)
    while refused is None:
        refused = entries.inbox.refuse(HERE)
    sentence = "too many requests of one address: try again in 10 s"
    assert refused == Refusal(429, sentence, (("Retry-After", "10"),))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "", "a"])
def test_this_machine_and_nobody_are_not_counted(address: str) -> None:
    entries = Entries(EntryLimits(connections_per_s=1, connection_burst=1, polled=1))
    assert through(entries, "connections", address, 9) == 9
    entries.polled.add(address)
    entries.polled.add(address)
    assert not entries.polled.is_full(address)
    entries.polled.drop(address)


def test_users_are_counted_from_wherever_and_nobody_is_not() -> None:
    entries = Entries(EntryLimits(user_inbox_per_s=1, user_inbox_burst=2), JumpingClock())
    assert through(entries, "user_inbox", "127.0.0.1", 5) == 2
    assert through(entries, "user_inbox", "", 5) == 5


@pytest.mark.parametrize(("per_s", "wait_s"), [(0.4, 3), (1, 1), (500, 1)])
def test_who_comes_again_when_told_to_is_let_through(per_s: float, wait_s: int) -> None:
    clock = JumpingClock()
    entries = Entries(EntryLimits(user_inbox_per_s=per_s, user_inbox_burst=1), clock)
    assert through(entries, "user_inbox", "ann", 1) == 1
    with capture_logs() as logged:
        refused = entries.user_inbox.refuse("ann")
    assert refused is not None
    assert refused.headers == (("Retry-After", str(wait_s)),)
    assert "remedy" not in logged[0], "no proxy is to blame for what a user does"
    clock.jump(wait_s)
    assert through(entries, "user_inbox", "ann", 1) == 1


def test_a_whole_site_behind_one_address_may_come_at_once() -> None:
    """Its operator may have named no proxy."""
    entries = Entries(clock=JumpingClock())
    for entry, burst in {"connections": 10_000, "inbox": 5_000, "polls": 10_000}.items():
        assert through(entries, entry, HERE, burst + 1) == burst


def test_a_rate_of_nothing_is_no_bound() -> None:
    entries = Entries(EntryLimits(polls_per_s=0, poll_burst=0))
    assert through(entries, "polls", HERE, 9) == 9


def test_a_customers_network_is_one_address() -> None:
    assert place_of("2001:db8:1:1::1") == place_of("2001:db8:1:1:ffff::2") == "2001:db8:1:1::/64"
    assert place_of("2001:db8:1:2::1") != place_of("2001:db8:1:1::1")
    assert place_of("::ffff:203.0.113.7") == HERE
    assert place_of("no address") == "no address"


def test_a_number_of_nothing_is_no_bound_either() -> None:
    tally = Tally(0)
    tally.add(HERE)
    assert not tally.is_full(HERE)
    assert not tally.is_full("127.0.0.1")


def test_what_there_is_at_the_same_time() -> None:
    tally = Tally(2)
    for address in (HERE, f"::ffff:{HERE}"):
        assert not tally.is_full(HERE)
        tally.add(address)
    assert tally.is_full(HERE)
    assert not tally.is_full(THERE)
    tally.drop(HERE)
    assert not tally.is_full(HERE)
    tally.drop(HERE)
    assert not tally.is_full(HERE)
