"""Whatever strangers send, to every entry: nothing of it is a fault in the log, stays or costs memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import httpx
import psutil
import pytest

from tests.clients.talk import talking
from tests.docs.served import Served
from tests.security.hostile import dialogue, posts, request
from tests.transports.wire import raw_client

REQUESTS, DIALOGUES = 150, 250
AT_ONCE = 20
PATIENCE_S = 60.0
GROWTH = 48 * 1024 * 1024
"""Bytes by which the server may grow: what it caches, and keeps of the channels that were spoken in."""

SETTINGS = """
log_level = "info"
open = true

[admin]
password = "correct horse battery"
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("server")
    (folder / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    with Served(folder, "--broker", "memory://") as served:
        yield served


async def send(port: int, said: bytes) -> None:
    """Say something, hear what is said to it for a moment, and leave."""
    async with raw_client(port) as client:
        with suppress(ConnectionError):  # what is left unread, resets
            client.writer.write(said)
            await client.writer.drain()
            with suppress(TimeoutError):  # some of what is said has no end, and gets no answer
                async with asyncio.timeout(0.3):
                    await client.reader.read()


async def crowd(port: int, sayings: Iterable[bytes]) -> None:
    """Have one come for each saying, some at once."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(said: bytes) -> None:
        async with places:
            await send(port, said)

    await asyncio.gather(*map(one, sayings))


def sessions(served: Served) -> int:
    """Return how many sessions there are."""
    told = httpx.get(f"http://127.0.0.1:{served.port}/metrics", timeout=PATIENCE_S).text
    found = re.search(r"^hubbub_sessions (\d+)", told, re.MULTILINE)
    assert found is not None, told
    return int(found[1])


async def judge(served: Served, before: int) -> None:
    """See that the server is as it was, and serves others."""
    async with talking(served.port) as talk:
        await talk.result("connect", data={"user": "zhang"})
        await talk.result("subscribe", channel="lobby")
        await talk.result("publish", channel="lobby", data=1)
    async with asyncio.timeout(PATIENCE_S):
        while sessions(served):
            await asyncio.sleep(0.1)
    assert psutil.Process(served.pid).memory_info().rss - before < GROWTH
    faults = [
        line for line in served.log().splitlines() if '"error"' in line or "Traceback" in line
    ]
    assert not faults


async def test_requests_that_nobody_means(served: Served) -> None:
    before = psutil.Process(served.pid).memory_info().rss
    await crowd(served.port, [*posts(), *(request(Random(n)) for n in range(REQUESTS))])
    await judge(served, before)


async def test_dialogues_that_nobody_means(served: Served) -> None:
    before = psutil.Process(served.pid).memory_info().rss
    await crowd(served.port, (dialogue(Random(n)) for n in range(DIALOGUES)))
    await judge(served, before)
