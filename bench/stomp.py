"""Measure what it costs that STOMP clients make up the ids of their subscriptions, and judge it.

    python bench/stomp.py [--rounds 5] [--seconds 3]

Fan-out to 1,000 subscribers whose ids differ must take at most 3 ms of the server's processor time more for
each publication than to those whose ids are equal. Exit code 1 when it does not.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.rig.build import Unavailable, hubbub, tool
from bench.rig.load import Burst, Fanout, Faulty, Script, fanout
from bench.rig.machine import ROOT
from bench.rig.process import free_port, running

LIMIT_MS = 3.0
SUBSCRIBERS = 1000
WINDOWS = (1, 64)
MESSAGE_SIZE = 90


def _stomp(id: str) -> Script:
    """Return how a client joins whose subscription is called `id`."""
    return Script(
        "/stomp",
        (
            ("send", "CONNECT\naccept-version:1.2\nhost:x\n\n@0@"),
            ("expect", "CONNECTED"),
            ("send", f"SUBSCRIBE\nid:{id}\ndestination:/topic/fan\nreceipt:r\n\n@0@"),
            ("expect", "RECEIPT"),
        ),
        "SEND\ndestination:/topic/fan\ncontent-type:text/plain\n\n@MESSAGE@@0@",
    )


SAME = _stomp("sub-000000000000")
OWN = _stomp("11d1e2b4-6f43-4a3c-9d1e-@I@")


def _seen(script: Script, window: int, seconds: float) -> Fanout:
    port = free_port()
    options = ["--port", str(port), "--broker", "memory://"]
    with running([hubbub(), "-m", "hubbub", "serve", *options], port, ENVIRONMENT) as server:
        burst = Burst(SUBSCRIBERS, window, seconds, 1.0, MESSAGE_SIZE)
        return fanout(server.port, script, burst, server.cpu_ns)


ENVIRONMENT = {"PYTHONPATH": str(ROOT / "src"), "HUBBUB_LIMITS__PING_INTERVAL_S": "0"}


def stomp(
    rounds: Annotated[int, typer.Option(min=1, max=20)] = 5,
    seconds: Annotated[float, typer.Option(min=0.2, max=60)] = 3.0,
) -> None:
    """Measure fan-out to STOMP clients whose ids are equal, and to those whose ids differ."""
    passed = True
    try:
        tool("load")
        for window in WINDOWS:
            found: dict[Script, list[Fanout]] = {SAME: [], OWN: []}
            for _ in range(rounds):
                for script, each in found.items():
                    each.append(_seen(script, window, seconds))
            same, own = (
                median(each.server_us for each in found[script]) * SUBSCRIBERS / 1000
                for script in (SAME, OWN)
            )
            rates = [median(each.per_second for each in found[script]) for script in (SAME, OWN)]
            good = own - same <= LIMIT_MS
            passed = passed and good
            print(
                f"{'pass' if good else 'FAIL'}: {window} in flight: {own:.2f} ms of processor time for a "
                f"publication where ids differ, {same:.2f} ms where they are equal "
                f"({rates[1]:,.0f} and {rates[0]:,.0f} deliveries/s)"
            )
    except (Unavailable, Faulty) as error:
        print(f"STOMP cannot be measured: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    raise typer.Exit(0 if passed else 1)


if __name__ == "__main__":
    typer.run(stomp)
