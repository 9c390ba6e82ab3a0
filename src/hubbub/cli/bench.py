"""`hubbub bench`: load a server with connections and messages, and account for every delivery."""

from __future__ import annotations

import json
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from hubbub.cli.failure import MISUSED, CommandFailed
from hubbub.cli.load.client import run
from hubbub.cli.load.plan import Crowd, LoadError, Pace, Plan, check, target_of
from hubbub.cli.load.report import as_json, progress, table

_URL = typer.Argument(
    help="The server, as in ws://localhost:8000, or a WebSocket URL in which {channel} is the room's name."
)


def bench(
    url: Annotated[str, _URL] = "ws://127.0.0.1:8000",
    connections: Annotated[
        int, typer.Option("--connections", "-c", min=1, max=60_000, help="Clients.")
    ] = 100,
    rooms: Annotated[
        int, typer.Option("--rooms", "-r", min=1, help="Channels they spread over.")
    ] = 1,
    publishers: Annotated[int, typer.Option(min=1, help="Clients of each room that publish.")] = 1,
    in_flight: Annotated[
        int, typer.Option(min=1, max=10_000, help="Messages each publisher keeps on their way.")
    ] = 1,
    rate: Annotated[
        float,
        typer.Option(
            min=0.0, max=1e6, help="Messages per second of all, instead of a number in flight."
        ),
    ] = 0.0,
    seconds: Annotated[
        float, typer.Option("--seconds", "-s", min=0.1, max=3600, help="How long to publish.")
    ] = 5.0,
    messages: Annotated[
        int, typer.Option("--messages", "-m", min=0, help="Stop after so many (0: by time).")
    ] = 0,
    size: Annotated[int, typer.Option(min=1, max=60_000, help="Bytes of each message.")] = 90,
    grace: Annotated[
        float,
        typer.Option(min=0.1, max=60, help="Seconds of silence after which all else is lost."),
    ] = 5.0,
    protocol: Annotated[
        str, typer.Option("--protocol", "-p", help="text, centrifuge, or by the URL: auto.")
    ] = "auto",
    channel: Annotated[str, typer.Option(help="Name of the room, or what names begin with.")] = (
        "bench"
    ),
    json_: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Load a server with connections and messages, and account for every delivery.

    Exits with 1 when a message was lost, doubled or out of order, with 2 when the run could not begin.
    """
    try:
        plan = Plan(
            target_of(url, protocol, rooms),
            Crowd(connections, rooms, publishers, channel),
            Pace(rate, 0 if rate else in_flight, seconds, messages, size, grace),
        )
        check(plan)
        with progress(plan) as watch:
            result = uvloop.run(run(plan, watch))
    except LoadError as error:
        raise CommandFailed(str(error), MISUSED) from None
    if json_:
        print(json.dumps(as_json(plan, result), indent=1))
    else:
        Console().print(table(plan, result))
    raise typer.Exit(0 if result.clean else 1)
