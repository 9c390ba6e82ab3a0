"""Measure Socket.IO clients on Hubbub beside npm socket.io and PyPI python-socketio, and judge it.

    python bench/socketio.py [--rounds 5] [--seconds 3] [--idle 5000] [--output FILE]

One process each: at least 1.3 times socket.io's deliveries with 1 message in flight, 5 times with 64, and
less than half of its memory per idle connection. Two nodes joined by Redis, half of the clients on each: a
lower 99th percentile of latency, with 1 message in flight and with 64. Exit code 1 when one is missed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.rig import build, machine
from bench.rig.build import Unavailable, tool
from bench.rig.load import Burst, Fanout, Faulty, Script, fanout, held
from bench.rig.process import Running, free_port, raise_file_limit, running
from bench.rig.servers import ROOMS, SOCKET_IO

OURS, THEIRS = "Hubbub", "socket.io"
WINDOWS = (1, 64)
SHARES = {1: 1.3, 64: 5.0}
"""How many times as fast as socket.io, by messages in flight."""
MEMORY_SHARE = 0.5
SUBSCRIBERS = 1000
MESSAGE_SIZE = 90
BASE = 100
SETTLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Peer:
    """A server of Socket.IO. `command` takes its port and a Redis URL, which is "" where it is alone."""

    name: str
    command: Callable[[int, str], list[str]]
    script: Script


def _hubbub(port: int, redis: str) -> list[str]:
    options = ["--port", str(port), "--broker", redis or "memory://", "--log-level", "error"]
    return [build.hubbub(), "-m", "hubbub", "serve", *options]


def _node(port: int, redis: str) -> list[str]:
    return [
        build.node(),
        str(machine.BENCH / "peers/socketio.mjs"),
        str(port),
        *filter(None, [redis]),
    ]


def _python(port: int, redis: str) -> list[str]:
    script = str(machine.BENCH / "peers/python_socketio.py")
    return [build.python(), script, str(port), *filter(None, [redis])]


PEERS = (
    Peer(OURS, _hubbub, ROOMS),
    Peer(THEIRS, _node, SOCKET_IO),
    Peer("python-socketio", _python, SOCKET_IO),
)


@contextmanager
def up(peer: Peer, nodes: int) -> Iterator[list[Running]]:
    """Run a server, or with several nodes so many, joined by a Redis of their own."""
    environment = {"PYTHONPATH": str(machine.ROOT / "src")}
    with ExitStack() as stack:
        redis = ""
        if nodes > 1:
            port = free_port()
            options = [
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ]
            stack.enter_context(running([build.redis(), *options], port))
            redis = f"redis://127.0.0.1:{port}/0"
        commands = [(port := free_port(), peer.command(port, redis)) for _ in range(nodes)]
        yield [
            stack.enter_context(running(command, port, environment)) for port, command in commands
        ]


def _burst(peer: Peer, nodes: int, window: int, seconds: float) -> Fanout:
    burst = Burst(SUBSCRIBERS, window, seconds, 1.0, MESSAGE_SIZE)
    with up(peer, nodes) as servers:
        ports = [server.port for server in servers]
        return fanout(ports, peer.script, burst, lambda: sum(one.cpu_ns() for one in servers))


def _memory(peer: Peer, connections: int) -> float:
    """Return the bytes that each idle connection costs, all in one room."""
    limit = 300.0
    with up(peer, 1) as (server,), held(server.port, peer.script, BASE, limit):
        time.sleep(SETTLE_S)
        before = server.memory()
        with held(server.port, peer.script, connections - BASE, limit):
            time.sleep(SETTLE_S)
            return (server.memory() - before) / (connections - BASE)


@dataclass(slots=True)
class Measured:
    """What is known of a peer: medians of the rounds."""

    name: str
    per_second: dict[int, float]
    server_us: dict[int, float]
    p99_ms: dict[int, float]
    pair_per_second: dict[int, float]
    pair_p99_ms: dict[int, float]
    idle_bytes: float


def measure(rounds: int, seconds: float, idle: int) -> list[Measured]:
    """Measure all peers in turns."""
    seen: dict[tuple[str, int, int], list[Fanout]] = {}
    for number in range(rounds):
        for nodes in (1, 2):
            for window in WINDOWS:
                for peer in PEERS:
                    say = f"round {number + 1}/{rounds}: {peer.name}, {nodes} nodes, {window} in flight"
                    print(say, file=sys.stderr, flush=True)
                    bursts = seen.setdefault((peer.name, nodes, window), [])
                    bursts.append(_burst(peer, nodes, window, seconds))

    def over(name: str, nodes: int, of: Callable[[Fanout], float]) -> dict[int, float]:
        return {w: median(map(of, seen[name, nodes, w])) for w in WINDOWS}

    return [
        Measured(
            peer.name,
            over(peer.name, 1, lambda burst: burst.per_second),
            over(peer.name, 1, lambda burst: burst.server_us),
            over(peer.name, 1, lambda burst: burst.p99_ms),
            over(peer.name, 2, lambda burst: burst.per_second),
            over(peer.name, 2, lambda burst: burst.p99_ms),
            _memory(peer, idle),
        )
        for peer in PEERS
    ]


def verdicts(measured: list[Measured]) -> list[tuple[bool, str]]:
    """Return each demand, and whether it is met."""
    by_name = {each.name: each for each in measured}
    ours, theirs = by_name[OURS], by_name[THEIRS]
    found: list[tuple[bool, str]] = []
    for window, share in SHARES.items():
        reached = ours.per_second[window] / theirs.per_second[window]
        sentence = f"{window} in flight: {reached:.2f} times {THEIRS} (at least {share:g})"
        found.append((reached >= share, sentence))
    reached = ours.idle_bytes / theirs.idle_bytes
    found.append(
        (reached < MEMORY_SHARE, f"memory when idle: {reached:.0%} of {THEIRS}'s (below half)")
    )
    for window in WINDOWS:
        mine, other = ours.pair_p99_ms[window], theirs.pair_p99_ms[window]
        sentence = (
            f"two nodes, {window} in flight: p99 {mine:.1f} ms against {other:.1f} ms (lower)"
        )
        found.append((mine < other, sentence))
    return found


def markdown(measured: list[Measured]) -> str:
    """Return the table."""
    lines = [
        "| server | deliveries/s, 1 in flight | p99 ms | CPU µs each | deliveries/s, 64 in flight | p99 ms "
        "| CPU µs each | bytes per idle connection | two nodes: deliveries/s, 1 in flight | p99 ms "
        "| deliveries/s, 64 in flight | p99 ms |",
        f"|---|{'--:|' * 11}",
    ]
    for each in measured:
        cells = [each.name]
        for window in WINDOWS:
            cells += [f"{each.per_second[window]:,.0f}", f"{each.p99_ms[window]:,.1f}"]
            cells += [f"{each.server_us[window]:.2f}"]
        cells += [f"{each.idle_bytes:,.0f}"]
        for window in WINDOWS:
            cells += [f"{each.pair_per_second[window]:,.0f}", f"{each.pair_p99_ms[window]:,.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def compare(
    rounds: Annotated[int, typer.Option(min=1, max=20)] = 5,
    seconds: Annotated[float, typer.Option(min=0.2, max=60)] = 3.0,
    idle: Annotated[int, typer.Option(min=200, max=20_000)] = 5_000,
    output: Annotated[Path | None, typer.Option(help="A Markdown file for the table.")] = None,
) -> None:
    """Measure Socket.IO clients on Hubbub and on its peers, and judge it."""
    raise_file_limit()
    try:
        tool("load")
        measured = measure(rounds, seconds, idle)
    except (Unavailable, Faulty) as error:
        print(f"Socket.IO cannot be measured: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    judged = verdicts(measured)
    lines = [f"- {'met' if good else 'MISSED'}: {sentence}" for good, sentence in judged]
    facts: dict[str, Any] = {**machine.versions(), **machine.describe()}
    text = "\n".join([_heading(rounds, seconds, idle, facts), markdown(measured), "", *lines, ""])
    print(text)
    if output:
        output.write_text(text)
        values = {"facts": facts, "measured": [asdict(each) for each in measured]}
        output.with_suffix(".json").write_text(json.dumps(values, indent=1) + "\n")
    raise typer.Exit(0 if all(good for good, _ in judged) else 1)


def _heading(rounds: int, seconds: float, idle: int, facts: dict[str, Any]) -> str:
    return (
        f"# Socket.IO clients, one room\n\n{'; '.join(f'{k} {v}' for k, v in facts.items())}.\n\n"
        f"One message of {MESSAGE_SIZE} bytes to {SUBSCRIBERS:,} clients over WebSocket; medians of {rounds} "
        f"interleaved rounds of {seconds:g} s; {idle:,} idle connections. Two nodes are joined by one Redis: "
        f"socket.io by its adapter over Redis Streams, python-socketio by its Redis manager.\n"
    )


if __name__ == "__main__":
    typer.run(compare)
