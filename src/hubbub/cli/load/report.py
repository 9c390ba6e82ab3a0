"""Show a run: progress while it lasts (a bar on a terminal, plain lines elsewhere), and its result."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hubbub.cli.load.client import Result, Snapshot
from hubbub.cli.load.plan import Plan

_BUSY = 0.9
"""Share of a core beyond which the load client itself may be what is slow."""


def describe(snapshot: Snapshot) -> str:
    """Say in a line where a run stands."""
    if snapshot.phase == "connecting":
        return f"{snapshot.connected:,} connected"
    return (
        f"{snapshot.published:,} published, {snapshot.delivered:,} delivered, "
        f"{snapshot.in_flight:,} in flight"
    )


@contextmanager
def progress(plan: Plan, stream: TextIO | None = None) -> Iterator[Callable[[Snapshot], None]]:
    """Show progress on `stream` (None: standard error) while it lasts; give what takes the snapshots."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield _plain_lines(stream)
        return
    bar = Progress(
        TextColumn("{task.fields[phase]}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
        console=Console(file=stream),
        transient=True,
    )
    task = bar.add_task("", total=1.0, phase="connecting", state="")

    def show(snapshot: Snapshot) -> None:
        done = (
            snapshot.connected / plan.crowd.connections
            if snapshot.phase == "connecting"
            else min(snapshot.elapsed_s / plan.pace.seconds, 1.0)
        )
        bar.update(task, completed=done, phase=snapshot.phase, state=describe(snapshot))

    with bar:
        yield show


def _plain_lines(stream: TextIO) -> Callable[[Snapshot], None]:
    """Print a line at each new phase and each further second."""
    shown: tuple[str, int] | None = None

    def show(snapshot: Snapshot) -> None:
        nonlocal shown
        now = (snapshot.phase, int(snapshot.elapsed_s))
        if now != shown:
            shown = now
            print(f"{snapshot.phase}, {now[1]} s: {describe(snapshot)}", file=stream, flush=True)

    return show


def as_json(plan: Plan, result: Result) -> dict[str, Any]:
    """Return a result with what led to it, for programs."""
    return {
        "url": str(plan.target),
        "protocol": plan.target.speech.name,
        "message_bytes": plan.pace.size,
        "in_flight": plan.pace.in_flight,
        "rate": plan.pace.rate,
        **asdict(result),
        "per_second": result.per_second,
        "clean": result.clean,
    }


def table(plan: Plan, result: Result) -> Table:
    """Return a result for people."""
    rows = Table(show_header=False, box=None, pad_edge=False)
    rows.add_column(style="bold")
    rows.add_column()
    load = f"{plan.pace.rate:,g}/s" if plan.pace.rate else f"{plan.pace.in_flight} in flight"
    rows.add_row("server", f"{plan.target} ({plan.target.speech.name})")
    rows.add_row(
        "clients",
        f"{result.connections:,} in {result.rooms:,} rooms, connected in {result.connect_s:.2f} s",
    )
    rows.add_row("published", f"{result.published:,} messages of {plan.pace.size} bytes, {load}")
    rows.add_row(
        "delivered",
        f"{result.delivered:,} of {result.expected:,} in {result.seconds:.2f} s, "
        f"{result.per_second:,.0f}/s",
    )
    rows.add_row(
        "latency",
        f"p50 {result.p50_ms:.2f} ms, p90 {result.p90_ms:.2f} ms, p99 {result.p99_ms:.2f} ms, "
        f"max {result.max_ms:.2f} ms",
    )
    rows.add_row("account", _account(result))
    for said, count in (*result.endings.items(), *result.complaints.items()):
        rows.add_row("", f"{count:,} times: {said}")
    if result.client_busy > _BUSY:
        rows.add_row(
            "note",
            f"this client was busy {result.client_busy:.0%} of the time: the server may be faster",
        )
    return rows


def _account(result: Result) -> str:
    if result.clean:
        return "[green]nothing lost, nothing doubled, everything in order[/green]"
    faults = result.faults
    return (
        f"[red]{faults.lost:,} lost, {faults.doubled:,} doubled, {faults.misordered:,} out of order, "
        f"{faults.strayed:,} astray, {sum(result.endings.values()):,} connections ended[/red]"
    )
