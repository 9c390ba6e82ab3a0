"""What a worker is made of: tasks, descriptors, memory, and what its hub knows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tests.clients.api import call
from tests.clients.talk import talking

PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Census:
    """A worker at one moment; `pss_kib` is the memory that is its own, or its share of what others use."""

    tasks: int
    descriptors: int
    pss_kib: int
    clients: int
    channels: int


async def census(port: int) -> Census:
    """Count a worker at the port that is its own; who asks is a client, a task or two and a socket."""
    async with talking(port) as talk:
        await talk.result("connect")
        said = (await talk.result("rpc", method="census"))["data"]
        info = await asyncio.to_thread(call, port, "info")
        process = Path(f"/proc/{said['pid']}")
        [node] = [node for node in info["nodes"] if node["process"]["pid"] == said["pid"]]
        return Census(
            said["tasks"],
            len(list((process / "fd").iterdir())),
            _pss_kib(process),
            node["num_clients"],
            node["num_channels"],
        )


def _pss_kib(process: Path) -> int:
    for line in (process / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise AssertionError("the kernel does not tell the memory of a process")


async def at_rest(ports: list[int], fresh: list[Census] | None = None) -> list[Census]:
    """Wait until the workers are again what they were when nobody had come, or for a while; count them.

    What broke off in the middle of a request is given up only after some seconds.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while True:
        now = await asyncio.gather(*map(census, ports))
        is_calm = not any(each.clients > 1 or each.channels for each in now)
        if fresh is not None:
            is_calm = not any(more_than(*pair) for pair in zip(now, fresh, strict=True))
        if is_calm or loop.time() > deadline:
            return now
        await asyncio.sleep(0.3)


def more_than(now: Census, fresh: Census) -> list[str]:
    """Return what a worker has more of than it had."""
    return [
        f"{more} {name}, and had {was}"
        for name in ("tasks", "descriptors", "clients", "channels")
        if (more := getattr(now, name)) > (was := getattr(fresh, name))
    ]
