"""`hubbub info`: how the nodes of a server fare, over the HTTP API."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from hubbub.cli.address import DEFAULT, Url, read_address
from hubbub.cli.publish import Key, call
from hubbub.http.pulse import Down

Numbers = Mapping[str, Any]

_SUMMED = ("num_clients", "num_subs", "messages_in", "messages_out")
_SHARED = ("num_users", "num_channels")
"""What may be on several nodes: all together it is the most of one at least, and the sum at most."""
_MACHINE_COLUMNS = 120
"""Columns of a table that no terminal reads."""


def info(
    url: Url = DEFAULT,
    key: Key = "",
    json_: Annotated[bool, typer.Option("--json", help="JSON, for programs.")] = False,
) -> None:
    """Show connections, channels, rates, memory and lag of each worker, and of all together."""
    result = call(read_address(url), "info", {}, key)
    nodes = sorted(result["nodes"], key=lambda node: (node["worker"], node["uid"]))
    if json_:
        known = {name: result.get(name, []) for name in ("down", "missing")}
        known |= {"nodes": nodes, "total": total(nodes)}
        print(json.dumps(known, indent=1))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=_MACHINE_COLUMNS)
    console.print(table(nodes))
    for each in result.get("down", []):
        sys.stderr.write(f"hubbub: {msgspec.convert(each, Down)}\n")
    for name in result.get("missing", []):
        sys.stderr.write(f"hubbub: node {name} does not answer: its numbers lack\n")


def total(nodes: Sequence[Numbers]) -> dict[str, float]:
    """Return the numbers of all nodes together: sums, between what users and channels are, the worst lag."""
    return {
        **{name: round(sum(node[name] for node in nodes), 1) for name in _SUMMED},
        **{name: max((node[name] for node in nodes), default=0) for name in _SHARED},
        **{f"{name}_at_most": sum(node[name] for node in nodes) for name in _SHARED},
        "cpu": round(sum(node["process"]["cpu"] for node in nodes), 2),
        "rss": sum(node["process"]["rss"] for node in nodes),
        "lag_ms": max((node["process"]["lag_ms"] for node in nodes), default=0.0),
    }


def table(nodes: Sequence[Numbers]) -> Table:
    """Draw the numbers: a row for each worker, and one for all of them."""
    drawn = Table(box=box.SIMPLE_HEAD, show_footer=len(nodes) > 1)
    all_ = total(nodes)
    columns: list[tuple[str, list[str], str]] = [
        ("worker", [f"{node['worker']}" for node in nodes], "all"),
        ("node", [node["uid"] for node in nodes], ""),
        ("port", [f"{node['port'] or '-'}" for node in nodes], ""),
        ("up", [_span(node["uptime"]) for node in nodes], ""),
        *(
            (head, [f"{node[name]:,}" for node in nodes], _together(all_, name))
            for head, name in (
                ("clients", "num_clients"),
                ("users", "num_users"),
                ("channels", "num_channels"),
                ("subs", "num_subs"),
                ("in/s", "messages_in"),
                ("out/s", "messages_out"),
            )
        ),
        ("memory", [_size(node["process"]["rss"]) for node in nodes], _size(all_["rss"])),
        ("cpu", [f"{node['process']['cpu']:.0f}%" for node in nodes], f"{all_['cpu']:.0f}%"),
        (
            "lag",
            [f"{node['process']['lag_ms']:.0f} ms" for node in nodes],
            f"{all_['lag_ms']:.0f} ms",
        ),
    ]
    for head, _, foot in columns:
        drawn.add_column(head, foot, justify="left" if head == "node" else "right", no_wrap=True)
    for row in zip(*(cells for _, cells, _ in columns), strict=True):
        drawn.add_row(*row)
    return drawn


def _together(all_: Numbers, name: str) -> str:
    """Return a number of all nodes, or between what it is."""
    least, most = all_[name], all_.get(f"{name}_at_most", all_[name])
    return f"{least:,}" if least == most else f"{least:,}-{most:,}"


def _span(seconds: int) -> str:
    """Return seconds in the unit that suits them."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _size(count: float) -> str:
    return f"{count / 1024**2:,.0f} MB"
