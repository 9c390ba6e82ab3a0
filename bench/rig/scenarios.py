"""The scenarios: fan-out in interleaved rounds, and idle connections."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.rig.build import Unavailable
from bench.rig.load import Burst, Fanout, Faulty, fanout, held
from bench.rig.servers import Server

MESSAGE_SIZE = 90
SUBSCRIBERS = 1_000
WINDOWS = (1, 64)


@dataclass(frozen=True, slots=True)
class Pace:
    """How thorough a run is: `idle_watch_s` 0 leaves the processor time of idle connections out."""

    rounds: int
    seconds: float
    warm: float
    idle_connections: int
    idle_watch_s: float


FULL = Pace(rounds=3, seconds=4.0, warm=0.5, idle_connections=5_000, idle_watch_s=25.0)
QUICK = Pace(rounds=1, seconds=1.5, warm=0.3, idle_connections=1_000, idle_watch_s=0.0)
IDLE_BASE = 100


@dataclass(slots=True)
class Row:
    """What is known of one server; `trouble` says why something is missing."""

    server: Server
    bursts: dict[int, list[Fanout]] = field(default_factory=lambda: {w: [] for w in WINDOWS})
    idle_bytes: float | None = None
    idle_cpu_us: float | None = None
    trouble: str | None = None

    def rate(self, window: int) -> float | None:
        """Return the median of deliveries per second over the rounds."""
        return self._median(window, lambda burst: burst.per_second)

    def p99_ms(self, window: int) -> float | None:
        """Return the median of the rounds' 99th percentiles of latency."""
        return self._median(window, lambda burst: burst.p99_ms)

    def wire_bytes(self) -> float | None:
        """Return the bytes of one delivery on the wire."""
        return self._median(WINDOWS[0], lambda burst: burst.wire_bytes)

    def server_us(self, window: int) -> float | None:
        """Return the median of the server's processor time for each delivery, in µs."""
        return self._median(window, lambda burst: burst.server_us)

    def _median(self, window: int, of: Callable[[Fanout], float]) -> float | None:
        values = [of(burst) for burst in self.bursts[window]]
        return median(values) if values else None


def _size_for(row: Row, before: Row | None) -> int:
    """Return the message size; a frame head is 2 bytes up to 125 and 4 bytes beyond."""
    wire = before.wire_bytes() if row.server.same_size and before else None
    if wire is None:
        return MESSAGE_SIZE
    return round(wire) - (4 if wire > 127 else 2)


def measure_fanout(rows: Sequence[Row], pace: Pace, say: Callable[[str], None]) -> None:
    """Fan out in rounds: in each round every server gets its turn, with each window."""
    for number in range(pace.rounds):
        for place, row in enumerate(rows):
            if row.trouble:
                continue
            size = _size_for(row, rows[place - 1] if place else None)
            for window in WINDOWS:
                say(f"round {number + 1}/{pace.rounds}: {row.server.name}, {window} in flight")
                burst = Burst(SUBSCRIBERS, window, pace.seconds, pace.warm, size)
                try:
                    with row.server.up() as server:
                        script = row.server.script
                        row.bursts[window].append(fanout(server.port, script, burst, server.cpu_ns))
                except (Unavailable, Faulty) as error:
                    row.trouble = str(error)
                    break


def measure_idle(rows: Sequence[Row], pace: Pace, say: Callable[[str], None]) -> None:
    """Hold connections idle: memory of each beyond the first hundred, processor time of all."""
    for row in rows:
        if row.trouble or not row.server.idle:
            continue
        say(f"idle: {row.server.name}, {pace.idle_connections} connections")
        try:
            row.idle_bytes, row.idle_cpu_us = _idle(row.server, pace)
        except (Unavailable, Faulty) as error:
            row.trouble = str(error)


def _idle(server: Server, pace: Pace) -> tuple[float, float | None]:
    more = pace.idle_connections - IDLE_BASE
    limit = 120 + pace.idle_watch_s
    with server.up() as process, held(process.port, server.script, IDLE_BASE, limit):
        time.sleep(1.0)
        before = process.memory()
        with held(process.port, server.script, more, limit):
            time.sleep(2.0)
            grown = process.memory() - before
            cpu_us = None
            if pace.idle_watch_s:
                spent = process.cpu_ns()
                time.sleep(pace.idle_watch_s)
                spent = process.cpu_ns() - spent
                cpu_us = spent / 1e3 / pace.idle_connections * 60 / pace.idle_watch_s
            return grown / more, cpu_us
