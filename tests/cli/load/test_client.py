from __future__ import annotations

import pytest

from hubbub.cli.load.client import Snapshot, run
from hubbub.cli.load.ledger import Faults
from hubbub.cli.load.plan import Crowd, LoadError, Pace, Plan, target_of
from tests.bench.faulty_server import Behaviour, FaultyServer, doubles, drops, honest, swaps, up


def plan(
    port: int, *, rate: float = 0, messages: int = 20, connect_s: float = 60, grace_s: float = 30
) -> Plan:
    return Plan(
        target_of(f"ws://127.0.0.1:{port}", "text", 1),
        Crowd(connections=3, rooms=1, publishers=1, channel="bench"),
        Pace(rate, 0 if rate else 4, seconds=60, messages=messages, size=90, grace_s=grace_s),
        connect_s,
    )


async def test_a_closed_loop_against_an_honest_server() -> None:
    shown: list[Snapshot] = []

    with up(FaultyServer(honest)) as port:
        result = await run(plan(port), shown.append)

    assert result.clean
    assert (result.published, result.expected, result.delivered) == (20, 60, 60)
    assert 0 < result.p50_ms <= result.p90_ms <= result.p99_ms <= result.max_ms
    assert shown[0].phase == "connecting"
    assert {snapshot.phase for snapshot in shown} >= {"connecting", "publishing"}


async def test_an_open_loop_keeps_its_rate() -> None:
    with up(FaultyServer(honest)) as port:
        result = await run(plan(port, rate=100), lambda snapshot: None)

    assert result.clean
    assert result.published == 20
    assert result.seconds >= 0.18


@pytest.mark.parametrize(
    ("behaviour", "faults", "grace_s"),
    [
        (drops, Faults(lost=1), 1.0),
        (doubles, Faults(doubled=1), 30.0),
        (swaps(), Faults(misordered=1), 30.0),
    ],
    ids=["drops", "doubles", "swaps"],
)
async def test_faults_are_found(behaviour: Behaviour, faults: Faults, grace_s: float) -> None:
    with up(FaultyServer(behaviour)) as port:
        result = await run(plan(port, grace_s=grace_s), lambda snapshot: None)

    assert result.faults == faults
    assert not result.clean


async def test_closed_connections_end_the_run() -> None:
    with up(FaultyServer(honest, lifetime=8)) as port:
        result = await run(plan(port, messages=0), lambda snapshot: None)

    assert result.endings == {"the server closed the connection with 4000 enough": 3}
    assert result.faults.lost > 0
    assert result.seconds < 30


async def test_a_server_that_never_answers_is_given_up() -> None:
    with up(FaultyServer(honest)) as port, pytest.raises(LoadError, match=r"within 1e-05 s"):
        await run(plan(port, connect_s=0.00001), lambda snapshot: None)
