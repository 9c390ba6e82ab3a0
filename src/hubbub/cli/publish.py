"""`hubbub publish`: say something in a channel, over the HTTP API."""

from __future__ import annotations

import http.client
import json
import sys
import urllib.error
import urllib.request
from typing import Annotated, Any, TypeAlias

import typer

from hubbub.cli.address import DEFAULT, Address, Url, read_address
from hubbub.cli.failure import MISUSED, CommandFailed, why

TIMEOUT_S = 10.0

Key: TypeAlias = Annotated[
    str, typer.Option("--key", "-k", envvar="HUBBUB_KEY", help="An API key of the server.")
]


def publish(
    channel: Annotated[str, typer.Argument(help="The channel's name.")],
    data: Annotated[
        str, typer.Argument(help="What to say: JSON, or else a text; - reads standard input.")
    ],
    url: Url = DEFAULT,
    key: Key = "",
    once: Annotated[
        str, typer.Option("--once", help="A name for this message: sent again, it is still one.")
    ] = "",
) -> None:
    """Publish DATA to CHANNEL, and print its position once the broker has it."""
    request: dict[str, Any] = {"channel": channel, "data": said(data)}
    if once:
        request["idempotency_key"] = once
    result = call(read_address(url), "publish", request, key)
    typer.echo(f"{result['epoch']}.{result['offset']}" if result["offset"] else "not kept")


def said(data: str) -> object:
    """Return what a person wants to say: JSON as such, or else a text; `-` is what standard input has."""
    text = sys.stdin.read() if data == "-" else data
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def call(address: Address, method: str, request: dict[str, Any], key: str) -> dict[str, Any]:
    """Call a method of the API and return its result. Raises CommandFailed with the server's reason."""
    try:
        call = urllib.request.Request(  # noqa: S310 - an Address is http or https
            f"{address.http}/api/{method}",
            json.dumps(request).encode(),
            {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {}),
        )
        with urllib.request.urlopen(call, timeout=TIMEOUT_S) as response:  # noqa: S310
            answer = json.load(response)
    except urllib.error.HTTPError as fault:
        answer = _error_of(fault)
    except (ValueError, http.client.InvalidURL) as fault:
        raise CommandFailed(f"this cannot be sent to {address.shown}: {fault}", MISUSED) from None
    except (OSError, http.client.HTTPException) as fault:
        raise CommandFailed(f"no server answers at {address.shown}: {why(fault)}") from None
    error = answer.get("error")
    if error is not None:
        raise CommandFailed(f"the server says: {error['message']} ({error['code']})")
    result: dict[str, Any] = answer["result"]
    return result


def _error_of(fault: urllib.error.HTTPError) -> dict[str, Any]:
    """Return the error in an answer; one that is not ours gets the HTTP status."""
    with fault:
        try:
            answer = json.loads(fault.read())
        except ValueError:
            answer = None
    if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
        return answer
    return {"error": {"code": fault.code, "message": f"HTTP {fault.code} {fault.reason}"}}
