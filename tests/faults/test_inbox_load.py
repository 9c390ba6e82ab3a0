"""Many full inboxes, and a crowd that comes back at once: all of it is given, and memory stays bounded.

The size is that of `make slow`; `HUBBUB_FAULTS=full` runs what docs/performance.md tells: 20,000 users with
100 unread messages each, of whom 1,000 connect at once.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import SystemClock
from hubbub.hub.envelope import Published, encode
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.model import ClientInfo, Kind
from tests.contracts.broker_stage import Recorder
from tests.docs.served import Served
from tests.faults.inbox_clients import line
from tests.servers import RedisServer

FULL = os.environ.get("HUBBUB_FAULTS") == "full"
USERS = 20_000 if FULL else 200
UNREAD = 100
CROWD = 1_000 if FULL else 100
WITHIN_S = 2400 if FULL else 120
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
MESSAGE = b'"type":"message"'
OFFSET = re.compile(MESSAGE + rb'[^}]*?"data":\{[^}]*\}.*?"offset":(\d+)')
"""The client reads what the frames hold without taking them apart: it must not be what is measured."""
AT_ONCE = 5_000
"""Messages that wait for Redis while inboxes are filled."""
GROWTH_LIMIT = 300 * 1024 * 1024
"""Bytes by which the workers may grow together while the crowd comes."""

pytestmark = pytest.mark.timeout(WITHIN_S + 60)


async def fill(redis: RedisServer) -> float:
    """Put messages into all inboxes, and return how many a second."""
    broker = RedisBroker(RedisSettings(redis.url), SystemClock())
    await broker.start("filler", Recorder())
    retention = InboxSettings().channel().retention
    began = time.monotonic()
    for first in range(0, USERS * UNREAD, AT_ONCE):
        storing = []
        for at in range(first, min(first + AT_ONCE, USERS * UNREAD)):
            number, user = divmod(at, USERS)
            text = f'{{"text":"Message {number} of somebody, as long as such messages are"}}'
            sender = ClientInfo(f"friend{number % 5}", "s1")
            said = Published(text.encode(), Kind.JSON, sender, {"id": f"m{number}"})
            storing.append(broker.log.publish(f"#user{user}", encode(said), retention))
        await asyncio.gather(*storing)
    took = time.monotonic() - began
    await broker.close()
    return USERS * UNREAD / took


async def catch_up(port: int, user: str) -> list[int]:
    """Connect as a device that has acknowledged nothing, and return the offsets that it is given."""
    path = f"/ws/{quote(f'#{user}')}?format=json&user={user}&device=phone"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE.format(path=path, port=port).encode())
    came = b""
    while came.count(MESSAGE) < UNREAD:
        more = await reader.read(1 << 16)
        assert more, came[-200:]
        came += more
    writer.transport.abort()
    return [int(offset) for offset in OFFSET.findall(came)]


def used(served: Served) -> int:
    """Return the bytes that the server's processes use."""
    family = [psutil.Process(served.pid), *psutil.Process(served.pid).children()]
    return sum(each.memory_info().rss for each in family)


@pytest.mark.slow
async def test_a_crowd_catches_up(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as redis:
        filled_per_s = await fill(redis)
        memory = redis.cli("INFO", "memory").split("used_memory:")[1].split()[0]
        with Served(tmp_path, "--broker", redis.url, "--workers", "2") as served:
            before = used(served)
            began = time.monotonic()
            async with asyncio.timeout(WITHIN_S):
                given = await asyncio.gather(
                    *(catch_up(served.port, f"user{n * (USERS // CROWD)}") for n in range(CROWD))
                )
            took = time.monotonic() - began
            grown = used(served) - before
            began = time.monotonic()
            async with line(served.port, "user1") as one:
                unread = await one.ask("inbox_unread")
            counted = time.monotonic() - began
    print(
        f"{USERS} inboxes of {UNREAD}: filled at {filled_per_s:.0f}/s, {int(memory) / 2**20:.0f} MiB;"
        f" {CROWD} devices caught up in {took:.1f} s ({CROWD * UNREAD / took:.0f} messages/s), the server"
        f" grew by {grown / 2**20:.0f} MiB; a connection with an unread count took {counted * 1000:.0f} ms"
    )
    assert all(offsets == [*range(1, UNREAD + 1)] for offsets in given)
    assert (unread["total"], unread["senders"]["friend0"]) == (UNREAD, UNREAD // 5)
    assert grown < GROWTH_LIMIT
