from __future__ import annotations

import asyncio

import pytest

from hubbub.errors import TOO_MANY_REQUESTS_ERROR, Refused
from hubbub.hooks.turns import Turns


async def test_those_who_wait_come_in_one_by_one_and_the_others_are_turned_away() -> None:
    turns = Turns(2, 2)
    entered: list[int] = []

    async def come(number: int) -> None:
        await turns.enter()
        entered.append(number)

    tasks = [asyncio.create_task(come(number)) for number in range(5)]
    await asyncio.sleep(0)

    with pytest.raises(Refused) as refused:
        await tasks[4]
    assert refused.value.error == TOO_MANY_REQUESTS_ERROR
    assert entered == [0, 1]

    for expected in ([0, 1, 2], [0, 1, 2, 3]):
        turns.leave()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert entered == expected


async def test_whoever_gives_up_waiting_leaves_no_hole() -> None:
    turns = Turns(1, 1)
    await turns.enter()
    waiting = asyncio.create_task(turns.enter())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    another = asyncio.create_task(turns.enter())
    await asyncio.sleep(0)
    turns.leave()
    await another
