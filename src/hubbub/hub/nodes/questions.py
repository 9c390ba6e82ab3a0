"""What this node asked others and waits for: each question ends with the last answer, or at its deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from hubbub.clock import Clock
from hubbub.hub.nodes.orders import Answer, OrderFailed

OUTSTANDING = 10_000
"""Questions of one node that may wait for their answers."""
CHECK_S = 0.05
"""Seconds between looks for answers that are overdue."""
SILENT_S = 0.25
"""Seconds that nodes get which were silent the last time, when all others have answered a question to all."""


class Question:
    """A question that waits for some nodes; with `wide`, others may answer too."""

    __slots__ = ("answers", "deadline", "done", "missing", "number", "wide")

    def __init__(self, number: int, nodes: Iterable[str], deadline: float, wide: bool) -> None:
        self.number = number
        self.missing = dict.fromkeys(nodes)
        self.answers: dict[str, Answer] = {}
        self.deadline = deadline
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.wide = wide

    def take(self, answer: Answer) -> bool:
        """Take an answer; tell whether it was waited for."""
        awaited = self.wide or answer.sender in self.missing
        if not awaited or answer.sender in self.answers:
            return False
        self.answers[answer.sender] = answer
        self.dismiss(answer.sender)
        return True

    def dismiss(self, node: str) -> None:
        """Wait for a node no longer."""
        self.missing.pop(node, None)
        if not self.missing:
            self.end()

    def end(self) -> None:
        """Wait no longer, for nobody."""
        if not self.done.done():
            self.done.set_result(None)


class Questions:
    """Hold the open questions of a node, and end those whose time is over."""

    __slots__ = ("_clock", "_last", "_node", "_open", "_silent", "_timer")

    def __init__(self, node: str, clock: Clock) -> None:
        self._clock = clock
        self._last = 0
        self._node = node
        self._open: dict[int, Question] = {}
        # A node that died is among the living until its lease is over; each question need not wait for it.
        self._silent: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def add(self, nodes: Iterable[str], timeout_s: float, wide: bool) -> Question:
        """Open a question, which the caller closes. Raises OrderFailed when too many are open."""
        if len(self._open) >= OUTSTANDING:
            raise OrderFailed(self._node, "too many orders wait for their answers")
        self._last += 1
        question = Question(self._last, nodes, self._clock.monotonic() + timeout_s, wide)
        self._open[question.number] = question
        self._hurry(question)
        self._watch()
        return question

    def close(self, question: Question) -> None:
        """Forget a question; what is still said to it comes too late."""
        del self._open[question.number]

    def take(self, answer: Answer) -> bool:
        """Take an answer; tell whether somebody waited for it."""
        self._silent.discard(answer.sender)
        question = self._open.get(answer.number)
        if question is None or not question.take(answer):
            return False
        self._hurry(question)
        return True

    def part(self, node: str) -> None:
        """Wait no longer for a node that stops."""
        self._silent.discard(node)
        for question in self._open.values():
            question.dismiss(node)

    def forget(self, living: Iterable[str]) -> None:
        """Know no more of nodes that are not among the living."""
        self._silent.intersection_update(living)

    def _hurry(self, question: Question) -> None:
        if question.wide and question.missing and question.missing.keys() <= self._silent:
            soon = self._clock.monotonic() + SILENT_S
            question.deadline = min(question.deadline, soon)

    def end(self) -> None:
        """End all waiting."""
        if self._timer is not None:
            self._timer.cancel()
        for question in self._open.values():
            question.end()

    def _watch(self) -> None:
        if self._timer is None and self._open:
            self._timer = asyncio.get_running_loop().call_later(CHECK_S, self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        for question in self._open.values():
            if question.deadline <= now:
                self._silent.update(question.missing)
                question.end()
        self._watch()
