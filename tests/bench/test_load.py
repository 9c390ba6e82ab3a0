"""The neutral load client must count right, or no figure of the comparison is worth anything."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench import streams
from bench.rig.build import Unavailable, tool
from bench.rig.load import Burst, Faulty, Script, fanout, held, message
from bench.rig.process import running
from tests.bench.faulty_server import Behaviour, FaultyServer, doubles, drops, honest, swaps, up
from tests.servers import free_port

SMALL = Burst(connections=3, window=8, seconds=0.2, warm=0.0, size=90)
SCRIPT = Script("/ws/fan")


def no_clock() -> int:
    return 0


@pytest.fixture(scope="module", autouse=True)
def compiled() -> Path:
    try:
        return tool("load")
    except Unavailable as error:
        pytest.skip(str(error))


@pytest.fixture(params=[(), ("join",)], ids=["each", "joining"])
def limit_port(request: pytest.FixtureRequest) -> Iterator[int]:
    port = free_port()
    with running([str(tool("limit")), str(port), *request.param], port) as server:
        yield server.port


def test_an_honest_server_is_measured() -> None:
    with up(FaultyServer(honest)) as port:
        seen = fanout(port, SCRIPT, SMALL, no_clock)

    assert seen.per_second > 0
    assert 0 < seen.p50_ms <= seen.p99_ms <= seen.max_ms
    assert seen.wire_bytes == pytest.approx(92, abs=1)


@pytest.mark.parametrize(
    ("behaviour", "finding"),
    [
        (drops, "1 deliveries are missing and 0 too many"),
        (doubles, "0 deliveries are missing and 1 too many"),
        (swaps(), "1 out of order"),
    ],
    ids=["drops", "doubles", "swaps"],
)
def test_a_faulty_server_is_found_out(behaviour: Behaviour, finding: str) -> None:
    with up(FaultyServer(behaviour)) as port, pytest.raises(Faulty, match=finding):
        fanout(port, SCRIPT, SMALL, no_clock)


def test_a_server_that_closes_is_found_out() -> None:
    server = FaultyServer(honest, lifetime=5)

    with up(server) as port, pytest.raises(Faulty, match="3 were closed"):
        fanout(port, SCRIPT, SMALL, no_clock)


def test_a_refused_handshake_says_so() -> None:
    server = FaultyServer(honest, refuses=True)

    with up(server) as port, pytest.raises(Unavailable, match=r"refused the handshake: .* 403"):
        fanout(port, SCRIPT, SMALL, no_clock)


def test_a_missing_server_says_so() -> None:
    with pytest.raises(Unavailable, match=r"no server on 127\.0\.0\.1"):
        fanout(free_port(), SCRIPT, SMALL, no_clock)


def test_more_connections_than_files_are_refused(compiled: Path) -> None:
    command = [str(compiled), "--port=9", "--connections=60000", "--publish=x"]
    limited = ["bash", "-c", 'ulimit -n 100; exec "$@"', "bash", *command]

    done = subprocess.run(limited, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert "more file descriptors than the 100 allowed" in done.stderr


def test_the_limit_server_delivers_everything(limit_port: int) -> None:
    burst = Burst(connections=50, window=16, seconds=0.2, warm=0.1, size=200)

    seen = fanout(limit_port, SCRIPT, burst, iter((0, 8_000_000)).__next__)

    assert seen.wire_bytes == pytest.approx(204, abs=1)
    assert 0 < seen.server_us <= 8_000_000 / 50


def test_idle_connections_are_held_until_told(limit_port: int) -> None:
    begun = time.monotonic()

    with held(limit_port, SCRIPT, 20, seconds=600):
        pass

    assert time.monotonic() - begun < 60


def test_a_server_that_closes_idle_connections_is_found_out() -> None:
    port = free_port()

    with (
        running([str(tool("limit")), str(port)], port) as server,
        pytest.raises(Faulty, match="closed an idle connection"),
        held(server.port, SCRIPT, 5, seconds=30) as client,
    ):
        server.process.terminate()
        client.wait(10)


@pytest.mark.slow
def test_streams_are_measured_like_websockets() -> None:
    with streams.up() as server:
        seen = fanout(server.port, streams.EVENTS, SMALL, no_clock)
        with held(server.port, streams.EVENTS, 5, seconds=30):
            assert server.private() > 0

    assert seen.per_second > 0
    assert seen.wire_bytes > 90


def test_a_refused_stream_says_so() -> None:
    with streams.up() as server, pytest.raises(Unavailable, match=r"refused the stream: .* 400"):
        fanout(server.port, replace(streams.EVENTS, stream="/connection/sse"), SMALL, no_clock)


@pytest.mark.parametrize("size", [90, 125, 126, 3000])
def test_messages_have_the_size_asked_for(size: int) -> None:
    assert len(message(size).replace("@T@", "0" * 20)) == size
