"""Measure Hubbub and its peers side by side on this machine, and write the table.

    python bench/compare.py [--quick] [--only hubbub,ws] [--output DIR]

The full run takes about ten minutes on two cores, the quick one less than two.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.rig import machine, report
from bench.rig.build import Unavailable, tool
from bench.rig.process import raise_file_limit
from bench.rig.scenarios import FULL, QUICK, Row, measure_fanout, measure_idle
from bench.rig.servers import GROUPS, SERVERS


def _chosen(only: str) -> list[Row]:
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    unknown = sorted(set(wanted) - set(GROUPS))
    if unknown:
        raise typer.BadParameter(
            f"no server is called {unknown[0]!r}; there are {', '.join(GROUPS)}"
        )
    return [Row(server) for server in SERVERS if not wanted or server.group in wanted]


def compare(
    quick: Annotated[bool, typer.Option(help="One short round, fewer idle connections.")] = False,
    only: Annotated[str, typer.Option(help="Measure these alone, by comma.")] = "",
    idle: Annotated[bool, typer.Option(help="Measure idle connections too.")] = True,
    output: Annotated[Path, typer.Option(help="Where the results go.")] = machine.BENCH / "results",
) -> None:
    """Measure Hubbub and its peers side by side, and write the table."""
    rows, pace = _chosen(only), QUICK if quick else FULL
    now = datetime.now(UTC)
    facts = {
        "date": f"{now:%Y-%m-%d}",
        "machine": machine.describe(),
        "versions": machine.versions(),
        "warning": machine.load_warning(),
    }
    begun = time.monotonic()

    def say(what: str) -> None:
        print(f"[{time.monotonic() - begun:5.0f} s] {what}", file=sys.stderr, flush=True)

    raise_file_limit()
    try:
        tool("load")
        measure_fanout(rows, pace, say)
        if idle:
            measure_idle(rows, pace, say)
    except Unavailable as error:
        print(f"Nothing can be measured: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    text = report.markdown(rows, pace, facts)
    print(text)
    output.mkdir(parents=True, exist_ok=True)
    place = output / f"{now:%Y-%m-%d}{'-quick' if quick else ''}"
    place.with_suffix(".md").write_text(text)
    place.with_suffix(".json").write_text(json.dumps(report.as_json(rows, facts), indent=1) + "\n")
    say(f"written to {place}.md and .json")


if __name__ == "__main__":
    typer.run(compare)
