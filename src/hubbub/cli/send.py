"""`hubbub send`: put a message into a user's inbox, over the HTTP API."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hubbub.cli.address import DEFAULT, Url, read_address
from hubbub.cli.publish import Key, call, said


def send(
    user: Annotated[str, typer.Argument(help="Whose inbox it is.")],
    data: Annotated[
        str, typer.Argument(help="What to say: JSON, or else a text; - reads standard input.")
    ],
    url: Url = DEFAULT,
    key: Key = "",
    sender: Annotated[
        str, typer.Option("--from", help="The user who says it; nobody, where it is left out.")
    ] = "",
    once: Annotated[
        str, typer.Option("--once", help="A name for this message: sent again, it is still one.")
    ] = "",
) -> None:
    """Send DATA to USER, who may be away, and print its position once the broker has it."""
    request: dict[str, Any] = {"user": user, "data": said(data)}
    if sender:
        request["sender"] = sender
    if once:
        request["idempotency_key"] = once
    result = call(read_address(url), "send", request, key)
    typer.echo(f"{result['epoch']}.{result['offset']}")
