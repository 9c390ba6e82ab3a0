from __future__ import annotations

import pytest

from hubbub.http.admin.throttle import ATTEMPTS, PER_S, Throttle


def test_some_attempts_at_once_and_then_one_after_the_other() -> None:
    guard = Throttle()
    assert [guard.allow("10.0.0.1", 0.0) for _ in range(ATTEMPTS + 2)] == [True] * ATTEMPTS + [
        False,
        False,
    ]
    assert guard.allow("10.0.0.2", 0.0)
    assert not guard.allow("10.0.0.1", 0.9 / PER_S)
    assert guard.allow("10.0.0.1", 1.9 / PER_S)


def test_who_is_right_may_try_on_but_wrong_attempts_stay_counted() -> None:
    guard = Throttle()
    for _ in range(2 * ATTEMPTS):
        assert guard.allow("10.0.0.1", 0.0)
        guard.forgive("10.0.0.1", 0.0)
    guard.forgive("never seen", 0.0)
    for _ in range(ATTEMPTS - 1):
        assert guard.allow("10.0.0.1", 0.0)
    assert guard.allow("10.0.0.1", 0.0)
    guard.forgive("10.0.0.1", 0.0)
    assert [guard.allow("10.0.0.1", 0.0) for _ in range(2)] == [True, False]


def test_a_customers_network_is_one_address() -> None:
    guard = Throttle()
    for host in range(ATTEMPTS):
        assert guard.allow(f"2001:db8:1:1::{host}", 0.0)
    assert not guard.allow("2001:db8:1:1:ffff::1", 0.0)
    assert guard.allow("2001:db8:1:2::1", 0.0)
    assert guard.allow("no address", 0.0)


def test_strangers_of_ipv4_are_not_one_because_a_socket_takes_both_kinds() -> None:
    guard = Throttle()
    for _ in range(ATTEMPTS):
        assert guard.allow("::ffff:10.0.0.1", 0.0)
    assert not guard.allow("10.0.0.1", 0.0)
    assert guard.allow("::ffff:10.0.0.2", 0.0)


def test_no_more_addresses_are_known_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.sessions.limits.BUCKETS", 3)
    guard = Throttle()
    for number in range(10):
        for _ in range(ATTEMPTS):
            assert guard.allow(f"10.0.0.{number}", 0.0)
    assert not guard.allow("10.0.0.9", 0.0)
    assert guard.allow("10.0.0.1", 0.0)
