"""The breaker against a model that remembers everything that was ever asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hubbub.hooks.breaker import Breaker

FAILURES = 3
OPEN_S = 10.0


@dataclass
class Question:
    ticket: int
    asked_in: int
    """How often the circuit had opened when it was asked."""
    is_probe: bool


@dataclass
class Model:
    """What the breaker must be, said in the slowest way: from the whole story."""

    now: float = 0.0
    opened_at: list[float] = field(default_factory=list)
    is_closed: bool = True
    probe: Question | None = None
    in_a_row: int = 0

    def may_ask(self) -> bool:
        if self.is_closed:
            return True
        return self.probe is None and self.now >= self.opened_at[-1] + OPEN_S

    def open(self) -> None:
        self.opened_at.append(self.now)
        self.is_closed = False
        self.probe = None
        self.in_a_row = 0


class BreakerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(FAILURES, OPEN_S)
        self.model = Model()
        self.waiting: list[Question] = []

    @rule(seconds=st.sampled_from([0.5, 4.0, OPEN_S, 3 * OPEN_S]))
    def wait(self, seconds: float) -> None:
        self.model.now += seconds

    @rule()
    def ask(self) -> None:
        model = self.model
        ticket = self.breaker.allow(model.now)
        assert (ticket is not None) is model.may_ask()
        if ticket is not None:
            question = Question(ticket, len(model.opened_at), not model.is_closed)
            if question.is_probe:
                model.probe = question
            self.waiting.append(question)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), ok=st.booleans())
    def answer(self, data: st.DataObject, ok: bool) -> None:
        model = self.model
        question = data.draw(st.sampled_from(self.waiting))
        self.waiting.remove(question)
        self.breaker.settle(question.ticket, model.now, ok=ok)
        if question is model.probe:
            model.probe = None
            if ok:
                model.is_closed, model.in_a_row = True, 0
            else:
                model.open()
        elif model.is_closed and question.asked_in == len(model.opened_at):
            model.in_a_row = 0 if ok else model.in_a_row + 1
            if model.in_a_row >= FAILURES:
                model.open()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        question = data.draw(st.sampled_from(self.waiting))
        self.waiting.remove(question)
        self.breaker.abandon(question.ticket)
        if question is self.model.probe:
            self.model.probe = None

    @invariant()
    def is_as_open_as_the_model(self) -> None:
        assert self.breaker.is_open(self.model.now) is not self.model.may_ask()


BreakerMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestBreaker = BreakerMachine.TestCase


def test_a_breaker_of_zero_failures_never_opens() -> None:
    breaker = Breaker(0, OPEN_S)
    for _ in range(100):
        ticket = breaker.allow(0.0)
        assert ticket is not None
        breaker.settle(ticket, 0.0, ok=False)
