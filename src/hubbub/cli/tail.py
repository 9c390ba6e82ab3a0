"""`hubbub tail`: watch a channel, over plain WebSocket, without losing a message to a cut."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlencode

import typer
from rich.console import Console
from rich.text import Text
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from hubbub.cli.address import DEFAULT, Address, Url, read_address
from hubbub.cli.failure import MISUSED, CommandFailed, why

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
POLICY = 1008
"""The close code that says that coming back is of no use."""

_Said: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Follower:
    """What must be remembered of a channel so that a cut costs nothing.

    `since` is the position after the last message seen, or "" where none is known.
    """

    channel: str
    since: str = ""
    epoch: str = ""
    left: int = 0

    def take(self, said: _Said) -> None:
        """Remember where the server says we are."""
        kind = said.get("type")
        if kind in {"subscribed", "resync"}:
            self.epoch = said["epoch"]
            if kind == "resync" or not self.since or said.get("recovered") is False:
                self.since = said["position"]
        elif kind == "message" and said.get("offset"):
            self.since = f"{self.epoch}.{said['offset']}.{said.get('tag', 0)}"

    def address(self, server: Address) -> str:
        """Return where to come back to."""
        asked = {"format": "json"} | ({"since": self.since} if self.since else {})
        return f"{server.channel(self.channel)}?{urlencode(asked)}"


def tail(
    channel: Annotated[str, typer.Argument(help="The channel's name.")],
    since: Annotated[
        str, typer.Option("--since", "-s", help="Begin after this position, as publish prints it.")
    ] = "",
    url: Url = DEFAULT,
    count: Annotated[
        int, typer.Option("--count", "-n", min=0, help="Stop after so many messages (0: never).")
    ] = 0,
    raw: Annotated[
        bool, typer.Option("--json", help="Print what the server says, a line each.")
    ] = False,
) -> None:
    """Print what is said in CHANNEL, and come back after a cut where it left off; Ctrl-C ends it."""
    server = read_address(url)
    show = _print_raw if raw else _Printer().show
    try:
        asyncio.run(_follow(server, Follower(channel, since, left=count), show))
    except KeyboardInterrupt:
        return
    except (BrokenPipeError, SystemExit):
        # Whoever read us has seen enough (rich makes a SystemExit of it): there is nothing left to flush to.
        sys.stdout = None


async def _follow(server: Address, follower: Follower, show: Callable[[_Said, str], None]) -> None:
    reached, pause = False, FIRST_PAUSE_S
    while True:
        try:
            async with connect(follower.address(server), max_size=None, open_timeout=10) as socket:
                if reached:
                    _notice("connected again")
                reached, pause = True, FIRST_PAUSE_S
                async for line in socket:
                    if _take(follower, str(line), show):
                        return
            _notice("the server closed the connection")
        except InvalidURI as fault:
            raise CommandFailed(f"this is no address: {fault}", MISUSED) from None
        except InvalidStatus as fault:
            _refused(fault)
        except ConnectionClosed as fault:
            close = fault.rcvd
            if close is not None and close.code == POLICY:
                raise CommandFailed(f"the server says: {close.reason or 'no'}") from None
            _notice(f"the connection was cut ({close.code if close else 'no goodbye'})")
        except (OSError, InvalidHandshake, TimeoutError) as fault:
            if not reached:
                raise CommandFailed(f"no server answers at {server.shown}: {why(fault)}") from None
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads, hides nothing
        pause = min(2 * pause, LONGEST_PAUSE_S)


def _refused(fault: InvalidStatus) -> None:
    """Go on only where the server may say something else in a moment."""
    response = fault.response
    if response.status_code not in {429, 502, 503, 504}:
        reason = (response.body or b"").decode("utf-8", "replace").strip()[:200]
        raise CommandFailed(f"the server says: HTTP {response.status_code} {reason}") from None
    _notice(f"the server is not available (HTTP {response.status_code})")


def _take(follower: Follower, line: str, show: Callable[[_Said, str], None]) -> bool:
    """Remember and show one thing that the server said; tell whether that was enough."""
    said = json.loads(line)
    follower.take(said)
    show(said, line)
    if said.get("type") != "message" or not follower.left:
        return False
    follower.left -= 1
    return follower.left == 0


def _notice(sentence: str) -> None:
    sys.stderr.write(f"hubbub: {sentence}\n")


def _print_raw(said: _Said, line: str) -> None:
    print(line, flush=True)


class _Printer:
    """Print for people: time, offset, who, what."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def show(self, said: _Said, line: str) -> None:
        """Print one thing that the server said, if people care."""
        kind = said.get("type")
        if kind == "message":
            self._message(said)
        elif kind in {"joined", "left"}:
            self._console.print(Text(f"{_clean(_who(said['member']))} {kind}", style="dim"))
        elif kind == "resync" or said.get("recovered") is False:
            reason = _clean(said.get("reason", ""))
            self._console.print(Text(f"messages are missing here: {reason}", style="yellow"))
        elif kind == "error":
            self._console.print(Text(_clean(said["message"]), style="red"))

    def _message(self, said: _Said) -> None:
        when = datetime.fromtimestamp(said.get("time", 0) / 1000).astimezone()
        line = Text()
        line.append(f"{when:%H:%M:%S} ", "dim")
        line.append(f"{said.get('offset') or '-':>6} ", "cyan")
        if "sender" in said:
            line.append(f"{_clean(_who(said['sender']))} ", "bold green")
        data = said["data"]
        shown = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        line.append(_clean(shown))
        self._console.print(line)


def _who(member: _Said) -> str:
    return member.get("user") or member.get("session", "")[:8] or "somebody"


def _clean(text: str) -> str:
    """Make control characters visible: what strangers say must not command the terminal."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
