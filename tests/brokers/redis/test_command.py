"""A command's end."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.redis.command import Again, Command
from hubbub.errors import BrokerUnavailable


def command() -> Command[int]:
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    return Command(b"", int, Again.SAME, 0, 0.0, future)


async def test_a_failure_is_told_once() -> None:
    failed = command()
    failed.fail("first")
    failed.fail("second")

    with pytest.raises(BrokerUnavailable, match="first"):
        await failed.future


async def test_who_gave_up_or_has_an_answer_is_not_told() -> None:
    cancelled, answered = command(), command()
    cancelled.future.cancel()
    answered.future.set_result(1)
    cancelled.fail("late")
    answered.fail("late")

    assert cancelled.future.cancelled()
    assert await answered.future == 1
