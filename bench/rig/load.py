"""Drive bench/load.c: a burst of publications, or a number of connections held idle."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench.rig.build import Unavailable, tool

MARK = "ts:@T@"
MARK_SIZE = 23
"""Bytes of the mark once the clock is filled in."""


class Faulty(Exception):
    """Say that a server lost or doubled a message, or closed a connection."""


@dataclass(frozen=True, slots=True)
class Script:
    """How a client joins the channel and publishes to it, for one server.

    `steps` are ("send" or "expect", text) in turn; `publish` wraps the message at `@MESSAGE@`. With `stream`,
    all connections but the publisher's read the answer to that address, and have joined when it says `until`.
    """

    path: str
    steps: tuple[tuple[str, str], ...] = ()
    publish: str = "@MESSAGE@"
    stream: str = ""
    until: str = ""

    def options(self) -> list[str]:
        """Return the load client's options for joining."""
        return [
            f"--path={self.path}",
            *(f"--{verb}={text}" for verb, text in self.steps),
            *((f"--stream={self.stream}", f"--until={self.until}") if self.stream else ()),
        ]

    def publication(self, size: int) -> str:
        """Return the frame that publishes a message of `size` bytes."""
        return self.publish.replace("@MESSAGE@", message(size))


def message(size: int) -> str:
    """Return a message of `size` bytes (at least 23) that carries the clock."""
    return f"{MARK} ".ljust(size - MARK_SIZE + len(MARK), "x")


@dataclass(frozen=True, slots=True)
class Burst:
    """How many connections publish what: a closed loop of `window` for `seconds`."""

    connections: int
    window: int
    seconds: float
    warm: float
    size: int


@dataclass(frozen=True, slots=True)
class Fanout:
    """What one burst showed: deliveries each second, their latency, and what each cost.

    `server_us` is the server's processor time for each delivery, which a busy machine distorts least.
    """

    per_second: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    wire_bytes: float
    server_us: float


def _account(seen: dict[str, Any]) -> str:
    """Say what a burst found wrong."""
    lost = seen["lost"]
    return (
        f"of {seen['sent']} messages to {seen['connections']} connections {max(lost, 0)} deliveries are "
        f"missing and {max(-lost, 0)} too many, {seen['misordered']} out of order; {seen['uneven']} "
        f"connections did not see each message once, {seen['closed']} were closed"
    )


def fanout(
    ports: int | Sequence[int], script: Script, burst: Burst, cpu_ns: Callable[[], int]
) -> Fanout:
    """Publish and count; `cpu_ns` tells the server's processor time so far.

    With several ports the connections go to them in turn, and the first one's publishes.

    Raises Faulty when not everybody got everything once and in order.
    """
    command = [
        str(tool("load")),
        f"--port={','.join(map(str, [ports] if isinstance(ports, int) else ports))}",
        *script.options(),
        f"--connections={burst.connections}",
        f"--publish={script.publication(burst.size)}",
        f"--window={burst.window}",
        f"--seconds={burst.seconds}",
        f"--warm={burst.warm}",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as client:
        assert client.stdout is not None
        client.stdout.readline()
        before = cpu_ns()
        out, error = client.communicate(timeout=120 + 10 * (burst.seconds + burst.warm))
        spent = cpu_ns() - before
    if client.returncode not in {0, 1}:
        raise Unavailable(error.strip() or "the load client could not measure")
    seen: dict[str, Any] = json.loads(out)
    if client.returncode:
        raise Faulty(_account(seen))
    return Fanout(
        per_second=seen["per_second"],
        p50_ms=seen["p50_ms"],
        p99_ms=seen["p99_ms"],
        max_ms=seen["max_ms"],
        wire_bytes=seen["megabytes_per_second"] * 1e6 / max(seen["per_second"], 1.0),
        server_us=spent / 1e3 / max(seen["delivered"], 1),
    )


@contextlib.contextmanager
def held(
    port: int, script: Script, connections: int, seconds: float, sources: int = 1
) -> Iterator[subprocess.Popen[str]]:
    """Hold idle connections open, at most `seconds` long; give the client that holds them.

    Raises Faulty at the end when the server closed one.
    """
    command = [
        str(tool("load")),
        f"--port={port}",
        *script.options(),
        f"--connections={connections}",
        f"--sources={sources}",
        f"--hold={seconds}",
    ]
    client = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert client.stdout is not None
        if not client.stdout.readline():
            _, error = client.communicate(timeout=10)
            raise Unavailable(error.strip() or "the load client could not connect")
        yield client
    finally:
        try:
            client.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            client.kill()
            client.wait()
    if client.returncode:
        raise Faulty("the server closed an idle connection")
