"""Many clients with a token that is too old, all at once: each is told so, and nobody else suffers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.clients.talk import talking
from tests.docs.served import Served
from tests.security.hostile_tokens import SECRET, signed
from tests.transports.wire import client_frame, handshake, raw_client

CLIENTS = 1_000
TEXT = 1
MANY_S = 120.0
"""What 1,000 handshakes may take on a machine that does other things too; two idle cores need a second."""
PATIENCE_S = 60.0
"""What a publication may take meanwhile, where the 1,000 share a core with the server and this test."""
MEMORY_LIMIT = 24 * 1024 * 1024
"""Bytes by which the server may grow for 1,000 connections that are refused: 24 KiB each."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "hubbub.toml").write_text(f'[tokens]\nhmac_secret = "{SECRET}"\n', "utf-8")
    with Served(tmp_path, "--broker", "memory://") as served:
        yield served


async def come_back(port: int, token: str, everybody: asyncio.Barrier) -> int:
    """Connect with a token, stay until all have their answer, and return the code of the refusal."""
    command = json.dumps({"id": 1, "connect": {"token": token}}).encode()
    async with raw_client(port) as client:
        await client.send(handshake("/connection/websocket") + client_frame(TEXT, command))
        await client.until(b'"error":{"code":')
        code = int(await client.exactly(3))
        await everybody.wait()
        return code


async def talk_on(port: int, ready: asyncio.Event, over: asyncio.Event) -> list[float]:
    """Publish again and again while others come; return the seconds that each publication took."""
    took: list[float] = []
    async with talking(port) as talk:
        await talk.result("connect", token=signed({"sub": "zhang"}))
        await talk.result("subscribe", channel="lobby")
        ready.set()
        while not over.is_set():
            began = time.monotonic()
            await talk.result("publish", channel="lobby", data={"n": len(took)})
            await talk.push("pub")
            took.append(time.monotonic() - began)
            await asyncio.sleep(0.02)
    return took


async def test_a_thousand_expired_tokens_at_once(server: Served) -> None:
    process = psutil.Process(server.pid)
    ready, over, everybody = asyncio.Event(), asyncio.Event(), asyncio.Barrier(CLIENTS)
    talker = asyncio.create_task(talk_on(server.port, ready, over))
    await ready.wait()
    before = process.memory_info().rss
    token = signed({"sub": "zhang", "exp": int(time.time()) - 60})
    async with asyncio.timeout(MANY_S):
        codes = await asyncio.gather(
            *(come_back(server.port, token, everybody) for _ in range(CLIENTS))
        )
    over.set()
    took = await talker

    assert codes == [109] * CLIENTS
    assert took, "nobody could speak meanwhile"
    assert max(took) < PATIENCE_S
    assert process.memory_info().rss - before < MEMORY_LIMIT
    async with talking(server.port) as talk:
        assert (await talk.result("connect", token=signed({"sub": "li"})))["client"]
