from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.kinds import Notice
from hubbub.hub.notices import PAUSE_S, SUBJECTS_LIMIT, Notices, Subject, Word
from hubbub.model import ClientInfo

ANN = ClientInfo("ann", "s1")
TYPING = Subject("room", Notice.TYPING, "ann")
WRITES = Word(b"on", ANN, 6.0, b"off")
RESTS = Word(b"off", ANN)


def said(notices: Notices, now: float) -> list[bytes]:
    return [word.data for _, word in notices.due(now)]


def test_what_holds_is_said_once_and_again_when_half_its_time_is_over() -> None:
    notices = Notices()
    assert notices.offer(TYPING, WRITES, 0.0)
    assert not any(notices.offer(TYPING, WRITES, now / 10) for now in range(1, 30))
    assert notices.offer(TYPING, WRITES, 3.0)


def test_it_ends_by_itself() -> None:
    notices = Notices()
    notices.offer(TYPING, WRITES, 0.0)
    notices.offer(TYPING, WRITES, 2.0)
    assert said(notices, 7.9) == []
    assert said(notices, 8.0) == [b"off"]
    assert said(notices, 9.0) == []
    assert len(notices) == 0


def test_only_the_newest_is_said_when_the_pause_is_over() -> None:
    notices = Notices()
    assert notices.offer(TYPING, WRITES, 0.0)
    assert not notices.offer(TYPING, RESTS, 0.2)
    assert not notices.offer(TYPING, WRITES, 0.4)
    assert said(notices, 1.0) == []  # nothing has changed
    assert not notices.offer(TYPING, RESTS, 0.5)
    assert said(notices, 0.9) == []
    assert said(notices, 1.0) == [b"off"]


def test_who_has_said_what_was_written_is_news_with_the_next_letter() -> None:
    notices = Notices()
    notices.offer(TYPING, WRITES, 0.0)
    notices.end(TYPING)
    assert said(notices, 7.0) == []
    notices.offer(TYPING, WRITES, 10.0)
    notices.end(TYPING)
    assert notices.offer(TYPING, WRITES, 11.5)
    notices.end(Subject("elsewhere", Notice.TYPING, "ann"))


def test_a_node_remembers_no_more_than_it_may() -> None:
    notices = Notices()
    for number in range(SUBJECTS_LIMIT):
        notices.offer(Subject("room", Notice.TYPING, str(number)), WRITES, 0.0)
    assert notices.is_full()
    list(notices.due(6.0))
    list(notices.due(7.0))
    assert not notices.is_full()


STEPS = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(["on", "off", "end", "tick"])), max_size=60
)


class Others:
    """What the others in a channel know of somebody, who takes steps in time."""

    def __init__(self) -> None:
        self.notices = Notices()
        self.now = 0.0
        self.heard: list[float] = []
        self.known = self.wanted = b"off"
        self.until = 0.0

    def hear(self, data: bytes) -> None:
        self.heard.append(self.now)
        self.known = data

    def wait(self, seconds: float) -> None:
        self.now += seconds
        for data in said(self.notices, self.now):
            self.hear(data)

    def take(self, step: str) -> None:
        if step == "end":
            self.notices.end(TYPING)
            self.known = self.wanted = b"off"
        elif step == "on" or (step == "off" and TYPING in self.notices):
            word = WRITES if step == "on" else RESTS
            self.wanted, self.until = word.data, self.now + word.holds_s
            if self.notices.offer(TYPING, word, self.now):
                self.hear(word.data)


@given(STEPS)
def test_never_more_than_one_a_second_and_the_last_word_is_true(
    steps: list[tuple[int, str]],
) -> None:
    others = Others()
    for tenths, step in steps:
        others.wait(tenths / 10)
        others.take(step)
    others.wait(PAUSE_S + 0.01)
    holds = others.wanted == b"on" and others.now < others.until
    assert others.known == (b"on" if holds else b"off")
    others.wait(10)
    others.wait(PAUSE_S + 0.01)
    assert others.known == b"off"
    assert len(others.notices) == 0
    pauses = [after - before for before, after in pairwise(others.heard)]
    assert all(pause >= PAUSE_S - 1e-6 for pause in pauses)
