"""Write what was measured: a Markdown table for people, JSON for programs, and the verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.rig.scenarios import MESSAGE_SIZE, SUBSCRIBERS, WINDOWS, Pace, Row

NOTES = (
    "Every server is one process, and one load client (bench/load.c, one thread) measures all in turns; "
    "the figures are medians of the rounds. Client and server share the machine's cores.",
    "`limit` is bench/limit.c: a C loop that only calls send(), once for each connection and message, or "
    "(`joining`) once for each connection and batch. It keeps nothing and checks nothing: it is the ceiling.",
    "Hubbub (`memory://`) and nchan keep history; ws, socket.io and python-socketio keep none.",
    "Nothing is compressed: the load client offers no compression, and no peer has it on by default "
    "except uvicorn under python-socketio, where it is switched off.",
    "ws and socket.io have bufferutil installed, as their documentation advises; socket.io forgets each "
    "connection's first request. python-socketio runs on uvloop and httptools.",
    "All ping every 25 s, but Hubbub its plain WebSockets only after 50 s of silence.",
    "CPU µs each is the server's processor time for one delivery, kernel included.",
    "Idle memory is the growth of the server's Pss between 100 connections and the full number, all in one "
    "channel.",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One demand, what was measured, and whether it is met."""

    demand: str
    measured: str
    met: bool


def _number(value: float | None, form: str = ",.0f") -> str:
    return "-" if value is None else format(value, form)


def _share(row: Row, window: int, rates: Mapping[str, float | None]) -> str:
    """Return a rate as a share of the physical limit that fits the window."""
    ceiling = rates.get("limit" if window == 1 else "limit, joining")
    rate = row.rate(window)
    return "-" if not rate or not ceiling else f"{rate / ceiling:.0%}"


def _rates(rows: Sequence[Row], window: int) -> dict[str, float | None]:
    return {row.server.name: row.rate(window) for row in rows}


def table(rows: Sequence[Row]) -> str:
    """Return the Markdown table."""
    head = (
        "| server | 1 in flight, deliveries/s | of limit | p99 ms | CPU µs each "
        "| 64 in flight, deliveries/s | of limit | p99 ms | CPU µs each "
        "| bytes per idle connection | CPU µs per idle connection and minute |\n"
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    lines = [head]
    for row in rows:
        if row.trouble:
            lines.append(f"| {row.server.name} | not measured: {row.trouble} |||||||||||")
            continue
        cells = [row.server.name]
        for window in WINDOWS:
            rates = _rates(rows, window)
            cells += [_number(row.rate(window)), _share(row, window, rates)]
            cells += [_number(row.p99_ms(window), ".1f"), _number(row.server_us(window), ".2f")]
        cells += [_number(row.idle_bytes), _number(row.idle_cpu_us, ".1f")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """Return the demands that can be judged from these rows."""
    found: list[Verdict] = []
    for window, ceiling, share in ((1, "limit", 0.8), (64, "limit, joining", 0.6)):
        rates = _rates(rows, window)
        plain = rates.get("Hubbub, plain")
        if not plain:
            continue
        found += _against(
            f"{window} in flight: Hubbub of {ceiling}", plain, rates.get(ceiling), share
        )
        for peer in ("ws", "nchan", "socket.io", "python-socketio"):
            found += _against(f"{window} in flight: Hubbub of {peer}", plain, rates.get(peer), 1.0)
        found += _against(
            f"{window} in flight: Centrifuge of plain with frames of the same size",
            rates.get("Hubbub, Centrifuge"),
            rates.get("Hubbub, plain, as long as Centrifuge's"),
            0.8,
        )
    return found


def _against(demand: str, ours: float | None, theirs: float | None, share: float) -> list[Verdict]:
    if not ours or not theirs:
        return []
    reached = ours / theirs
    return [Verdict(f"{demand} (at least {share:.0%})", f"{reached:.0%}", reached >= share)]


def markdown(rows: Sequence[Row], pace: Pace, facts: Mapping[str, Any]) -> str:
    """Return the whole report."""
    machine, versions = facts["machine"], facts["versions"]
    parts = [
        f"# Fan-out and idle connections, {facts['date']}",
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory']}, {machine['kernel']}, "
        f"{machine['system']}.",
        "; ".join(f"{name} {number}" for name, number in versions.items()) + ".",
        f"One message of {MESSAGE_SIZE} bytes to {SUBSCRIBERS:,} subscribers of one channel; "
        f"{pace.rounds} rounds of {pace.seconds:g} s each; {pace.idle_connections:,} idle connections.",
        table(rows),
        "\n".join(f"- {note}" for note in NOTES),
    ]
    if facts["warning"]:
        parts.insert(4, f"**{facts['warning']}**")
    judged = verdicts(rows)
    if judged:
        parts.append(
            "\n".join(f"- {'met' if v.met else 'MISSED'}: {v.demand}: {v.measured}" for v in judged)
        )
    return "\n\n".join(parts) + "\n"


def as_json(rows: Sequence[Row], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that was measured, round by round."""
    return {
        **facts,
        "message_bytes": MESSAGE_SIZE,
        "subscribers": SUBSCRIBERS,
        "servers": [
            {
                "name": row.server.name,
                "trouble": row.trouble,
                "idle_bytes": row.idle_bytes,
                "idle_cpu_us_per_minute": row.idle_cpu_us,
                "wire_bytes": row.wire_bytes(),
                "fanout": {
                    str(window): [
                        {
                            "per_second": burst.per_second,
                            "p50_ms": burst.p50_ms,
                            "p99_ms": burst.p99_ms,
                            "max_ms": burst.max_ms,
                            "server_us": burst.server_us,
                        }
                        for burst in bursts
                    ]
                    for window, bursts in row.bursts.items()
                },
            }
            for row in rows
        ],
        "verdicts": [
            {"demand": v.demand, "measured": v.measured, "met": v.met} for v in verdicts(rows)
        ],
    }
