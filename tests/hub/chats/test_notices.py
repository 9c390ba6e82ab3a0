from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.kinds import Notice
from hubbub.hub.chats.notices import (
    CHANNEL_SHARE,
    PAUSE_S,
    SUBJECTS_LIMIT,
    USER_SHARE,
    Notices,
    Subject,
    Word,
)
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
        subject = Subject(f"room{number % 100}", Notice.TYPING, str(number))
        assert notices.has_room(subject)
        notices.offer(subject, WRITES, 0.0)
    assert not notices.has_room(TYPING)
    list(notices.due(6.0))
    list(notices.due(7.0))
    assert notices.has_room(TYPING)
    assert not (notices._channels or notices._users)


def test_neither_a_channel_nor_a_user_takes_the_room_of_others() -> None:
    notices = Notices()
    loud = [Subject("loud", Notice.READ, str(number)) for number in range(CHANNEL_SHARE)]
    busy = [Subject(str(number), Notice.READ, "busy") for number in range(USER_SHARE)]
    for subject in loud + busy:
        assert notices.has_room(subject)
        notices.offer(subject, RESTS, 0.0)
    assert not notices.has_room(Subject("loud", Notice.TYPING, "ann"))
    assert not notices.has_room(Subject("room", Notice.TYPING, "busy"))
    assert notices.has_room(loud[0])
    assert notices.has_room(TYPING)


def test_what_another_node_has_said_is_said() -> None:
    notices = Notices()
    theirs = Word(b"on", ClientInfo("ann", "s2"), 6.0, b"off")
    assert notices.offer(TYPING, WRITES, 0.0)
    notices.hear(TYPING, theirs, 2.5)
    assert not notices.offer(TYPING, WRITES, 3.0)
    assert said(notices, 8.4) == []
    assert said(notices, 9.0) == [b"off"]
    assert not notices.offer(TYPING, WRITES, 9.5)
    notices.hear(TYPING, theirs, 9.6)  # it was said there a moment ago
    assert said(notices, 10.6) == []


def test_of_two_devices_in_step_one_speaks_for_both() -> None:
    """What a node says is heard an eighth of a second later, when the other one has said the same."""
    nodes, infos = (Notices(), Notices()), (ClientInfo("ann", "s1"), ClientInfo("ann", "s2"))
    spoken: list[tuple[float, int]] = []
    for eighths in range(96):
        now = eighths / 8
        for at, number in spoken:
            if at == now - 0.125:
                nodes[1 - number].hear(TYPING, Word(b"on", infos[number], 6.0, b"off"), now)
        for number, notices in enumerate(nodes):
            if notices.offer(TYPING, Word(b"on", infos[number], 6.0, b"off"), now):
                spoken.append((now, number))
    assert spoken == [(0.0, 0), (0.0, 1), (3.125, 0), (6.125, 0), (9.125, 0)]


def test_nothing_is_remembered_of_who_was_only_heard_or_is_heard_oneself() -> None:
    notices = Notices()
    notices.hear(TYPING, WRITES, 0.0)
    assert len(notices) == 0
    notices.offer(TYPING, WRITES, 0.0)
    notices.hear(TYPING, WRITES, 2.9)
    assert notices.offer(TYPING, WRITES, 3.0)


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


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from(["on", "off", "tick"]), st.booleans()),
        max_size=80,
    )
)
def test_two_nodes_say_no_more_than_one_but_for_the_beginning(
    steps: list[tuple[int, str, bool]],
) -> None:
    """Each hears at once what the other says; the first word of each may come within the pause."""
    nodes, infos = (Notices(), Notices()), (ClientInfo("ann", "s1"), ClientInfo("ann", "s2"))
    spoken: list[tuple[float, bytes]] = []
    first = [True, True]
    now = 0.0

    def say(number: int, word: Word) -> None:
        assert not spoken or first[number] or now - spoken[-1][0] >= PAUSE_S - 1e-6
        first[number] = False
        spoken.append((now, word.data))
        nodes[1 - number].hear(TYPING, word, now)

    def wait(seconds: float) -> None:
        nonlocal now
        now += seconds
        for number, notices in enumerate(nodes):
            first[number] = first[number] or TYPING not in notices
            for _, word in notices.due(now):
                say(number, word)

    for tenths, step, other in steps:
        wait(tenths / 10)
        notices, info = nodes[other], infos[other]
        first[other] = first[other] or TYPING not in notices
        word = Word(b"on", info, 6.0, b"off") if step == "on" else Word(b"off", info)
        if (step == "on" or (step == "off" and TYPING in notices)) and notices.offer(
            TYPING, word, now
        ):
            say(other, word)
    for _ in range(20):
        wait(PAUSE_S + 0.01)
    assert not spoken or spoken[-1][1] == b"off"
    assert not any(map(len, nodes))
