"""What is to be told, when, and in which order: the events of one key after each other, without a clock.

Events of several keys go together, which makes many of them cheap; those of a key that was not taken go alone
until they are, so that one that is never taken holds up no other.

    put ──▶ ready ──take──▶ on their way ──done──▶ told
              ▲                  │
              └─── later ◀──fail─┘

Events are lost only when they are too old or too many, and then they are counted.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from hubbub.sessions.hooks import Event

_DOUBLINGS = 16
"""After so many failures the longest wait has long been reached."""


@dataclass(frozen=True, slots=True)
class OutboxLimits:
    """Bound an outbox.

    Args:
        events: how many may be in it. of_key: how many of one key, so that a client that comes and goes all
            the time drives out only its own. age_s: seconds after which one is lost.
        parallel: deliveries on their way at once. batch: events that go together.
        first_s, most_s: seconds until the first try again, doubling up to the longest.
    """

    events: int = 50_000
    of_key: int = 1000
    age_s: float = 300.0
    parallel: int = 8
    batch: int = 64
    first_s: float = 1.0
    most_s: float = 30.0


class Delivery(NamedTuple):
    """Events that go together, and their keys; `done` or `fail` follows."""

    keys: list[str]
    events: list[Event]


class _Waiting(NamedTuple):
    serial: int
    since: float
    event: Event


@dataclass(slots=True)
class _Line:
    """The events of one key, the oldest first; the first `away` are on their way."""

    waiting: deque[_Waiting] = field(default_factory=deque)
    away: int = 0
    failures: int = 0


class Outbox:
    """Schedule events. All times are monotonic seconds and passed in."""

    def __init__(self, limits: OutboxLimits) -> None:
        self.lost = 0
        """Events that were given up."""
        self._limits = limits
        self._lines: dict[str, _Line] = {}
        self._ages: dict[int, str] = {}
        """The key of each event, the oldest event first."""
        self._serial = 0
        self._ready: deque[str] = deque()
        self._later: list[tuple[float, str]] = []
        self._away = 0

    def __len__(self) -> int:
        return len(self._ages)

    def put(self, event: Event, now: float) -> None:
        """Take an event in; the oldest that is not on its way is lost where there is no room."""
        line = self._lines.get(event.key)
        if line is not None and len(line.waiting) - line.away >= self._limits.of_key:
            self._drop(line)
        elif len(self._ages) >= self._limits.events and not self._drop_oldest():
            self.lost += 1
            return
        if line is None:
            line = self._lines[event.key] = _Line()
            self._ready.append(event.key)
        self._serial += 1
        self._ages[self._serial] = event.key
        line.waiting.append(_Waiting(self._serial, now, event))

    def take(self, now: float) -> list[Delivery]:
        """Return what goes now; what has become too old is lost."""
        while self._drop_oldest(now - self._limits.age_s):
            continue
        while self._later and self._later[0][0] <= now:
            self._ready.append(heapq.heappop(self._later)[1])
        taken: list[Delivery] = []
        while self._away < self._limits.parallel and (delivery := self._pack()).keys:
            self._away += 1
            taken.append(delivery)
        return taken

    def _pack(self) -> Delivery:
        """Return what goes together next; nothing where nothing is ready."""
        delivery = Delivery([], [])
        while self._ready:
            line = self._lines[self._ready[0]]
            if not line.waiting:
                del self._lines[self._ready.popleft()]
                continue
            room = self._limits.batch - len(delivery.events)
            if not room or (line.failures and delivery.keys):
                break
            line.away = min(len(line.waiting), room)
            delivery.keys.append(self._ready.popleft())
            delivery.events.extend(waiting.event for waiting in islice(line.waiting, line.away))
            if line.failures:
                break
        return delivery

    def done(self, delivery: Delivery) -> None:
        """Learn that what was on its way was taken."""
        self._away -= 1
        for key in delivery.keys:
            line = self._lines[key]
            for _ in range(line.away):
                del self._ages[line.waiting.popleft().serial]
            line.away = line.failures = 0
            if line.waiting:
                self._ready.append(key)
            else:
                del self._lines[key]

    def fail(self, delivery: Delivery, now: float, jitter: float) -> None:
        """Learn that it was not; it goes again later.

        Args:
            jitter: from 0 to 1; spreads the tries, so that those who failed together do not come together.
        """
        self._away -= 1
        for key in delivery.keys:
            line = self._lines[key]
            line.away = 0
            doubled = self._limits.first_s * 2.0 ** min(line.failures, _DOUBLINGS)
            line.failures += 1
            wait = min(doubled, self._limits.most_s) * (1 + jitter) / 2
            heapq.heappush(self._later, (now + wait, key))

    def hurry(self) -> None:
        """Wait no more before trying again."""
        self._ready.extend(key for _, key in self._later)
        self._later.clear()

    def _drop_oldest(self, before: float = float("inf")) -> bool:
        """Lose the oldest event that is not on its way, if it came at `before` or earlier; tell whether.

        Its key keeps its place, even with nothing to tell.
        """
        for serial, key in self._ages.items():
            line = self._lines[key]
            if line.away and serial <= line.waiting[line.away - 1].serial:
                continue
            if line.waiting[line.away].since > before:
                return False
            self._drop(line)
            return True
        return False

    def _drop(self, line: _Line) -> None:
        """Lose the oldest event of a key that is not on its way."""
        del self._ages[line.waiting[line.away].serial]
        del line.waiting[line.away]
        self.lost += 1
