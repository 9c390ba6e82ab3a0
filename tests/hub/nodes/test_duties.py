from __future__ import annotations

import asyncio

import pytest

from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.hub.nodes import duties
from hubbub.hub.nodes.duties import Duties
from hubbub.hub.nodes.orders import FAULT_LIMIT, PAYLOAD_LIMIT, Answer, Order
from tests.hub.stage import turn

ORDER = Order("do", "other", 7, b"this")


async def test_a_handler_answers_at_once_or_later() -> None:
    told: list[Answer] = []
    mine = Duties("me")
    mine.assign("do", lambda payload: payload + b" done")
    mine.take_up(ORDER, told.append)
    assert told == [Answer("me", 7, b"this done")]

    async def later(payload: bytes) -> bytes:
        async with asyncio.timeout(30):  # it runs in a task of its own
            await asyncio.sleep(0)
        return b"later"

    mine.assign("do", later)
    mine.take_up(ORDER, told.append)
    assert len(told) == 1
    await turn()
    assert told[1] == Answer("me", 7, b"later")
    assert (mine.carried_out, mine.failed) == (2, 0)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Refused(BAD_REQUEST_ERROR, "no such channel"), "no such channel"),
        (Refused(BAD_REQUEST_ERROR, "x" * 5000), "x" * FAULT_LIMIT),
        (ValueError("a secret"), "an internal error, of which its log tells"),
    ],
)
async def test_a_failure_is_an_answer_too(fault: Exception, said: str) -> None:
    told: list[Answer] = []
    mine = Duties("me")

    def fails(payload: bytes) -> bytes:
        raise fault

    async def fails_later(payload: bytes) -> bytes:
        raise fault

    for handler in (fails, fails_later):
        mine.assign("do", handler)
        mine.take_up(ORDER, told.append)
    await turn()
    assert told == [Answer("me", 7, b"", said)] * 2
    assert mine.failed == 2


async def test_too_long_an_answer_is_a_failure() -> None:
    told: list[Answer] = []
    mine = Duties("me")
    mine.assign("do", lambda payload: bytes(PAYLOAD_LIMIT + 1))
    mine.take_up(ORDER, told.append)
    assert (told[0].payload, "more than" in told[0].fault) == (b"", True)


async def test_only_so_much_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duties, "UNDER_WAY", 2)
    told: list[Answer] = []
    mine = Duties("me")

    async def never(payload: bytes) -> bytes:
        await asyncio.Event().wait()
        return b""

    mine.assign("do", never)
    for _ in range(3):
        mine.take_up(ORDER, told.append)
    assert [answer.fault for answer in told] == ["too many orders are under way"]
    await mine.close()
    await turn()
    mine.assign("do", lambda payload: b"room again")
    mine.take_up(ORDER, told.append)
    assert told[-1].payload == b"room again"
