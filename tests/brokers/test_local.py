"""The parts of engines that live in one process."""

from __future__ import annotations

import asyncio
from typing import Any

from hubbub.brokers.local import Exchange, Keys, Rounds
from hubbub.model import Position
from tests.contracts.broker import Recorder


class Broken(Recorder):
    """A receiver that breaks its contract."""

    def on_announcement(self, channel: str, payload: bytes) -> None:
        """Raise."""
        raise ValueError("a fault of the receiver")


async def test_a_receivers_fault_is_reported_and_hurts_nobody() -> None:
    """Others get their delivery, the next delivery works, and the loop's handler hears of it."""
    exchange, well = Exchange(), Recorder()
    reports: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, report: reports.append(report))
    exchange.subscribe(Broken(), ["a"])
    exchange.subscribe(well, ["a"])
    exchange.deliver("a", b"1")
    exchange.deliver("a", b"2")

    assert well.payloads("a") == [b"1", b"2"]
    assert [report["message"] for report in reports] == ["a receiver failed on channel 'a'"] * 2


async def test_a_receiver_may_leave_while_it_is_called() -> None:
    """Unsubscribing inside a delivery takes effect for the next one."""
    exchange, other = Exchange(), Recorder()

    class Leaving(Recorder):
        def on_announcement(self, channel: str, payload: bytes) -> None:
            super().on_announcement(channel, payload)
            exchange.leave(self)

    leaving = Leaving()
    for receiver in (leaving, other):
        exchange.subscribe(receiver, ["a", "b"])
    for channel in ("a", "a", "b"):
        exchange.deliver(channel, b"x")

    assert (leaving.payloads("a"), leaving.payloads("b")) == ([b"x"], [])
    assert (other.payloads("a"), other.payloads("b")) == ([b"x", b"x"], [b"x"])


def test_keys_are_forgotten_in_time_and_on_demand() -> None:
    """A key lives exactly its time; the last one can be taken back."""
    keys, place = Keys(10.0), Position("e", 1, 1)
    keys.remember("a", "k", place, 0.0)
    keys.remember("a", "l", place, 5.0)

    assert place == keys.find("a", "k", 9.9)
    assert keys.find("a", "k", 10.0) is None
    assert len(keys) == 1
    keys.forget_last()
    assert keys.find("a", "l", 10.0) is None


def test_rounds_name_each_channel_once_a_period() -> None:
    """Names come in their order, at most so many at a time, and only when their time has come."""
    rounds = Rounds(10.0)
    for number, name in enumerate("abc"):
        rounds.add(name, float(number))

    assert rounds.due(9.9, 5) == []
    assert rounds.due(12.0, 2) == ["a", "b"]
    assert rounds.due(12.0, 2) == ["c"]
    assert rounds.due(99.0, 2) == []
