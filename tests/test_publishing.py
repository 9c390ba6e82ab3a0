from __future__ import annotations

import asyncio
import json

import pytest

from hubbub.errors import LifecycleError, Refused
from tests.test_app import enter, running, turn
from tests.transports.wire import until


async def test_a_thread_publishes_too() -> None:
    async with running() as app:
        _, carrier = enter(app, "/ws/lobby")
        stored = await asyncio.to_thread(app.publish_from_thread, "lobby", "hello", key="1")
        with pytest.raises(Refused):
            await asyncio.to_thread(app.publish_from_thread, "", "hello")
        await until(lambda: carrier.data)

    assert stored.position.offset == 1
    assert carrier.lines() == ["hello"]


async def test_a_loop_may_not_wait_for_itself() -> None:
    async with running() as app:
        with pytest.raises(LifecycleError, match=r"await app\.publish"):
            app.publish_from_thread("lobby", "hello")
    with pytest.raises(LifecycleError, match="does not run"):
        app.publish_from_thread("lobby", "hello")


async def test_values_become_json() -> None:
    async with running() as app:
        _, carrier = enter(app, "/ws/lobby")
        await app.publish("lobby", {"text": "größe"})
        await turn()

        with pytest.raises(TypeError):
            app.publish("lobby", object())
        with pytest.raises(RuntimeError):
            await asyncio.to_thread(app.publish, "lobby", "hello")

    assert [json.loads(line) for line in carrier.lines()] == [{"text": "größe"}]


@pytest.mark.parametrize(
    ("arguments", "shown"), [(({"n": 1},), {"n": 1}), ((1, "two"), [1, "two"]), ((), [])]
)
async def test_an_event_is_its_arguments_where_there_are_no_events(
    arguments: tuple[object, ...], shown: object
) -> None:
    async with running() as app:
        _, carrier = enter(app, "/ws/lobby")
        await app.emit("said", *arguments, channel="lobby")
        await turn()

        with pytest.raises(ValueError, match="no event"):
            app.emit("connect", channel="lobby")

    assert [json.loads(line) for line in carrier.lines()] == [shown]
