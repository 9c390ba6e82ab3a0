"""Leases by a clock that a test sets, and what is told of watched channels."""

from __future__ import annotations

from hubbub.brokers.contract import Ghost, Occupancy
from hubbub.brokers.leases import Leases, Watch


class StandingClock:
    """A clock that a test sets."""

    now_s = 0.0

    def monotonic(self) -> float:
        """Return the time that was set."""
        return self.now_s

    def epoch_ms(self) -> int:
        """Return the same in milliseconds."""
        return round(self.now_s * 1000)


def test_a_lease_that_is_renewed_late_brings_its_entries_back_until_they_are_reaped() -> None:
    """A node that stalled keeps what nobody has taken from it, and loses the rest for good."""
    clock = StandingClock()
    leases = Leases(clock, 10.0)
    leases.renew("stalled")
    leases.enter("stalled", "a", "s1", b"ann", watched=False)
    clock.now_s = 11.0

    assert leases.members("a") == {}
    leases.renew("stalled")
    assert leases.members("a") == {"s1": b"ann"}
    assert list(leases.reap("other")) == []
    clock.now_s = 30.0
    assert [Ghost("a", "s1", b"ann")] == list(leases.reap("other"))
    leases.renew("stalled")
    assert leases.members("a") == {}


def test_nobody_reaps_itself() -> None:
    """Who can reap is alive, even when it was too busy to renew."""
    clock = StandingClock()
    leases = Leases(clock, 10.0)
    leases.renew("me")
    leases.enter("me", "a", "s1", b"ann", watched=False)
    clock.now_s = 99.0

    assert list(leases.reap("me")) == []


def test_numbers_grow_in_a_moment_and_over_a_restart() -> None:
    """Changes of one microsecond differ, and those of a later life of the process are larger."""
    clock = StandingClock()
    clock.now_s = 5.0
    watch = Watch(clock)
    changes = [watch.enter(name) for name in "abc"]

    assert [change and change.number for change in changes] == [5_000_000, 5_000_001, 5_000_002]
    clock.now_s = 6.0
    assert Watch(clock).enter("a") == Occupancy("a", True, 6_000_000)


def test_who_is_empty_for_the_longest_is_vacated_first() -> None:
    clock = StandingClock()
    watch = Watch(clock)
    for name in "abcd":
        watch.enter(name)
    for now, name in enumerate("bac"):
        clock.now_s = float(now)
        watch.leave(name)
    watch.enter("a")
    clock.now_s = 3.0
    watch.leave("a")
    watch.leave("unwatched")

    assert [change.channel for change in watch.vacate(1.0)] == ["b", "c"]
    assert [change.channel for change in watch.vacate(0.0)] == ["a"]
    assert list(watch.vacate(0.0)) == []
