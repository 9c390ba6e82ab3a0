"""An inbox whose owner comes and goes all the time: each message is handled once, and none is missing.

The size is that of every day; `HUBBUB_FAULTS=full` runs what the promise names: 20,000 messages.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.docs.served import Served
from tests.faults.inbox_clients import Reader, Writer, line
from tests.servers import RedisServer

FULL = os.environ.get("HUBBUB_FAULTS") == "full"
MESSAGES = 20_000 if FULL else 500
WITHIN_S = 900 if FULL else 120
AHEAD = 2000
"""Messages that wait for the reader before the writer pauses: more than one recovery gives."""

SETTINGS = """
[inbox]
size = 30000
count = 30000
copies = false
"""

pytestmark = pytest.mark.timeout(WITHIN_S + 60)


def serve(folder: Path, *arguments: str) -> Served:
    (folder / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    return Served(folder, *arguments)


async def race(served: Served, *, kill: bool) -> Reader:
    """Let a writer and a reader run, and check what each of them has at the end."""
    writer = Writer(served.port, "ann", "bob")
    reader = Reader(served.port, "bob", seed=1)

    async def strike() -> None:
        while writer.sent < MESSAGES // 2:
            await asyncio.sleep(0.01)
        os.kill(served.workers()[0], signal.SIGKILL)

    async with asyncio.timeout(WITHIN_S):
        await asyncio.gather(
            writer.send(MESSAGES, lambda: writer.sent - len(reader.acknowledged) > AHEAD),
            reader.live(lambda: len(reader.acknowledged) >= MESSAGES),
            *([strike()] if kill else []),
        )
    assert {f"key-{n}": 1 for n in range(MESSAGES)} == reader.handled
    assert sorted(reader.numbers) == [*range(1, MESSAGES + 1)]
    assert sorted(reader.numbers.values()) == [*range(MESSAGES)]
    await check_counts(served)
    return reader


async def check_counts(served: Served) -> None:
    """Nothing more comes to the device, and unread is what lies after the read cursor."""
    async with line(served.port, "bob", "phone") as one:
        read = MESSAGES // 3
        done = await one.ask("inbox_ack", upto=MESSAGES)
        assert (done["upto"], done["ahead"], done["offset"]) == (MESSAGES, 0, MESSAGES)
        left = await one.ask("inbox_pull", device="phone")
        assert left["messages"] == []
        unread = await one.ask("inbox_unread")
        assert (unread["total"], unread["senders"]) == (MESSAGES, {"ann": MESSAGES})
        await one.ask("inbox_read", upto=read)
        assert (await one.ask("inbox_unread"))["total"] == MESSAGES - read
        await one.ask("inbox_read", upto=MESSAGES, sender="ann")
        assert (await one.ask("inbox_unread"))["total"] == 0


def tell(reader: Reader) -> None:
    print(
        f"{MESSAGES} messages in {reader.lives} lives of the connection, {reader.repeats} seen again "
        f"and known, {reader.pulls} pulls"
    )


async def test_one_worker_on_sqlite(tmp_path: Path) -> None:
    with serve(tmp_path, "--broker", f"sqlite:///{tmp_path}/hubbub.db") as served:
        tell(await race(served, kill=False))


async def test_three_workers_on_redis_one_of_which_is_killed(tmp_path: Path) -> None:
    with (
        RedisServer(tmp_path) as redis,
        serve(tmp_path, "--broker", redis.url, "--workers", "3") as served,
    ):
        before = set(served.workers())
        tell(await race(served, kill=True))
        assert len(before - set(served.workers())) == 1
