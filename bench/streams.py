"""Measure what server-sent events cost Hubbub beside WebSockets, and judge it.

    python bench/streams.py [--connections 10000] [--rounds 5] [--seconds 3]

At most 4,000 bytes of memory that no other process shares for each held stream; fan-out to 1,000 streams at
least 70 % of that to 1,000 WebSockets of the same protocol. Exit code 1 when one of them is missed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Annotated
from urllib.parse import quote

import typer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.rig.build import Unavailable, hubbub, tool
from bench.rig.load import Burst, Faulty, Script, fanout, held
from bench.rig.machine import ROOT
from bench.rig.process import Running, free_port, raise_file_limit, running
from bench.rig.servers import CENTRIFUGE

BYTES_LIMIT = 4_000
SHARE_LIMIT = 0.70
SUBSCRIBERS = 1000
WINDOWS = (1, 64)
MESSAGE_SIZE = 90
BASE = 100
SETTLE_S = 3.0

_JOIN = "\n".join(text for verb, text in CENTRIFUGE.steps if verb == "send")
EVENTS = Script(
    CENTRIFUGE.path,
    CENTRIFUGE.steps,
    CENTRIFUGE.publish,
    f"/connection/sse?cf_connect={quote(_JOIN)}",
    '"id":2',
)
"""A WebSocket that publishes, and streams that follow the same channel."""


@contextmanager
def up() -> Iterator[Running]:
    """Run a server that pings nobody, because the load client's streams do not answer."""
    port = free_port()
    options = ["--port", str(port), "--broker", "memory://"]
    environment = {"PYTHONPATH": str(ROOT / "src"), "HUBBUB_LIMITS__PING_INTERVAL_S": "0"}
    with running([hubbub(), "-m", "hubbub", "serve", *options], port, environment) as server:
        yield server


def _memory(connections: int) -> float:
    """Return the bytes that each held stream costs."""
    limit, sources = 300.0, 1 + connections // 4000
    with up() as server, held(server.port, EVENTS, BASE, limit):
        time.sleep(SETTLE_S)
        before = server.private()
        with held(server.port, EVENTS, connections - BASE, limit, sources):
            time.sleep(SETTLE_S)
            return (server.private() - before) / (connections - BASE)


def _fanout(rounds: int, seconds: float) -> dict[int, tuple[float, float]]:
    """Return, for each window, the deliveries each second to WebSockets and to streams."""
    seen: dict[tuple[Script, int], list[float]] = {}
    for _ in range(rounds):
        for script in (CENTRIFUGE, EVENTS):
            for window in WINDOWS:
                burst = Burst(SUBSCRIBERS, window, seconds, 1.0, MESSAGE_SIZE)
                with up() as server:
                    result = fanout(server.port, script, burst, server.cpu_ns)
                seen.setdefault((script, window), []).append(result.per_second)
    return {
        window: (median(seen[CENTRIFUGE, window]), median(seen[EVENTS, window]))
        for window in WINDOWS
    }


def streams(
    connections: Annotated[int, typer.Option(min=200, max=50_000)] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, max=20)] = 5,
    seconds: Annotated[float, typer.Option(min=0.2, max=60)] = 3.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure what server-sent events cost Hubbub beside WebSockets, and judge it."""
    files = raise_file_limit()
    if connections + 200 > files:
        print(f"{connections} streams need more than the {files} files allowed.", file=sys.stderr)
        raise typer.Exit(2)
    try:
        tool("load")
        size = _memory(connections)
        speeds = _fanout(rounds, seconds)
    except (Unavailable, Faulty) as error:
        print(f"Streams cannot be measured: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    verdicts = [
        (size <= BYTES_LIMIT, f"{size:,.0f} bytes per held stream (at most {BYTES_LIMIT:,})")
    ]
    for window, (to_sockets, to_streams) in speeds.items():
        share = to_streams / to_sockets
        sentence = (
            f"{to_streams:,.0f} deliveries/s to streams with {window} in flight: {share:.0%} of the "
            f"{to_sockets:,.0f} to WebSockets (at least {SHARE_LIMIT:.0%})"
        )
        verdicts.append((share >= SHARE_LIMIT, sentence))
    passed = all(good for good, _ in verdicts)
    if as_json:
        print(json.dumps({"bytes": size, "per_second": speeds, "passed": passed}))
    else:
        for good, sentence in verdicts:
            print(f"{'pass' if good else 'FAIL'}: {sentence}")
    raise typer.Exit(0 if passed else 1)


if __name__ == "__main__":
    typer.run(streams)
