"""Kill a publishing process again and again: what it acknowledged is there, once, and in its place."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from hubbub.brokers.contract import Entry, HistoryQuery, Outcome
from hubbub.brokers.sqlite.broker import SqliteBroker
from hubbub.brokers.sqlite.settings import SqliteSettings
from hubbub.clock import SystemClock
from hubbub.model import Position
from tests.contracts.broker_stage import Recorder
from tests.faults.sqlite_publisher import CHANNELS, EVERYTHING, IN_FLIGHT

KILLS = 10
ROOT = Path(__file__).parents[2]


class Acknowledged(NamedTuple):
    """What the child was told about a message."""

    channel: str
    place: Position


def live_and_die(path: Path, first: int, acknowledgements: int) -> dict[int, Acknowledged]:
    """Run a child until so many acknowledgements were seen, kill it, and return all that it told."""
    command = [sys.executable, "-m", "tests.faults.sqlite_publisher", str(path), str(first)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=environment) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(acknowledgements)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
    assert child.returncode == -signal.SIGKILL, "the child ended by itself"
    told = {}
    for line in lines:
        number, channel, epoch, offset, tag = line.decode().split()
        told[int(number)] = Acknowledged(channel, Position(epoch, int(offset), int(tag)))
    return told


async def read_back(path: Path) -> dict[str, list[Entry]]:
    """Open the file as the next process would, and return every channel's log."""
    broker = SqliteBroker(SqliteSettings(path), SystemClock())
    await broker.start("reader", Recorder())
    logs = {}
    for channel in CHANNELS:
        page = await broker.log.history(channel, HistoryQuery(10_000_000), EVERYTHING)
        logs[channel] = list(page.entries)
        found = await broker.log.recover(
            channel, Position(page.top.epoch, 0), 10_000_000, EVERYTHING
        )
        assert Outcome.OK is found.outcome
        assert list(found.entries) == logs[channel]
    await broker.close()
    return logs


async def test_what_was_acknowledged_survives_every_kill(tmp_path: Path) -> None:
    """Ten lives on one file: nothing acknowledged is missing, no offset and no key is given twice."""
    path = tmp_path / "hubbub.db"
    chance = random.Random(20)
    told: dict[int, Acknowledged] = {}
    for _ in range(KILLS):
        # Each life begins by repeating what may have been under way when the one before was killed.
        first = max(max(told, default=0) - 2 * IN_FLIGHT, 1)
        for number, acknowledged in live_and_die(path, first, chance.randint(50, 1500)).items():
            assert told.setdefault(number, acknowledged) == acknowledged, "a key led to two places"
    logs = await read_back(path)

    entries = {(name, entry.offset): entry for name, log in logs.items() for entry in log}
    for number, (channel, place) in told.items():
        entry = entries[channel, place.offset]
        assert place == entry.position
        assert number == int(entry.payload.split()[0])
    places = [(channel, place.offset) for channel, place in told.values()]
    assert len(set(places)) == len(places) > KILLS * 50
    for log in logs.values():
        assert list(range(1, len(log) + 1)) == [entry.offset for entry in log]
        assert [0, *(entry.tag for entry in log)][:-1] == [entry.previous for entry in log]
        numbers = [int(entry.payload.split()[0]) for entry in log]
        assert len(set(numbers)) == len(numbers), "a message was stored twice under one key"
    writers = {entry.payload.split()[1] for log in logs.values() for entry in log}
    assert len(writers) == KILLS, (
        "every life must have written something for this test to mean anything"
    )
