from __future__ import annotations

import asyncio

import pytest

from hubbub.dialects.contract import Acknowledged
from hubbub.errors import Refused, Unanswered
from hubbub.sessions.calls import CALLS_LIMIT, Calls


async def test_answers_find_their_calls_in_any_order() -> None:
    calls = Calls()
    begun = [calls.begin() for _ in range(3)]
    for number, _ in reversed(begun):
        calls.settle(Acknowledged(number, b"%d" % number))
    assert [(await answer).data for _, answer in begun] == [b"1", b"2", b"3"]


async def test_an_answer_that_nobody_waits_for_is_dropped() -> None:
    calls = Calls()
    number, answer = calls.begin()
    answer.cancel()
    await asyncio.sleep(0)
    calls.settle(Acknowledged(number))
    calls.settle(Acknowledged(77))


async def test_a_client_that_answers_nothing_is_not_asked_without_end() -> None:
    calls = Calls()
    begun = [calls.begin() for _ in range(CALLS_LIMIT)]
    with pytest.raises(Refused):
        calls.begin()
    calls.settle(Acknowledged(begun[0][0]))
    await asyncio.sleep(0)
    calls.begin()


async def test_the_end_of_a_session_ends_its_calls() -> None:
    calls = Calls()
    _, answer = calls.begin()
    calls.close()
    with pytest.raises(Unanswered, match="has ended"):
        await answer
