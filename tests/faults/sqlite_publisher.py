"""The child that `test_sqlite_kill` kills: publish without end, and tell each acknowledgement on stdout.

    python -m tests.faults.sqlite_publisher FILE FIRST

Messages are numbered from FIRST on; each has its number as its key, so that what was not acknowledged
before a kill can be published again.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from hubbub.brokers.sqlite.broker import SqliteBroker
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.clock import SystemClock
from hubbub.model import Retention
from tests.contracts.broker_stage import Recorder

CHANNELS = ("room:1", "room:2", "room:3")
IN_FLIGHT = 48
EVERYTHING = Retention(size=10_000_000, age_s=3600.0)


async def main(path: Path, first: int) -> None:
    """Publish with a window of messages under way until somebody ends this process."""
    broker = SqliteBroker(SqliteSettings(path), SystemClock())
    await broker.start("child", Recorder())
    numbers = count(first)

    async def publish_on() -> None:
        for number in numbers:
            channel = CHANNELS[number % len(CHANNELS)]
            stored = await broker.log.publish(
                channel, b"%d %d" % (number, os.getpid()), EVERYTHING, f"message {number}"
            )
            place = stored.position
            line = f"{number} {channel} {place.epoch} {place.offset} {place.tag}\n"
            # One write: a line is told whole or not at all.
            os.write(1, line.encode())

    await asyncio.gather(*(publish_on() for _ in range(IN_FLIGHT)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
