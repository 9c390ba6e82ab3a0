from __future__ import annotations

import asyncio

import pytest

from hubbub.hub.stepping import start


async def test_what_does_not_wait_is_done_at_once() -> None:
    async def work() -> int:
        return 7

    assert start(work()).result() == 7


async def test_what_fails_at_once_is_a_failed_future() -> None:
    async def work() -> int:
        raise ValueError("no")

    done = start(work())
    assert done.done()
    with pytest.raises(ValueError, match="no"):
        await done


async def test_who_waits_for_what_is_cancelled_is_cancelled_and_its_caller_goes_on() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    assert start(work()).cancelled()


async def test_what_waits_goes_on_as_a_task_with_values_and_errors() -> None:
    gates = [asyncio.get_running_loop().create_future() for _ in range(2)]
    seen: list[object] = []

    async def work() -> str:
        seen.append(await gates[0])
        try:
            await gates[1]
        except KeyError as fault:
            seen.append(fault)
        await asyncio.sleep(0)
        return "end"

    running = start(work())
    assert not running.done()
    gates[0].set_result(1)
    await asyncio.sleep(0)
    gates[1].set_exception(KeyError("k"))
    assert await running == "end"
    assert seen[0] == 1
    assert isinstance(seen[1], KeyError)


async def test_cancelling_reaches_the_coroutine() -> None:
    cleaned = []

    async def work() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            cleaned.append(True)

    running = start(work())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert cleaned == [True]
