"""Pushes from all workers to sessions, users, groups and tags, while the workers are replaced.

The size is that of `make slow`; `HUBBUB_FAULTS=full` runs what the promise names: 20,000 to 2,000 sessions.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.audience import Audience, Visitor
from tests.server.running import Running, serving
from tests.servers import RedisServer, free_ports

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/session_push"
FULL = os.environ.get("HUBBUB_FAULTS") == "full"
WORKERS = 4 if FULL else 2
VISITORS = 2_000 if FULL else 120
PUSHES = 20_000 if FULL else 600
PUSHERS = 16
DEVICES = 2
"""Clients of one user."""
GROUPS = 20
TAGS = 25
WITHIN_S = 1500 if FULL else 120
DRAIN_S = "2" if FULL else "0.5"

pytestmark = pytest.mark.timeout(WITHIN_S + 60)


@pytest.fixture
def ports() -> list[int]:
    first = free_ports(WORKERS)
    return list(range(first, first + WORKERS))


@pytest.fixture
def server(tmp_path: Path, ports: list[int]) -> Iterator[Running]:
    copy = shutil.copytree(EXAMPLE, tmp_path / "session_push")
    settings = copy / "hubbub.toml"
    settings.write_text(settings.read_text().replace("drain_s = 2", f"drain_s = {DRAIN_S}"))
    program = (f"{copy}/app.py:app", "--config", str(settings))
    own = ("--workers", str(WORKERS), "--worker-ports", f"{ports[0]}+")
    with (
        RedisServer(tmp_path) as redis,
        serving(tmp_path, *program, *own, "--broker", redis.url) as it,
    ):
        yield it


async def arrived(audience: Audience) -> None:
    """Wait until everybody is in."""
    deadline = time.monotonic() + WITHIN_S / 2
    while not all(visitor.session for visitor in audience.visitors):
        assert time.monotonic() < deadline, "not everybody came in"
        await asyncio.sleep(0.05)


async def all_hear_one(audience: Audience, client: httpx.AsyncClient) -> None:
    """Push until everybody is there, and has heard it: so it has heard all that came before."""
    delivered = {"status": "delivered", "num_sessions": VISITORS}
    while audience.pushes[-1].answer != delivered:
        await asyncio.sleep(0.1)
        await arrived(audience)
        await audience.push(client, {"everybody": True})
    number = len(audience.pushes) - 1
    while not all(each.heard and each.heard[-1][1] == number for each in audience.visitors):
        await asyncio.sleep(0.05)


async def gather(audience: Audience, client: httpx.AsyncClient) -> None:
    """Let users join half of the groups, and sessions the other half."""
    for number in range(GROUPS):
        group, members = f"g{number}", audience.visitors[number::GROUPS]
        for visitor in members:
            if number % 2:
                await audience.ask(client, "groups_join", {"group": group, "user": visitor.user})
                audience.users_in[group].add(visitor.user)
            else:
                request = {"group": group, "client": visitor.session}
                assert (await audience.ask(client, "groups_join", request))["joined"]
                audience.joined[group][visitor.session] = audience.step()


@pytest.mark.slow
async def test_each_push_comes_to_whom_it_is_for_while_workers_are_replaced(
    server: Running, ports: list[int]
) -> None:
    users = [f"u{number // DEVICES}" for number in range(VISITORS)]
    audience = Audience(
        ports, [Visitor(user, [f"t{n % TAGS}", "all"]) for n, user in enumerate(users)]
    )
    limits = httpx.Limits(max_connections=PUSHERS, max_keepalive_connections=PUSHERS)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        staying = [asyncio.create_task(each.stay(audience)) for each in audience.visitors]
        await arrived(audience)
        await gather(audience, client)

        def is_over() -> bool:
            return len(audience.pushes) >= PUSHES and f"reloaded: {WORKERS} workers" in server.out

        async def keep_pushing() -> None:
            while not is_over():
                if len(audience.pushes) == PUSHES // 4:
                    server.process.send_signal(signal.SIGHUP)
                await audience.push(client, audience.choose())

        try:
            async with asyncio.timeout(WITHIN_S):
                await asyncio.gather(*(keep_pushing() for _ in range(PUSHERS)))
                await all_hear_one(audience, client)
        finally:
            report(audience)
        for each in staying:
            each.cancel()
        await asyncio.gather(*staying, return_exceptions=True)

    assert audience.faults() == []
    assert all(len(visitor.sessions) > 1 for visitor in audience.visitors)


def report(audience: Audience) -> None:
    """Print what came of it, for who runs it in full."""
    fates = Counter(each.answer["status"] if each.answer else "?" for each in audience.pushes)
    heard = sum(len(visitor.heard) for visitor in audience.visitors)
    sessions = sum(len(visitor.sessions) for visitor in audience.visitors)
    missing = sum(bool(each.answer and each.answer.get("missing")) for each in audience.pushes)
    print(f"{len(audience.pushes)} pushes {dict(fates)}, {missing} with silent nodes; ", end="")
    print(f"heard {heard} times in {sessions} sessions")
