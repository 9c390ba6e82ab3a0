"""What the nodes of a memory cluster share: the logs, the exchange between them, and their leases."""

from __future__ import annotations

import random
import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from hubbub.brokers.contract import Entry
from hubbub.brokers.leases import Leases
from hubbub.brokers.local import Exchange, Keys, Rounds
from hubbub.brokers.shelf import Shelf
from hubbub.clock import Clock
from hubbub.model import ChannelName, Position, Retention

CHANNELS_PER_SWEEP = 500
"""The most channels examined in one go, so that tidying up is no noticeable pause; or, if more, ..."""
SWEEPS = 100
"""... this part of all, so that no rate of new channels outruns it."""


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """The bounds of the engine, in seconds.

    `meta_ttl_s` is how long a channel without kept entries keeps its epoch and offset after its last use;
    `newborn_ttl_s`, how long one does in which nothing was published yet.
    """

    lease_s: float = 12.0
    idempotency_s: float = 300.0
    meta_ttl_s: float = 86_400.0
    newborn_ttl_s: float = 300.0
    sweep_s: float = 60.0


class Line:
    """One channel's counter and kept entries."""

    __slots__ = ("age_ms", "epoch", "kept", "offset", "tag", "used_ms")

    def __init__(self, epoch: str, now_ms: int) -> None:
        self.epoch = epoch
        self.offset = 0
        self.tag = 0
        # Made when the first entry is kept: an empty deque takes 600 bytes, and most lines need none.
        self.kept: deque[Entry] | None = None
        self.age_ms = 0.0
        self.used_ms = now_ms

    @property
    def top(self) -> Position:
        """Return the position of the last entry."""
        return Position(self.epoch, self.offset, self.tag)

    def keep(self, entry: Entry, size: int, age_ms: float) -> None:
        """Keep a new entry, and let go of what is too many or too old."""
        self.age_ms = age_ms
        if size <= 0 or age_ms <= 0:
            self.kept = None
            return
        kept = self.kept
        if kept is None:
            kept = self.kept = deque()
        kept.append(entry)
        while len(kept) > size:
            kept.popleft()
        self.drop_older(entry.time - age_ms)

    def drop_older(self, than_ms: float) -> None:
        """Let go of the entries that are older than a time."""
        kept = self.kept
        if kept is None:
            return
        while kept and kept[0].time <= than_ms:
            kept.popleft()
        if not kept:
            self.kept = None

    def since(self, offset: int, now_ms: int, age_s: float) -> Iterator[Entry]:
        """Give the kept entries from an offset on that are young enough, the oldest first."""
        kept = self.kept or ()
        start = max(offset - kept[0].offset, 0) if kept else 0
        oldest = now_ms - age_s * 1000
        return (entry for entry in islice(kept, start, None) if entry.time > oldest)

    def before(self, offset: int | None, now_ms: int, age_s: float) -> Iterator[Entry]:
        """Give the kept entries before an offset that are young enough, the newest first."""
        oldest = now_ms - age_s * 1000
        return (
            entry
            for entry in reversed(self.kept or ())
            if entry.time > oldest and (offset is None or entry.offset < offset)
        )


class World:
    """What all nodes of one memory cluster share."""

    __slots__ = (
        "_clock",
        "_keys",
        "_lines",
        "_random",
        "_rounds",
        "_settings",
        "_sweep_at",
        "exchange",
        "leases",
        "records",
    )

    def __init__(self, settings: MemorySettings, clock: Clock) -> None:
        self.exchange = Exchange()
        self.leases = Leases(clock, settings.lease_s)
        self._settings = settings
        self._clock = clock
        self._keys = Keys(settings.idempotency_s)
        self._lines: dict[ChannelName, Line] = {}
        self.records = Shelf(clock, self._lines.__contains__)
        self._rounds = Rounds(settings.sweep_s)
        self._sweep_at = 0
        # Tags tell forks apart, they guard nothing; a generator of its own is seeded anew in each process.
        self._random = random.Random()  # noqa: S311

    @property
    def size(self) -> tuple[int, int]:
        """Return how many channels and idempotency keys are remembered."""
        return len(self._lines), len(self._keys)

    def append(
        self, channel: ChannelName, payload: bytes, retention: Retention, key: str
    ) -> tuple[Position, Entry | None]:
        """Append an entry and return its place, or the place that its key led to before and None."""
        if key:
            place = self._keys.find(channel, key, self._clock.monotonic())
            if place is not None:
                return place, None
        now = self._clock.epoch_ms()
        if now >= self._sweep_at:
            self._sweep(now)
        line = self._lines.get(channel) or self._born(channel, now)
        offset = line.offset + 1
        tag = self._random.getrandbits(32) or 1
        entry = Entry(line.epoch, offset, tag, line.tag, now, payload)
        line.offset = offset
        line.tag = tag
        line.used_ms = now
        line.keep(entry, retention.size, retention.age_s * 1000)
        place = Position(line.epoch, offset, tag)
        if key:
            self._keys.remember(channel, key, place, self._clock.monotonic())
        return place, entry

    def line(self, channel: ChannelName) -> Line:
        """Return a channel's line, which is born now if it was not there."""
        now = self._clock.epoch_ms()
        if now >= self._sweep_at:
            self._sweep(now)
        line = self._lines.get(channel) or self._born(channel, now)
        line.used_ms = now
        return line

    def forget_history(self, channel: ChannelName) -> None:
        """Let go of a channel's kept entries."""
        line = self._lines.get(channel)
        if line is not None:
            line.kept = None

    def now_ms(self) -> int:
        """Return the time that entries are stamped with."""
        return self._clock.epoch_ms()

    def _born(self, channel: ChannelName, now: int) -> Line:
        line = self._lines[channel] = Line(secrets.token_hex(4), now)
        self._rounds.add(channel, self._clock.monotonic())
        return line

    def _sweep(self, now: int) -> None:
        self._sweep_at = now + 1000
        monotonic = self._clock.monotonic()
        self._keys.expire(monotonic)
        most = max(CHANNELS_PER_SWEEP, len(self._lines) // SWEEPS)
        for channel in self._rounds.due(monotonic, most):
            line = self._lines[channel]
            line.drop_older(now - line.age_ms)
            if not line.kept and now - line.used_ms >= self._ttl_ms(line):
                del self._lines[channel]
            else:
                self._rounds.add(channel, monotonic)

    def _ttl_ms(self, line: Line) -> float:
        settings = self._settings
        ttl_s = settings.meta_ttl_s if line.offset else settings.newborn_ttl_s
        return min(ttl_s, settings.meta_ttl_s) * 1000
