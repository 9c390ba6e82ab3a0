from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from structlog.testing import capture_logs

from hubbub.errors import (
    TOO_MANY_REQUESTS_ERROR,
    BrokerUnavailable,
    HookUnavailable,
    Refused,
    Reject,
)
from hubbub.hooks.burst import QUIET_S
from hubbub.hooks.functions import prepare
from hubbub.hooks.runner import Runner
from hubbub.hooks.settings import FunctionSettings
from tests.fakes.clock import JumpingClock

PATIENT = FunctionSettings(timeout_s=10.0, threads=2)
IMPATIENT = FunctionSettings(timeout_s=0.1, threads=2)


class Stage:
    def __init__(self, settings: FunctionSettings) -> None:
        self.clock = JumpingClock()
        self.runner = Runner(settings, self.clock)

    async def run(self, call: Callable[..., object], *arguments: object) -> object:
        function = prepare(call, "on_test", ("a", "b", "c"))
        return await self.runner.run(function, lambda returned: returned, *arguments)


@asynccontextmanager
async def stage(settings: FunctionSettings = PATIENT) -> AsyncIterator[Stage]:
    made = Stage(settings)
    try:
        yield made
    finally:
        made.runner.close()


async def test_a_function_gets_what_it_takes_and_runs_where_it_may_wait() -> None:
    async def waiting(a: int, b: int) -> tuple[int, threading.Thread]:
        await asyncio.sleep(0)
        return a + b, threading.current_thread()

    def blocking(a: int) -> tuple[int, threading.Thread]:
        return a, threading.current_thread()

    async with stage() as on:
        here = threading.current_thread()
        assert await on.run(waiting, 1, 2, 3) == (3, here)
        returned = await on.run(blocking, 1, 2, 3)

    assert isinstance(returned, tuple)
    assert returned[0] == 1
    assert returned[1] is not here


@pytest.mark.parametrize(
    "fault", [Refused(TOO_MANY_REQUESTS_ERROR), Reject(4000), BrokerUnavailable("gone")]
)
async def test_what_a_function_raises_on_purpose_goes_through(fault: Exception) -> None:
    async def waiting() -> None:
        raise fault

    def blocking() -> None:
        raise fault

    async with stage() as on:
        for call in (waiting, blocking):
            with pytest.raises(type(fault)) as raised:
                await on.run(call)
            assert raised.value is fault


async def test_what_it_raises_otherwise_is_logged_and_stays_here() -> None:
    async def broken() -> None:
        raise KeyError("of somebody")

    with capture_logs() as logs:
        async with stage() as on:
            for _ in range(5):
                with pytest.raises(HookUnavailable, match="on_test failed") as raised:
                    await on.run(broken)
                assert "somebody" not in str(raised.value)
            on.clock.jump(QUIET_S)
            with pytest.raises(HookUnavailable):
                await on.run(broken)

    assert [(line["function"], line["times"]) for line in logs] == [("on_test", 1), ("on_test", 5)]
    assert isinstance(logs[0]["exc_info"], KeyError)


async def test_what_cannot_be_made_of_what_it_returns_is_its_mistake_too() -> None:
    async def fine() -> int:
        return 5

    def judge(returned: object) -> object:
        raise TypeError("on_test returns a text")

    with capture_logs() as logs:
        async with stage() as on:
            with pytest.raises(HookUnavailable):
                await on.runner.run(prepare(fine, "on_test", ("a",)), judge)

    assert "returns a text" in str(logs[0]["exc_info"])


async def test_a_function_has_limited_time() -> None:
    async def waiting() -> None:
        await asyncio.sleep(60)

    release = threading.Event()
    with capture_logs() as logs:
        async with stage(IMPATIENT) as on:
            for call in (waiting, lambda: release.wait(60)):
                on.clock.jump(QUIET_S)
                with pytest.raises(HookUnavailable):
                    await on.run(call)
            release.set()

    assert ["longer than 0.1 s" in str(line["exc_info"]) for line in logs] == [True, True]


async def test_a_thread_that_is_given_up_keeps_its_turn() -> None:
    release = threading.Event()
    settings = FunctionSettings(timeout_s=0.1, concurrency=1, queue=1, threads=2)
    with capture_logs():
        async with stage(settings) as on:
            with pytest.raises(HookUnavailable):
                await on.run(lambda: release.wait(60))
            with pytest.raises(Refused) as refused:
                await on.run(lambda: "again")
            assert refused.value.error == TOO_MANY_REQUESTS_ERROR

            release.set()
            async with asyncio.timeout(60):
                while True:
                    # Until the thread has ended, and where a busy machine is slower than 0.1 s.
                    with suppress(Refused, HookUnavailable):
                        assert await on.run(lambda: "again") == "again"
                        break
                    await asyncio.sleep(0.01)


async def test_something_else_that_was_cancelled_is_a_failure_and_whoever_called_is_not() -> None:
    async def broken() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    async def waiting() -> None:
        await asyncio.sleep(60)

    with capture_logs() as logs:
        async with stage() as on:
            with pytest.raises(HookUnavailable):
                await on.run(broken)
            task = asyncio.create_task(on.run(waiting))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    assert len(logs) == 1
