"""The comparison of Socket.IO servers must judge by what it measured, and measure two nodes as one."""

from __future__ import annotations

import pytest

from bench import socketio
from bench.rig.load import Burst, fanout
from bench.socketio import PEERS, Measured, markdown, up, verdicts


def measured(name: str, one: float, many: float, p99: float, idle: float) -> Measured:
    windows = {1: one, 64: many}
    latencies = {1: p99, 64: 10 * p99}
    return Measured(name, windows, {1: 4.5, 64: 0.25}, latencies, windows, latencies, idle)


def test_each_demand_is_judged_against_socket_io() -> None:
    theirs = measured("socket.io", 100_000, 140_000, 20.0, 16_000)
    good = [measured("Hubbub", 130_000, 700_000, 19.9, 7_900), theirs]
    bad = [measured("Hubbub", 129_000, 690_000, 20.0, 8_000), theirs]

    assert [met for met, _ in verdicts(good)] == [True] * 5
    assert [met for met, _ in verdicts(bad)] == [False] * 5


def test_the_table_has_a_line_for_each_peer() -> None:
    lines = markdown([measured("Hubbub", 130_000, 700_000, 19.94, 7_900)]).splitlines()

    assert lines[2] == (
        "| Hubbub | 130,000 | 19.9 | 4.50 | 700,000 | 199.4 | 0.25 | 7,900 "
        "| 130,000 | 19.9 | 700,000 | 199.4 |"
    )
    assert len({line.count("|") for line in lines}) == 1


@pytest.mark.slow
def test_clients_of_two_nodes_are_one_room() -> None:
    burst = Burst(connections=6, window=4, seconds=0.2, warm=0.1, size=90)

    with up(PEERS[0], 2) as servers:
        assert PEERS[0].name == socketio.OURS
        ports = [server.port for server in servers]
        seen = fanout(ports, PEERS[0].script, burst, lambda: sum(one.cpu_ns() for one in servers))

    assert len(set(ports)) == 2
    assert seen.per_second > 0
    assert seen.server_us > 0
