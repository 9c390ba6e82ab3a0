from __future__ import annotations

import io
import json
from dataclasses import replace

from rich.console import Console

from hubbub.cli.load.client import Result, Snapshot
from hubbub.cli.load.ledger import Faults
from hubbub.cli.load.plan import Crowd, Pace, Plan, target_of
from hubbub.cli.load.report import as_json, progress, table

PLAN = Plan(
    target_of("ws://h:1", "text", 1),
    Crowd(10, 1, 1, "bench"),
    Pace(rate=0, in_flight=4, seconds=2, messages=0, size=90, grace_s=1),
)
CLEAN = Result(
    connections=10,
    rooms=1,
    connect_s=0.5,
    published=100,
    expected=1000,
    delivered=1000,
    seconds=2.0,
    p50_ms=1.0,
    p90_ms=2.0,
    p99_ms=3.0,
    max_ms=4.0,
    faults=Faults(),
    complaints={},
    endings={},
    client_busy=0.5,
)
SNAPSHOT = Snapshot("publishing", 1.2, 10, 5, 45, 1)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(result: Result) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(table(PLAN, result))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_clean_result_says_so() -> None:
    text = shown(CLEAN)

    assert "1,000 of 1,000 in 2.00 s, 500/s" in text
    assert "nothing lost, nothing doubled, everything in order" in text
    assert "busy" not in text


def test_faults_endings_and_complaints_are_shown() -> None:
    hurt = replace(
        CLEAN,
        faults=Faults(lost=3, doubled=2, misordered=1),
        endings={"the server closed the connection with 3008 slow": 2},
        complaints={"too many requests (111)": 7},
        client_busy=0.97,
    )
    text = shown(hurt)

    assert "3 lost, 2 doubled, 1 out of order, 0 astray, 2 connections ended" in text
    assert "2 times: the server closed the connection with 3008 slow" in text
    assert "7 times: too many requests (111)" in text
    assert "this client was busy 97% of the time" in text


def test_json_has_plan_and_result() -> None:
    told = json.loads(json.dumps(as_json(PLAN, CLEAN)))

    assert told["url"] == "ws://h:1/ws/{channel}"
    assert told["per_second"] == 500
    assert told["clean"] is True
    assert told["faults"] == {"lost": 0, "doubled": 0, "misordered": 0, "strayed": 0}


def test_progress_is_plain_lines_where_there_is_no_terminal() -> None:
    stream = io.StringIO()

    with progress(PLAN, stream) as show:
        show(Snapshot("connecting", 0.1, 5, 0, 0, 0))
        show(Snapshot("connecting", 0.2, 6, 0, 0, 0))
        show(SNAPSHOT)
        show(replace(SNAPSHOT, elapsed_s=2.1, published=9))

    assert stream.getvalue().splitlines() == [
        "connecting, 0 s: 5 connected",
        "publishing, 1 s: 5 published, 45 delivered, 1 in flight",
        "publishing, 2 s: 9 published, 45 delivered, 1 in flight",
    ]


def test_progress_is_a_bar_on_a_terminal() -> None:
    stream = Terminal()

    with progress(PLAN, stream) as show:
        show(SNAPSHOT)

    assert "5 published, 45 delivered" in stream.getvalue()
