"""All sessions of this node, in the buckets in which one ticker visits them.

There is no task and no timer per session: each second one bucket is visited, so that every session is seen
once per ping interval.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from typing import ParamSpec, Protocol

import structlog

from hubbub.dialects.contract import Push
from hubbub.errors import Close
from hubbub.model import Packet, SessionId, UserId
from hubbub.sessions.identity import Identity
from hubbub.sessions.tags import Tags

_log = structlog.get_logger(__name__)

P = ParamSpec("P")

LATE_S = 2.0
"""Seconds that pass from one tick to the next at most, for those who are waited for."""


class Known(Protocol):
    """A session as those see it who look for a user's."""

    id: SessionId
    identity: Identity

    def end(self, close: Close) -> None:
        """Close the connection, and leave everything at once."""
        ...


class Visited(Known, Protocol):
    """A session as others on its node see it."""

    def received(self, packet: Packet) -> None:
        """Take a message that came beside the session's connection."""
        ...

    def is_busy(self) -> bool:
        """Tell whether so much waits that it should not."""
        ...

    def push(self, push: Push) -> None:
        """Say something to its client."""
        ...

    def visit(self, now: float) -> None:
        """Ping, or give up a silent peer; `now` is monotonic seconds."""
        ...

    def hurry(self, now: float) -> None:
        """End a session that has not introduced itself in time."""
        ...

    def relieve(self, now: float) -> None:
        """End a session that does not read what it is sent."""
        ...

    def dismiss(self) -> None:
        """Close a session because the server shuts down; it may come back elsewhere."""
        ...


class Registry:
    """Hold the sessions of a node.

    Args:
        rounds: ticks in which every session is visited once.
        now: monotonic seconds.
    """

    __slots__ = (
        "_buckets",
        "_last",
        "_round",
        "_users",
        "congested",
        "departed",
        "greeting",
        "groups",
        "noticed",
        "now",
        "tags",
        "total",
    )

    def __init__(self, rounds: int, now: float) -> None:
        self._buckets: list[dict[SessionId, Visited]] = [{} for _ in range(max(1, rounds))]
        self._last = now
        self._round = 0
        # Most users have one session, which needs no collection around it.
        self._users: dict[UserId, Known | dict[SessionId, Known]] = {}
        self.tags: Tags[Known] = Tags()
        self.groups: dict[SessionId, set[str]] = {}
        """The groups that sessions joined; who looks after groups keeps it."""
        self.departed: Callable[[SessionId], None] = _unnoticed
        """Called with the id of each session that has ended."""
        self.greeting: dict[SessionId, Visited] = {}
        self.congested: dict[SessionId, Visited] = {}
        self.now = now
        """Coarse seconds in which peers could be heard, as of the last tick: they tell silence from life."""
        self.noticed: Callable[[Known], None] | None = None
        """Called with a session that has become somebody's; None where nobody wants to know."""
        self.total = 0
        """Sessions since the start."""

    def __iter__(self) -> Iterator[Visited]:
        return (session for bucket in self._buckets for session in bucket.values())

    def __len__(self) -> int:
        return sum(map(len, self._buckets))

    @property
    def users(self) -> int:
        """Return how many users have sessions on this node."""
        return len(self._users)

    def _bucket(self, session: SessionId) -> dict[SessionId, Visited]:
        return self._buckets[hash(session) % len(self._buckets)]

    def add(self, session: Visited) -> None:
        """Take a session in; it is expected to introduce itself."""
        self.total += 1
        self._bucket(session.id)[session.id] = session
        self.greeting[session.id] = session

    def discard(self, session: Visited) -> None:
        """Let a session go."""
        if self._bucket(session.id).pop(session.id, None) is not None:
            self.tags.forget(session.id)
            self.departed(session.id)
        self.greeting.pop(session.id, None)
        self.congested.pop(session.id, None)

    def know(self, user: UserId, session: Known) -> None:
        """Note whose session it is; "" is nobody's."""
        if self.noticed is not None:
            self.noticed(session)
        if not user:
            return
        known = self._users.setdefault(user, session)
        if isinstance(known, dict):
            known[session.id] = session
        elif known is not session:
            self._users[user] = {known.id: known, session.id: session}

    def lose(self, user: UserId, session: Known) -> None:
        """Note that a session is not that user's any more."""
        known = self._users.get(user)
        if known is session:
            del self._users[user]
        elif isinstance(known, dict) and session.id in known:
            del known[session.id]
            if len(known) == 1:
                self._users[user] = next(iter(known.values()))

    def of_user(self, user: UserId) -> Sequence[Known]:
        """Return the sessions of a user on this node."""
        known = self._users.get(user)
        if known is None:
            return ()
        return tuple(known.values()) if isinstance(known, dict) else (known,)

    def crowd(self) -> list[tuple[UserId, int]]:
        """Return the users of this node, each with how many sessions it has here."""
        return [
            (user, len(known) if isinstance(known, dict) else 1)
            for user, known in self._users.items()
        ]

    def get(self, session: SessionId) -> Visited | None:
        """Return a session of this node by its id."""
        return self._bucket(session).get(session)

    def tick(self, now: float) -> None:
        """Visit what is due. Called once a second.

        While this process did not run, nobody could be heard: that is not the silence of a peer.
        """
        self.now += min(now - self._last, LATE_S)
        self._last = now
        self._round = (self._round + 1) % len(self._buckets)
        for session in list(self._buckets[self._round].values()):
            _call(session.visit, self.now)
        for session in list(self.greeting.values()):
            _call(session.hurry, self.now)
        self.relieve()

    def relieve(self) -> None:
        """Look at those who leave something unread; also called when much was written since the last look."""
        for session in list(self.congested.values()):
            _call(session.relieve, self.now)

    async def dismiss(self, batch: int, pause_s: float) -> None:
        """Close all sessions, `batch` at a time with `pause_s` seconds between, to spread their return.

        Each pause is up to half as long again or as short, so that nodes fall out of step with each other.
        """
        while sessions := list(self):
            for session in sessions[:batch]:
                _call(session.dismiss)
                self.discard(session)
            if len(sessions) > batch:
                await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - no secret


def _unnoticed(session: SessionId) -> None:
    """Do nothing, where nobody has to know."""


def _call(look: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call a session; its fault is logged, and does not keep the others from being looked at."""
    try:
        look(*args, **kwargs)
    except Exception as fault:  # noqa: BLE001 - whatever it was, it is that one session's
        _log.error("session failed", exc_info=fault)
