from __future__ import annotations

import asyncio
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.contract import Push
from hubbub.errors import Close
from hubbub.model import Packet
from hubbub.sessions.identity import NOBODY
from hubbub.sessions.registry import Registry


class Probe:
    """A session that notes when it was looked at."""

    def __init__(self, name: str) -> None:
        self.id = name
        self.identity = NOBODY
        self.visits: list[float] = []
        self.hurries: list[float] = []
        self.dismissed = 0

    def push(self, push: Push) -> None:
        raise AssertionError("a registry says nothing to clients")

    def visit(self, now: float) -> None:
        self.visits.append(now)

    def hurry(self, now: float) -> None:
        self.hurries.append(now)

    def relieve(self, now: float) -> None:
        raise AssertionError("nobody is congested")

    def dismiss(self) -> None:
        self.dismissed += 1

    def end(self, close: Close) -> None:
        raise AssertionError("nobody ends it here")

    def received(self, packet: Packet) -> None:
        raise AssertionError("nobody says anything")

    def is_busy(self) -> bool:
        return False


def test_everybody_is_visited_once_per_round() -> None:
    registry = Registry(rounds=5, now=0)
    probes = [Probe(f"s{n}") for n in range(100)]
    for probe in probes:
        registry.add(probe)
    for second in range(1, 11):
        registry.tick(float(second))
    assert all(len(probe.visits) == 2 for probe in probes)
    assert all(probe.visits[1] - probe.visits[0] == 5 for probe in probes)


class Broken(Probe):
    """A session that fails whenever it is looked at."""

    def visit(self, now: float) -> None:
        raise ValueError("a bug")

    def hurry(self, now: float) -> None:
        raise ValueError("a bug")

    def dismiss(self) -> None:
        raise ValueError("a bug")


async def test_one_that_fails_does_not_hide_the_others() -> None:
    registry, broken, probe = Registry(rounds=1, now=0), Broken("s1"), Probe("s2")
    registry.add(broken)
    registry.add(probe)
    registry.tick(1.0)
    await registry.dismiss(batch=1, pause_s=0)
    assert (probe.visits, probe.hurries, probe.dismissed) == ([1.0], [1.0], 1)
    assert len(registry) == 0


def test_newcomers_are_hurried_until_they_are_known() -> None:
    registry, probe = Registry(rounds=25, now=0), Probe("s")
    registry.add(probe)
    registry.tick(1.0)
    del registry.greeting["s"]
    registry.tick(2.0)
    assert probe.hurries == [1.0]


def test_finding_counting_and_letting_go() -> None:
    registry, probe = Registry(rounds=3, now=0), Probe("s")
    registry.add(probe)
    assert (registry.get("s"), len(registry), registry.total) == (probe, 1, 1)
    registry.discard(probe)
    registry.discard(probe)
    assert (registry.get("s"), len(registry), registry.total) == (None, 0, 1)


async def test_dismissing_reaches_everybody_once() -> None:
    registry = Registry(rounds=3, now=0)
    probes = [Probe(f"s{n}") for n in range(7)]
    for probe in probes:
        registry.add(probe)
    await registry.dismiss(batch=2, pause_s=0)
    assert [probe.dismissed for probe in probes] == [1] * 7


async def test_pauses_between_batches_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(rounds=3, now=0)
    for number in range(40):
        registry.add(Probe(f"s{number}"))
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    await registry.dismiss(batch=2, pause_s=10)
    assert len(pauses) == 19
    assert all(5 <= pause <= 15 for pause in pauses)
    assert len(set(pauses)) > 10


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.integers(0, 3))))
def test_a_users_sessions_are_those_that_were_noted_and_not_lost(
    steps: list[tuple[bool, str, int]],
) -> None:
    registry = Registry(rounds=1, now=0)
    probes = [Probe(f"s{n}") for n in range(4)]
    expected: dict[str, set[int]] = {"a": set(), "b": set()}
    for comes, user, number in steps:
        if comes:
            registry.know(user, probes[number])
            expected[user].add(number)
        else:
            registry.lose(user, probes[number])
            expected[user].discard(number)
        for name, numbers in expected.items():
            found = registry.of_user(name)
            assert len(found) == len(numbers)
            assert {session.id for session in found} == {f"s{n}" for n in numbers}
    assert set(registry._users) == {name for name, numbers in expected.items() if numbers}
    assert registry.users == len(registry._users)


def test_nobodys_sessions_are_not_collected() -> None:
    registry = Registry(rounds=1, now=0)
    registry.know("", Probe("s1"))
    assert registry.of_user("") == ()


def test_a_user_with_one_session_costs_little() -> None:
    registry = Registry(rounds=1, now=0)
    pairs = [(f"user{n}", Probe(f"s{n}")) for n in range(50_000)]
    tracemalloc.start()
    for user, probe in pairs:
        registry.know(user, probe)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size / len(pairs) <= 60
