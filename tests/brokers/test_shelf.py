"""What is this engine's own about records; the contract is in test_memory.py."""

from __future__ import annotations

import random

from hubbub.brokers.records import KEPT, LOOK_MS, WITH_CHANNEL, Life
from hubbub.brokers.shelf import IDLE_LOOKS, RECORDS_PER_SWEEP, Shelf
from tests.fakes.clock import JumpingClock

NONE: frozenset[str] = frozenset()


async def test_what_was_read_is_the_readers_own() -> None:
    shelf = Shelf(JumpingClock(), NONE.__contains__)
    await shelf.put("a", "x", b"1", KEPT)
    (await shelf.get("a")).clear()

    assert await shelf.get("a") == {"x": b"1"}


async def test_a_record_without_fields_leaves_nothing_behind() -> None:
    shelf = Shelf(JumpingClock(), NONE.__contains__)
    for name in ("b", "a", "c"):
        await shelf.put(name, "x", b"1", KEPT)
    await shelf.remove("b", ["x"])
    await shelf.drop("a")

    assert await shelf.names("", "", 10) == ["c"]
    assert (shelf._names, list(shelf._records)) == (["c"], ["c"])


async def test_what_is_noted_of_lives_is_bounded_by_what_is_there() -> None:
    """Records that come and go, long before they are over, leave no looks behind."""
    shelf = Shelf(JumpingClock(), NONE.__contains__)
    for number in range(5000):
        await shelf.put(f"due:{number}", "x", b"1", Life(1e6))
        await shelf.drop(f"due:{number}")

    assert (shelf._due, shelf._records) == ({}, {})
    assert len(shelf._looks) <= IDLE_LOOKS + 1


async def test_many_that_are_over_go_a_few_at_a_time() -> None:
    clock = JumpingClock()
    shelf = Shelf(clock, NONE.__contains__)
    for number in range(2 * RECORDS_PER_SWEEP + 1):
        await shelf.put(f"{number}", "x", b"1", Life(10.0))
    clock.jump(12.6)
    left = []
    for _ in range(3):
        await shelf.get("")
        left.append(len(shelf._records))

    assert left == [RECORDS_PER_SWEEP + 1, 1, 0]


async def test_any_life_agrees_with_what_was_promised() -> None:
    """Whatever is written when: nothing goes too early, or stays for much longer."""
    chance, clock = random.Random(3), JumpingClock()
    channels = {"a", "b"}
    shelf = Shelf(clock, channels.__contains__)
    written: dict[str, float] = {}
    for _ in range(5000):
        clock.jump(chance.random() * 3)
        name = f"x:{chance.choice('abcdef')}"
        seconds = {"a": 0.0, "b": 0.0}.get(name[-1], float(ord(name[-1]) - 90))
        if chance.random() < 0.1:
            await shelf.put(name, "x", b"1", Life(seconds) if seconds else WITH_CHANNEL)
            written[name] = clock.monotonic()
        for name, at in written.items():
            age = clock.monotonic() - at
            life = 1e9 if name[-1] in channels else float(ord(name[-1]) - 90)
            there = bool(await shelf.get(name))
            assert there or age >= life, (name, age)
            assert not there or age <= 1.25 * life, (name, age)


async def test_what_lived_with_a_channel_goes_when_that_is_gone() -> None:
    clock, channels = JumpingClock(), {"a"}
    shelf = Shelf(clock, channels.__contains__)
    await shelf.put("x:a", "x", b"1", WITH_CHANNEL)
    for _ in range(3):
        clock.jump(LOOK_MS / 1000)
        assert await shelf.get("x:a")
    channels.clear()
    clock.jump(LOOK_MS / 1000)
    assert await shelf.get("x:a") == {}
