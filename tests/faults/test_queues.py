"""A queue whose consumers refuse, forget and die with their worker: each message is done, and done once.

The size is that of every day; `HUBBUB_FAULTS=full` runs 10,000 messages and 30 consumers.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.docs.served import Served
from tests.faults.queue_clients import Books, Boss, Hand
from tests.servers import RedisServer

FULL = os.environ.get("HUBBUB_FAULTS") == "full"
MESSAGES, HANDS = (10_000, 30) if FULL else (150, 4)
WITHIN_S = 600 if FULL else 120
WAITING = 500
"""Messages that wait before the sender pauses: fewer than the channel keeps."""

SETTINGS = """
[limits]
commands_per_s = 0
"""

pytestmark = pytest.mark.timeout(WITHIN_S + 60)


async def strike(served: Served, boss: Boss) -> None:
    while boss.sent < MESSAGES // 2:
        await asyncio.sleep(0.01)
    os.kill(served.workers()[0], signal.SIGKILL)


async def test_each_message_is_done_once(tmp_path: Path) -> None:
    (tmp_path / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    with RedisServer(tmp_path) as redis:
        arguments = ("--broker", redis.url, "--workers", "2")
        with Served(tmp_path, *arguments) as served:
            books, boss = Books(), Boss(served.port)

            def is_over() -> bool:
                return len(books.handled()) >= MESSAGES and boss.sent >= MESSAGES

            async with asyncio.timeout(WITHIN_S):
                await asyncio.gather(
                    boss.send(MESSAGES, lambda: boss.sent - len(books.handled()) > WAITING),
                    strike(served, boss),
                    *(Hand(served.port, books, seed).work(is_over) for seed in range(HANDS)),
                )
            print(
                f"{MESSAGES} messages, {books.lives} lives of {HANDS} consumers, {books.refused} "
                f"refused, {books.forgotten} forgotten, {sum(books.unsure.values())} unsure"
            )
            assert books.handled() == {*range(MESSAGES)}
            assert max(books.done.values()) == 1
