"""Let visitors of every protocol come and go for minutes, and see whether anything of them is left.

    python -m tests.soak.run [--minutes 10] [--visitors 30]

Two workers on one Redis. When everybody has left in the end, they must have no more tasks, descriptors,
sessions and channels than when nobody had come yet, and no more memory than after a warm-up. Meanwhile every
visitor must hear a room's messages without a gap. Exit code 1 when one of these is missed.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import httpx
import typer

from tests.docs.served import STARTED_WITHIN_S, Served
from tests.server.running import wait_until
from tests.servers import RedisServer, two_free_ports
from tests.soak.census import PATIENCE_S, Census, at_rest, census, more_than
from tests.soak.speakers import HOST, SPEAKERS, Speaker, Visit, be_rude

HERE = Path(__file__).parent
ROOMS = 6
SAY_EVERY_S = 0.1
STAY_S = (0.2, 4.0)
ROUGH = 0.4
"""The share of visitors who do not say goodbye, where their client lets them."""
RUDE_EVERY_S = 0.3
WARM_UP = 0.15
"""The share of the time that is for warming up."""
GROWTH_KIB = 4096
"""Above this, the memory of a worker is not flat. An allocator keeps a little more after every peak."""
MEMORY_FROM_S = 300.0
"""Shorter soaks do not judge memory: they are still warming up."""


class Town:
    """What is said in the rooms, who came, and what they missed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.said = Counter[str]()
        self.heard = Counter[str]()
        self.visits = Counter[str]()
        self.faults: list[str] = []
        self._over = False

    async def live(self, seconds: float, visitors: int) -> None:
        """Have so many visitors at a time, and messages in every room, until each kind has heard some."""
        self._over = False
        async with (
            httpx.AsyncClient(
                trust_env=False, timeout=PATIENCE_S, limits=httpx.Limits(max_connections=None)
            ) as http,
            asyncio.TaskGroup() as group,
        ):
            for number in range(ROOMS):
                group.create_task(self._talk(http, f"room{number}"))
            for number in range(visitors):
                group.create_task(self._come_and_go(http, SPEAKERS[number % len(SPEAKERS)]))
            group.create_task(self._trouble())
            await asyncio.sleep(seconds)
            async with asyncio.timeout(PATIENCE_S):
                while len(self.heard) < len(SPEAKERS):
                    await asyncio.sleep(0.1)
            self._over = True

    async def _talk(self, http: httpx.AsyncClient, room: str) -> None:
        while not self._over:
            self.said[room] += 1
            said = {"channel": room, "data": f"{self.said[room]}"}
            answer = await http.post(f"http://{HOST}:{self.port}/api/publish", json=said)
            if answer.status_code != 200:
                self.faults.append(f"a message was refused: {answer.text}")
            await asyncio.sleep(SAY_EVERY_S)

    async def _come_and_go(self, http: httpx.AsyncClient, speaker: Speaker) -> None:
        while not self._over:
            room = f"room{random.randrange(ROOMS)}"
            visit = Visit(self.port, room, random.random() < ROUGH, http)
            try:
                await self._visit(speaker, visit, random.uniform(*STAY_S))
            except Exception as fault:  # noqa: BLE001 - whatever it is, it is told in the end
                self.faults.append(f"{speaker.__name__}: {fault!r}")

    async def _visit(self, speaker: Speaker, visit: Visit, stay_s: float) -> None:
        before = 0
        async with speaker(visit) as texts:
            self.visits[speaker.__name__] += 1
            try:
                async with asyncio.timeout(stay_s):
                    async for text in texts:
                        if before and int(text) != before + 1:
                            self.faults.append(f"{speaker.__name__}: {text} after {before}")
                        before = int(text)
                        self.heard[speaker.__name__] += 1
                self.faults.append(f"{speaker.__name__}: the server ended it")
            except TimeoutError:
                pass

    async def _trouble(self) -> None:
        while not self._over:
            await be_rude(self.port)
            self.visits["rude"] += 1
            await asyncio.sleep(RUDE_EVERY_S)


def judge(fresh: list[Census], warm: list[Census], last: list[Census]) -> list[str]:
    """Return what the workers have too much of in the end; of memory, where they were ever warm."""
    found = []
    for number, (before, now) in enumerate(zip(fresh, last, strict=True), 1):
        found += [f"worker {number} has {sentence}" for sentence in more_than(now, before)]
    for number, (before, now) in enumerate(zip(warm, last, strict=False), 1):
        if (growth := now.pss_kib - before.pss_kib) > GROWTH_KIB:
            found.append(f"worker {number} grew by {growth} KiB")
    return found


def told(at_s: float, counted: list[Census]) -> str:
    """Return a line about the workers."""
    workers = "; ".join(
        f"{each.pss_kib / 1024:.1f} MiB, {each.tasks} tasks, {each.descriptors} descriptors, "
        f"{each.clients} clients, {each.channels} channels"
        for each in counted
    )
    return f"{at_s:5.0f} s  {workers}"


async def soak(served: Served, ports: list[int], seconds: float, visitors: int) -> list[str]:
    """Soak a server; return what is wrong."""
    town, began = Town(served.port), time.monotonic()

    def say(counted: list[Census]) -> None:
        print(told(time.monotonic() - began, counted), flush=True)

    async def look() -> None:
        while True:
            await asyncio.sleep(60)
            say([await census(port) for port in ports])

    fresh = await at_rest(ports)
    say(fresh)
    await town.live(seconds * WARM_UP, visitors)
    warm = await at_rest(ports, fresh)
    say(warm)
    looking = asyncio.create_task(look())
    await town.live(seconds * (1 - WARM_UP), visitors)
    looking.cancel()
    last = await at_rest(ports, fresh)
    say(last)
    account = {"visits": town.visits, "heard": town.heard, "said": town.said.total()}
    print(json.dumps(account), flush=True)
    silent = [
        f"{each.__name__} heard nothing" for each in SPEAKERS if not town.heard[each.__name__]
    ]
    return [*town.faults, *silent, *judge(fresh, warm if seconds >= MEMORY_FROM_S else [], last)]


def main(
    minutes: Annotated[float, typer.Option(min=0.05, max=600)] = 10.0,
    visitors: Annotated[int, typer.Option(min=len(SPEAKERS), max=500, help="At a time.")] = 33,
) -> None:
    """Let visitors of every protocol come and go, and see whether anything of them is left."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        shutil.copy(HERE / "soak.toml", folder / "hubbub.toml")
        first = two_free_ports()
        with RedisServer(folder) as redis:
            command = (f"{HERE / 'app.py'}:app", "--broker", redis.url, "--workers", "2")
            with Served(folder, *command, "--worker-ports", f"{first}+") as served:
                wait_until(lambda: "\n  next " in served.log(), STARTED_WITHIN_S)
                wrong = asyncio.run(soak(served, [first, first + 1], minutes * 60, visitors))
            log = served.log()
    for sentence in wrong[:20]:
        print(f"FAIL: {sentence}", file=sys.stderr)
    if wrong:
        print(log[-4000:], file=sys.stderr)
        raise typer.Exit(1)
    print("pass: nothing is left of them")


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
