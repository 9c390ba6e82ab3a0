from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from hubbub.errors import HookUnavailable
from hubbub.hooks.courier import Courier
from hubbub.hooks.outbox import OutboxLimits
from hubbub.hub.contract import Statistics
from hubbub.sessions.hooks import Client, Event, EventKind
from tests.fakes.clock import JumpingClock

LIMITS = OutboxLimits(events=100, parallel=2, batch=3)


def event(key: str, number: int) -> Event:
    return Event(EventKind.UNSUBSCRIBED, key, number, 0)


class Application:
    """Take events, or not."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        self.fault: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.at_once = 0
        self.most = 0

    async def take(self, events: Sequence[Event]) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await self.gate.wait()
        finally:
            self.at_once -= 1
        if self.fault is not None:
            raise self.fault
        self.told += [(event.key, event.number) for event in events]


class Stage:
    def __init__(self, limits: OutboxLimits = LIMITS) -> None:
        self.application = Application()
        self.clock = JumpingClock()
        self.statistics = Statistics()
        self.courier = Courier(self.application.take, limits, self.clock, self.statistics)

    def tell(self, *keys: str, begin: int = 1) -> None:
        for number, key in enumerate(keys, begin):
            self.courier.tell(event(key, number))


async def turn() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_events_go_together_and_a_key_is_in_one_delivery_only() -> None:
    stage = Stage()
    stage.application.gate.clear()
    stage.tell("a", "b", "a", "c", "a", "a")
    await turn()
    assert stage.application.at_once == 2
    stage.application.gate.set()
    await turn()

    assert stage.application.told == [("a", 1), ("a", 3), ("a", 5), ("b", 2), ("c", 4), ("a", 6)]
    assert stage.application.most == 2
    assert stage.statistics.events_told == 6


@pytest.mark.parametrize("fault", [HookUnavailable("no"), ZeroDivisionError()])
async def test_what_was_not_taken_goes_again_before_what_came_later(fault: Exception) -> None:
    stage = Stage()
    stage.application.fault = fault
    with capture_logs() as logs:
        stage.tell("a")
        await turn()
    assert bool(logs) is isinstance(fault, ZeroDivisionError)
    stage.tell("a", "b", begin=2)
    stage.application.fault = None
    await turn()
    assert stage.application.told == [("b", 3)]

    stage.clock.jump(1.0)
    stage.courier.tick()
    await turn()
    assert stage.application.told == [("b", 3), ("a", 1), ("a", 2)]


async def test_what_nobody_takes_is_lost_in_the_end_and_that_is_said_once() -> None:
    stage = Stage()
    stage.application.fault = HookUnavailable("no")
    with capture_logs() as logs:
        stage.tell(*"abc")
        await turn()
        stage.clock.jump(LIMITS.age_s)
        stage.courier.tick()
        await turn()

    assert stage.statistics.events_lost == 3
    assert [(line["log_level"], line["lost"]) for line in logs] == [("error", 3)]


async def test_no_headers_are_kept() -> None:
    kept: list[Event] = []

    async def take(events: Sequence[Event]) -> None:
        kept.extend(events)

    courier = Courier(take, LIMITS, JumpingClock(), Statistics())
    client = Client("s1", "zhang", headers={"cookie": "x" * 1000}, meta=b"{}", scope={"app": 1})
    courier.tell(Event(EventKind.DISCONNECTED, "s1", 1, 0, client=client))
    await turn()

    assert kept[0].client == Client("s1", "zhang", meta=b"{}")


async def test_the_rest_is_told_at_the_end_without_waiting_for_its_turn() -> None:
    stage = Stage()
    stage.application.fault = HookUnavailable("no")
    stage.tell("a", "a", "a", "a", "b")
    await turn()
    stage.application.fault = None
    await stage.courier.close(10.0)

    assert sorted(stage.application.told) == [("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 5)]


@pytest.mark.parametrize("open_gate", [True, False])
async def test_the_end_does_not_wait_for_ever(open_gate: bool) -> None:
    stage = Stage()
    stage.application.fault = HookUnavailable("no")
    if not open_gate:
        stage.application.gate.clear()
    stage.tell(*"abcd")
    with capture_logs() as logs:
        await stage.courier.close(0.1)

    assert stage.statistics.events_lost == 4
    assert logs[-1]["lost"] == 4
    assert stage.application.at_once == 0


async def test_what_is_too_old_at_the_end_is_not_waited_for() -> None:
    stage = Stage()
    stage.application.fault = HookUnavailable("no")
    stage.tell("a")
    await turn()
    stage.clock.jump(LIMITS.age_s)
    await stage.courier.close(10.0)

    assert stage.statistics.events_lost == 1


async def test_nothing_to_tell_ends_at_once() -> None:
    await Stage().courier.close(10.0)
