"""How a process fares: what passed through it in the last seconds, and how late its event loop was."""

from __future__ import annotations

from collections import deque
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

WINDOW = 10
"""Beats over which rates and lag are told; there is one a second."""


class Rates(NamedTuple):
    """Messages a second that came in and went out, and the milliseconds that the loop was late at worst."""

    messages_in: float
    messages_out: float
    lag_ms: float


class Down(Struct, frozen=True):
    """A worker that dies again and again; the others serve on."""

    host: Annotated[str, Meta(description="The machine's name.")]
    worker: Annotated[int, Meta(description="Its number among the workers of a server, from 1.")]
    deaths: Annotated[int, Meta(description="How often it died in a row.")]
    how: Annotated[str, Meta(description="How it ended last, as `killed by SIGSEGV`.")]

    def __str__(self) -> str:
        return f"worker {self.worker} of {self.host} died {self.deaths} times in a row: {self.how}"


class _Beat(NamedTuple):
    now: float
    published: int
    delivered: int
    late_s: float


class Pulse:
    """Keep the last beats of a process.

    `worker` is its number among those of a server, from 1; `port` is where it alone listens, 0: nowhere;
    `down` has those of them that die again and again.
    """

    __slots__ = ("_beats", "down", "port", "worker")

    def __init__(self) -> None:
        self.worker = 1
        self.port = 0
        self.down: tuple[Down, ...] = ()
        self._beats: deque[_Beat] = deque(maxlen=WINDOW + 1)

    def beat(self, now: float, late_s: float, published: int, delivered: int) -> None:
        """Note how it is.

        Args:
            now: monotonic seconds. late_s: seconds after the time at which this should have been called.
            published, delivered: how many messages so far.
        """
        self._beats.append(_Beat(now, published, delivered, max(0.0, late_s)))

    def rates(self, beats: int = WINDOW) -> Rates:
        """Return what the last beats say, `WINDOW` at most."""
        if not self._beats:
            return Rates(0.0, 0.0, 0.0)
        lately = list(self._beats)[-beats - 1 :]
        first, last = lately[0], lately[-1]
        seconds = last.now - first.now or 1.0
        return Rates(
            round((last.published - first.published) / seconds, 1),
            round((last.delivered - first.delivered) / seconds, 1),
            round(max(beat.late_s for beat in lately) * 1000, 1),
        )
