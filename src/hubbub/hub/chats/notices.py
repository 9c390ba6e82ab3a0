"""Notices about users in channels, one a second at most: what is newest is said, however often it changes.

Who types makes a notice with each key, and who scrolls one with each message. The first is said at once;
what follows within a second waits for its end, and only the newest is said then. What is said again and still
holds is not repeated before half of its time is over. A notice that holds for a time ends by itself.

What another node says of the same user counts as said here, so that two devices on two nodes do not say twice
what one of them would say once.

Pure: time is passed in, and who calls says what it is told to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hubbub.dialects.kinds import Notice
from hubbub.model import ChannelName, ClientInfo

PAUSE_S = 1.0
"""Seconds between two notices of one kind about a user in a channel."""
YIELD_S = 0.5
"""Seconds that one of two nodes waits longer which would say the same at the same time."""
SUBJECTS_LIMIT = 20_000
"""Users in channels of whom a node has something to say at a time ..."""
CHANNEL_SHARE = 1000
"""... of them in one channel: with more subscribers, nobody is told of each (`hub.join_leave_limit`) ..."""
USER_SHARE = 500
"""... and of one user, or of one session without a name."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notice is about."""

    channel: ChannelName
    notice: Notice
    user: str


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of a subject.

    Args:
        data: JSON. info: who says it. holds_s: seconds for which it holds (0: for ever).
        end: the JSON that is said when it does not hold any more.
    """

    data: bytes
    info: ClientInfo
    holds_s: float = 0.0
    end: bytes = b""


@dataclass(slots=True)
class _Said:
    word: Word
    at: float
    until: float
    next: Word | None = None


class Notices:
    """Remember what was said lately, and what is to be said next."""

    __slots__ = ("_channels", "_said", "_users")

    def __init__(self) -> None:
        self._said: dict[Subject, _Said] = {}
        self._channels: Counter[ChannelName] = Counter()
        self._users: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._said)

    def has_room(self, subject: Subject) -> bool:
        """Tell whether something can be said about a subject: there is room, and its share is not used up."""
        return subject in self._said or (
            len(self._said) < SUBJECTS_LIMIT
            and self._channels[subject.channel] < CHANNEL_SHARE
            and self._users[subject.user] < USER_SHARE
        )

    def __contains__(self, subject: Subject) -> bool:
        return subject in self._said

    def offer(self, subject: Subject, word: Word, now: float) -> bool:
        """Take a word; tell whether it is to be said now. The caller has asked `has_room`."""
        said = self._said.get(subject)
        if said is None:
            self._said[subject] = _Said(word, now, now + word.holds_s)
            self._channels[subject.channel] += 1
            self._users[subject.user] += 1
            return True
        if word.data == said.word.data and (not word.holds_s or now - said.at < word.holds_s / 2):
            said.next = None
            said.until = now + word.holds_s
            return False
        if now - said.at < PAUSE_S:
            said.next = word
            return False
        self._said[subject] = _Said(word, now, now + word.holds_s)
        return True

    def hear(self, subject: Subject, word: Word, now: float) -> None:
        """Learn that a word was said, on any node; it is news if it is not from whom this one said the last.

        Nothing is learned of whom nothing was said here lately: so it takes no room.
        """
        said = self._said.get(subject)
        if said is not None and said.word.info.session != word.info.session:
            waiting = said.next if said.next is not None and said.next.data != word.data else None
            mine = said.word.info  # what this node says next is said by its own session
            at = now + YIELD_S if word.info.session < mine.session else now
            kept = replace(word, info=mine)
            self._said[subject] = _Said(kept, at, now + word.holds_s, waiting)

    def end(self, subject: Subject) -> None:
        """Learn that others know that it holds no more: what is said of the subject next is news."""
        said = self._said.get(subject)
        if said is not None:
            said.word = Word(said.word.end, said.word.info)
            said.until, said.next = 0.0, None

    def due(self, now: float) -> Iterator[tuple[Subject, Word]]:
        """Iterate what is to be said now; what is over is forgotten."""
        for subject, said in list(self._said.items()):
            if now - said.at < PAUSE_S:
                continue
            word = said.next
            if word is None and said.until <= now and said.word.end:
                word = Word(said.word.end, said.word.info)
            if word is not None:
                self._said[subject] = _Said(word, now, now + word.holds_s)
                yield subject, word
            elif said.until <= now:
                del self._said[subject]
                _take_off(self._channels, subject.channel)
                _take_off(self._users, subject.user)


def _take_off(counts: Counter[str], name: str) -> None:
    counts[name] -= 1
    if not counts[name]:
        del counts[name]
