"""The outbox against a model that is a plain list of everything that is waiting."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hubbub.hooks.outbox import Delivery, Outbox, OutboxLimits
from hubbub.sessions.hooks import Event, EventKind

LIMITS = OutboxLimits(events=8, of_key=3, age_s=60.0, parallel=2, batch=3, first_s=1.0, most_s=8.0)


def event(key: str, number: int) -> Event:
    return Event(EventKind.UNSUBSCRIBED, key, number, 0)


@dataclass
class Kept:
    event: Event
    since: float
    away: bool = False


@dataclass
class Model:
    kept: list[Kept] = field(default_factory=list)
    """The oldest first, of all keys."""
    told: dict[str, list[int]] = field(default_factory=dict)
    lost: int = 0
    away: list[Delivery] = field(default_factory=list)
    not_before: dict[str, float] = field(default_factory=dict)
    """When a key that failed may go again, at the earliest."""
    at_last: dict[str, float] = field(default_factory=dict)
    """When it must."""
    failed: set[str] = field(default_factory=set)

    def of(self, key: str) -> list[Kept]:
        return [kept for kept in self.kept if kept.event.key == key]

    def keys_away(self) -> set[str]:
        return {key for delivery in self.away for key in delivery.keys}

    def lose(self, lost: list[Kept]) -> None:
        self.lost += len(lost)
        self.kept = [kept for kept in self.kept if kept not in lost]
        self.failed &= {kept.event.key for kept in self.kept}


class OutboxMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.numbers: dict[str, int] = {}
        self.outbox = Outbox(LIMITS)
        self.model = Model()

    @rule(key=st.sampled_from("abcde"))
    def put(self, key: str) -> None:
        number = self.numbers[key] = self.numbers.get(key, 0) + 1
        self.outbox.put(event(key, number), self.now)
        model = self.model
        mine = [kept for kept in model.of(key) if not kept.away]
        if len(mine) >= LIMITS.of_key:
            model.lose(mine[:1])
        elif len(model.kept) >= LIMITS.events:
            droppable = [kept for kept in model.kept if not kept.away]
            if not droppable:
                model.lost += 1
                return
            model.lose(droppable[:1])
        model.kept.append(Kept(event(key, number), self.now))

    @rule()
    def take(self) -> None:
        model = self.model
        model.lose(
            [kept for kept in model.kept if not kept.away and kept.since + LIMITS.age_s <= self.now]
        )
        taken = self.outbox.take(self.now)
        for delivery in taken:
            self.check(delivery)
            model.away.append(delivery)
        assert len(model.away) <= LIMITS.parallel
        if len(model.away) < LIMITS.parallel:
            idle = {kept.event.key for kept in model.kept} - model.keys_away()
            assert all(model.at_last.get(key, 0.0) > self.now for key in idle)

    def check(self, delivery: Delivery) -> None:
        model = self.model
        assert not set(delivery.keys) & model.keys_away()
        assert 0 < len(delivery.events) <= LIMITS.batch
        assert len(delivery.keys) == 1 or not set(delivery.keys) & model.failed
        assert list(dict.fromkeys(event.key for event in delivery.events)) == delivery.keys
        for key in delivery.keys:
            assert self.now >= model.not_before.get(key, 0.0)
            going = [event for event in delivery.events if event.key == key]
            expected = model.of(key)[: len(going)]
            assert [kept.event for kept in expected] == going
            for kept in expected:
                kept.away = True

    @precondition(lambda self: self.model.away)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        model = self.model
        delivery = data.draw(st.sampled_from(model.away))
        model.away.remove(delivery)
        self.outbox.done(delivery)
        for key in delivery.keys:
            told = [kept for kept in model.of(key) if kept.away]
            model.told.setdefault(key, []).extend(kept.event.number for kept in told)
            model.kept = [kept for kept in model.kept if kept not in told]
            model.not_before.pop(key, None)
            model.at_last.pop(key, None)
            model.failed.discard(key)

    @precondition(lambda self: self.model.away)
    @rule(data=st.data(), jitter=st.sampled_from([0.0, 0.5, 1.0]))
    def fail(self, data: st.DataObject, jitter: float) -> None:
        model = self.model
        delivery = data.draw(st.sampled_from(model.away))
        model.away.remove(delivery)
        self.outbox.fail(delivery, self.now, jitter)
        for key in delivery.keys:
            for kept in model.of(key):
                kept.away = False
            model.failed.add(key)
            model.not_before[key] = self.now + LIMITS.first_s * (1 + jitter) / 2
            model.at_last[key] = self.now + LIMITS.most_s * (1 + jitter) / 2

    @rule(seconds=st.sampled_from([0.25, 1.0, 8.0, 30.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def hurry(self) -> None:
        self.outbox.hurry()
        self.model.not_before.clear()
        self.model.at_last.clear()

    @invariant()
    def everything_is_accounted_for(self) -> None:
        assert len(self.outbox) == len(self.model.kept) <= LIMITS.events
        assert self.outbox.lost == self.model.lost

    @invariant()
    def what_is_told_of_a_key_is_in_order(self) -> None:
        for numbers in self.model.told.values():
            assert numbers == sorted(set(numbers))


OutboxMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
TestOutbox = OutboxMachine.TestCase


def test_a_key_that_fails_waits_longer_each_time_and_keeps_nobody_up() -> None:
    outbox = Outbox(LIMITS)
    outbox.put(event("a", 1), 0.0)
    now, waits = 0.0, []
    for _ in range(6):
        (delivery,) = outbox.take(now)
        assert delivery.keys == ["a"]
        outbox.fail(delivery, now, 1.0)
        outbox.put(event("b", 1), now)
        (other,) = outbox.take(now)
        assert other.keys == ["b"]
        outbox.done(other)
        began = now
        while not outbox._later[0][0] <= now:
            now += 0.5
        waits.append(now - began)

    assert waits == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_what_fails_together_goes_again_one_by_one() -> None:
    outbox = Outbox(LIMITS)
    for key in "ab":
        outbox.put(event(key, 1), 0.0)
    (together,) = outbox.take(0.0)
    assert together.keys == ["a", "b"]
    outbox.fail(together, 0.0, 1.0)

    assert [delivery.keys for delivery in outbox.take(1.0)] == [["a"], ["b"]]


def test_a_key_with_too_many_events_drives_out_its_own_only() -> None:
    outbox = Outbox(OutboxLimits(events=100, of_key=5, batch=100))
    outbox.put(event("quiet", 1), 0.0)
    for number in range(1000):
        outbox.put(event("loud", number), 0.0)

    (delivery,) = outbox.take(0.0)
    assert [each.number for each in delivery.events] == [1, 995, 996, 997, 998, 999]
    assert outbox.lost == 995


def test_a_key_that_fails_for_ever_never_overflows() -> None:
    outbox = Outbox(LIMITS)
    now = 0.0
    for number in range(2000):
        outbox.put(event("a", number), now)
        (delivery,) = outbox.take(now)
        outbox.fail(delivery, now, 0.5)
        now += 10.0

    assert outbox.lost > 1900
