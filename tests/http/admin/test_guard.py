"""Guesses that are made at several nodes count at each of them."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from hubbub.errors import BrokerUnavailable
from hubbub.http.admin.guard import Guard
from hubbub.http.admin.throttle import ATTEMPTS
from hubbub.hub.nodes.control import Control
from tests.hub.stage import shared_world, stage, turn


async def test_what_is_guessed_at_one_node_counts_at_the_other() -> None:
    world = shared_world()
    async with stage(world=world, node="n1") as first, stage(world=world, node="n2") as second:
        controls = []
        for place, name in ((first, "n1"), (second, "n2")):
            control = Control(place.broker, name, place.clock)
            place.hub.admit(control.names, control)
            await control.start()
            controls.append(control)
        one, other = map(Guard, controls)
        for _ in range(ATTEMPTS):
            assert one.allow("10.0.0.1")
            await one.tell("10.0.0.1")
        await turn(10)
        for guard in (one, other):
            assert not guard.allow("10.0.0.1")
            assert guard.allow("10.0.0.2")
        one.forgive("10.0.0.2")
        for control in controls:
            await control.close()


async def test_a_broker_that_is_away_lets_nobody_guess_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with stage() as place:
        control = Control(place.broker, "n1", place.clock)
        guard = Guard(control)

        async def away(*what: object) -> None:
            raise BrokerUnavailable("it is away")

        monkeypatch.setattr(control, "tell_all", away)
        for _ in range(ATTEMPTS):
            assert guard.allow("10.0.0.1")
            await guard.tell("10.0.0.1")
        with capture_logs() as logged:
            assert not any(guard.allow("10.0.0.1") for _ in range(50))
        assert [line["peer"] for line in logged] == ["10.0.0.1"], "or whoever asks fills the log"
