from __future__ import annotations

import asyncio

import pytest

from hubbub.hub.nodes import questions
from hubbub.hub.nodes.orders import Answer, OrderFailed
from hubbub.hub.nodes.questions import Questions
from tests.fakes.clock import JumpingClock
from tests.hub.stage import until


async def test_a_question_ends_with_the_last_answer() -> None:
    asked = Questions("n1", JumpingClock())
    question = asked.add(["a", "b"], 5.0, wide=False)
    assert asked.take(Answer("a", question.number, b"1"))
    assert not question.done.done()
    assert asked.take(Answer("b", question.number, b"2"))
    assert question.done.done()
    assert {node: answer.payload for node, answer in question.answers.items()} == {
        "a": b"1",
        "b": b"2",
    }
    asked.end()


async def test_an_answer_counts_once_and_only_from_who_was_asked() -> None:
    asked = Questions("n1", JumpingClock())
    narrow, wide = (asked.add(["a", "b"], 5.0, wide=wide) for wide in (False, True))
    for question in (narrow, wide):
        assert asked.take(Answer("a", question.number, b"1"))
        assert not asked.take(Answer("a", question.number, b"2"))
        assert asked.take(Answer("c", question.number, b"3")) is question.wide
        assert list(question.missing) == ["b"]
    assert not asked.take(Answer("a", 99, b"1"))
    asked.end()


async def test_each_question_has_its_own_deadline() -> None:
    clock = JumpingClock()
    asked = Questions("n1", clock)
    long, short = asked.add(["a"], 60.0, wide=False), asked.add(["a"], 5.0, wide=False)
    clock.jump(6)
    await until(short.done.done)
    assert (long.done.done(), list(short.missing)) == (False, ["a"])
    asked.close(short)
    assert not asked.take(Answer("a", short.number, b"late"))
    clock.jump(60)
    await until(long.done.done)
    asked.end()


async def test_all_wait_only_a_moment_for_who_was_silent_the_last_time() -> None:
    clock = JumpingClock()
    asked = Questions("n1", clock)
    first = asked.add(["a", "b"], 5.0, wide=True)
    asked.take(Answer("a", first.number, b""))
    clock.jump(6)
    await until(first.done.done)
    again, alone = (asked.add(["a", "b"], 5.0, wide=wide) for wide in (True, False))
    clock.jump(1)
    await asyncio.sleep(2 * questions.CHECK_S)
    assert not again.done.done()  # somebody else is missing too
    for question in (again, alone):
        asked.take(Answer("a", question.number, b""))
    clock.jump(1)
    await until(again.done.done)
    assert list(again.missing) == ["b"]
    assert not alone.done.done()
    asked.take(Answer("b", first.number, b"at last"))
    patient = asked.add(["b"], 5.0, wide=True)
    clock.jump(1)
    await asyncio.sleep(2 * questions.CHECK_S)
    assert not patient.done.done()
    asked.end()


async def test_nobody_waits_for_who_stops() -> None:
    asked = Questions("n1", JumpingClock())
    question = asked.add(["a", "b"], 5.0, wide=False)
    asked.part("a")
    assert list(question.missing) == ["b"]
    asked.part("b")
    assert question.done.done()
    asked.end()


async def test_the_end_ends_all_waiting() -> None:
    asked = Questions("n1", JumpingClock())
    open_ones = [asked.add(["a"], 5.0, wide=False) for _ in range(3)]
    asked.end()
    await asyncio.wait_for(asyncio.gather(*(each.done for each in open_ones)), 30)


async def test_only_so_many_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "OUTSTANDING", 2)
    asked = Questions("n1", JumpingClock())
    first, _ = (asked.add(["a"], 5.0, wide=False) for _ in range(2))
    with pytest.raises(OrderFailed, match="too many"):
        asked.add(["a"], 5.0, wide=False)
    asked.close(first)
    asked.add(["a"], 5.0, wide=False)
    assert len(asked) == 2
    asked.end()
