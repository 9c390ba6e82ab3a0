"""What an operator may choose about the SQLite engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Synchronous(Enum):
    """What an acknowledged publish has survived; see docs/decisions/010-sqlite-durability.md."""

    NORMAL = "NORMAL"
    """The end of our process, by any signal. After a power cut channels get new epochs."""

    FULL = "FULL"
    """A power cut too: every group of publishes waits for the disk."""


@dataclass(frozen=True, slots=True)
class SqliteSettings:
    """Where the file is, how durable, and the bounds.

    Times are in seconds. `max_bytes` bounds the file (0: only the disk does); publishes beyond it are
    refused. `meta_ttl_s` is how long a channel without kept entries keeps its epoch and offset after its
    last use, and `newborn_ttl_s` how long one does in which nothing was published yet; each channel is
    looked after once in `sweep_s`, a few of them every `tick_s`, as are records whose time may be over. That
    is also how often overdue operations are looked for: those that waited `timeout_s` for the disk.
    `max_waiting` and `max_waiting_bytes` bound what may wait at one time.
    """

    path: Path
    synchronous: Synchronous = Synchronous.NORMAL
    max_bytes: int = 0
    lease_s: float = 12.0
    idempotency_s: float = 300.0
    meta_ttl_s: float = 30 * 86_400.0
    newborn_ttl_s: float = 300.0
    sweep_s: float = 60.0
    tick_s: float = 1.0
    timeout_s: float = 10.0
    max_waiting: int = 10_000
    max_waiting_bytes: int = 64 << 20
