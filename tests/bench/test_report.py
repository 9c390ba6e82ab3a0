from __future__ import annotations

import json

from bench.rig.load import Fanout
from bench.rig.report import as_json, markdown, table, verdicts
from bench.rig.scenarios import FULL, Row
from bench.rig.servers import SERVERS

FACTS = {
    "date": "2026-11-21",
    "machine": {
        "cpu": "A Processor",
        "cores": "2",
        "memory": "24 GiB",
        "kernel": "Linux 6",
        "system": "Debian",
    },
    "versions": {"hubbub": "0.1.0", "node": "20"},
    "warning": None,
}


def row(name: str, one: float, many: float) -> Row:
    made = Row(next(server for server in SERVERS if server.name == name))
    made.bursts[1] = [Fanout(one * part, 1.0, 2.0, 3.0, 92.0, 4.5) for part in (0.5, 1.0, 1.25)]
    made.bursts[64] = [Fanout(many, 10.0, 20.0, 30.0, 92.0, 0.25)]
    return made


def rows() -> list[Row]:
    return [
        row("limit", 200_000, 250_000),
        row("limit, joining", 200_000, 5_000_000),
        row("Hubbub, plain", 170_000, 2_900_000),
        row("ws", 180_000, 100_000),
    ]


def test_the_table_shows_medians_and_shares() -> None:
    lines = table(rows()).splitlines()

    assert (
        lines[4]
        == "| Hubbub, plain | 170,000 | 85% | 2.0 | 4.50 | 2,900,000 | 58% | 20.0 | 0.25 | - | - |"
    )


def test_what_could_not_be_measured_says_why() -> None:
    broken = rows()
    broken[3].trouble = "`node` is not installed"

    assert "| ws | not measured: `node` is not installed |" in table(broken)


def test_each_demand_is_judged_where_both_sides_were_measured() -> None:
    met = {verdict.demand: verdict.met for verdict in verdicts(rows())}

    assert met == {
        "1 in flight: Hubbub of limit (at least 80%)": True,
        "1 in flight: Hubbub of ws (at least 100%)": False,
        "64 in flight: Hubbub of limit, joining (at least 60%)": False,
        "64 in flight: Hubbub of ws (at least 100%)": True,
    }


def test_the_report_names_the_machine_and_the_versions() -> None:
    text = markdown(rows(), FULL, FACTS)

    assert "A Processor, 2 cores, 24 GiB, Linux 6, Debian." in text
    assert "hubbub 0.1.0; node 20." in text
    assert "- MISSED: 1 in flight: Hubbub of ws (at least 100%): 94%" in text


def test_json_keeps_every_round() -> None:
    told = json.loads(json.dumps(as_json(rows(), FACTS)))

    rounds = told["servers"][0]["fanout"]["1"]
    assert [burst["per_second"] for burst in rounds] == [100_000, 200_000, 250_000]
