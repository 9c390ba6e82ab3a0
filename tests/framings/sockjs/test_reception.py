"""The table against a model that knows only what a client may rely on."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.framings.sockjs.reception import TABLE, Action, Event, State


class Model:
    """What the protocol says of a session, as facts instead of states."""

    def __init__(self) -> None:
        self.waiting = False
        self.over = False
        self.forgotten = False

    def happens(self, event: Event) -> Action | None:
        """Return what must be done, None where it cannot happen."""
        impossible = (
            self.forgotten
            or (event is Event.FULL and not self.waiting)
            or (event in {Event.END, Event.BROKE, Event.FULL} and self.over)
            or (event is Event.LATE and self.waiting)
        )
        return None if impossible else getattr(self, event.name.lower())()

    def come(self) -> Action:
        if self.over:
            return Action.TELL
        if self.waiting:
            return Action.REFUSE
        self.waiting = True
        return Action.ATTACH

    def full(self) -> Action:
        self.waiting = False
        return Action.LEAVE

    def broke(self) -> Action:
        self.waiting, self.over = False, True
        return Action.INTERRUPT

    def end(self) -> Action:
        self.waiting, self.over = False, True
        return Action.FINISH

    def late(self) -> Action:
        self.forgotten = True
        return Action.FORGET if self.over else Action.EXPIRE

    @property
    def state(self) -> State:
        if self.forgotten:
            return State.GONE
        if self.over:
            return State.ENDED
        return State.HELD if self.waiting else State.IDLE


@given(st.lists(st.sampled_from(Event)))
def test_any_story_goes_as_the_model_says(story: list[Event]) -> None:
    model, state = Model(), State.IDLE
    for event in story:
        wanted = model.happens(event)
        found = TABLE.get((state, event))
        assert (found[1] if found else None) is wanted
        state = found[0] if found else state
        assert state is model.state


@pytest.mark.parametrize("action", list(Action))
def test_everything_that_can_be_done_is_done_somewhere(action: Action) -> None:
    assert action in {done for _, done in TABLE.values()}


def test_nothing_comes_back_from_the_end() -> None:
    for state, event in product(State, Event):
        after, _ = TABLE.get((state, event), (state, None))
        if state is State.GONE:
            assert after is State.GONE
        if state is State.ENDED:
            assert after in {State.ENDED, State.GONE}
