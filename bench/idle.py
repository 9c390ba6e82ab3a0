"""Measure what an idle plain WebSocket connection costs Hubbub, and judge it.

    python bench/idle.py [--connections 9000] [--watch 60]

At most 3,000 bytes of resident memory for each connection that follows a channel, and at most 20 µs of
processor time for each and minute, pings included. Exit code 1 when one of them is exceeded.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.rig.build import Unavailable, tool
from bench.rig.load import Faulty, Script, held
from bench.rig.process import raise_file_limit
from bench.rig.servers import SERVERS

BYTES_LIMIT = 3_000
CPU_LIMIT_US = 20.0
BASE = 100
SETTLE_S = 3.0


def _measure(connections: int, watch: float, channels: int) -> tuple[float, float]:
    """Return resident bytes of each connection, and its processor time in µs each minute."""
    plain = next(server for server in SERVERS if server.name == "Hubbub, plain")
    script = Script("/ws/idle") if channels == 1 else Script("/ws/idle-@I@")
    limit, sources = watch + 120, 1 + connections // 4000
    with plain.up() as server, held(server.port, Script("/ws/idle"), BASE, limit):
        time.sleep(SETTLE_S)
        before = server.resident()
        with held(server.port, script, connections - BASE, limit, sources):
            time.sleep(SETTLE_S)
            grown = server.resident() - before
            spent, begun = server.cpu_ns(), time.monotonic()
            time.sleep(watch)
            spent, took = server.cpu_ns() - spent, time.monotonic() - begun
    return grown / (connections - BASE), spent / 1e3 / connections * 60 / took


def idle(
    connections: Annotated[int, typer.Option(min=200, max=50_000)] = 9_000,
    watch: Annotated[float, typer.Option(min=0.5, max=600, help="Seconds of watching.")] = 60.0,
    own_channels: Annotated[bool, typer.Option(help="Give each connection its own.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure what an idle plain WebSocket connection costs Hubbub, and judge it."""
    files = raise_file_limit()
    if connections + 200 > files:
        print(
            f"{connections} connections need more than the {files} files allowed.", file=sys.stderr
        )
        raise typer.Exit(2)
    try:
        tool("load")
        size, cpu = _measure(connections, watch, connections if own_channels else 1)
    except (Unavailable, Faulty) as error:
        print(f"Idle connections cannot be measured: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    passed = size <= BYTES_LIMIT and cpu <= CPU_LIMIT_US
    if as_json:
        print(json.dumps({"bytes": size, "cpu_us_per_minute": cpu, "passed": passed}))
    else:
        for what, value, most in (
            ("bytes of resident memory per connection", size, BYTES_LIMIT),
            ("µs of processor time per connection and minute", cpu, CPU_LIMIT_US),
        ):
            print(
                f"{'pass' if value <= most else 'FAIL'}: {value:,.1f} {what} (at most {most:,.0f})"
            )
    raise typer.Exit(0 if passed else 1)


if __name__ == "__main__":
    typer.run(idle)
