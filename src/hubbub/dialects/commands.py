"""What a client asks, as values: every dialect turns its packets into these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec
from msgspec import structs

from hubbub.dialects.chat import ChatCommand
from hubbub.dialects.filters import TagFilter
from hubbub.dialects.inbox import InboxCommand
from hubbub.dialects.queues import Consume, QueueCommand
from hubbub.dialects.renderer import Renderer
from hubbub.errors import ErrorCode
from hubbub.model import ChannelName, Kind, Position, UserId


class Opened(msgspec.Struct, frozen=True):
    """Ask by which name, that nobody else knows, the connection is known; where a server greets first."""

    id: int = 0


class Connect(msgspec.Struct, frozen=True):
    """Introduce the client. `user` is what it claims to be, which only an open server believes.

    Args:
        data: JSON of the application, for the connect hook. name, version: of the client's library.
        headers: what the client would have its request say, where it cannot.
        subs: server-side subscriptions that the client had, with its position in each; a client that cannot
            subscribe later asks with it for those it wants.
        recover: whether `subs` is what the client followed before its connection was cut, to be followed
            only where it gets all that it missed. renderer: what shows them (None: the connection's).
    """

    id: int = 0
    user: UserId = ""
    token: str = ""
    data: bytes = b""
    name: str = ""
    version: str = ""
    subs: Mapping[ChannelName, Position | None] = {}
    recover: bool = False
    renderer: Renderer | None = None
    headers: Mapping[str, str] = {}


class Vouch(msgspec.Struct, frozen=True):
    """Show once more who the client is, in another part of the application that asks for itself."""

    id: int = 0
    token: str = ""
    data: bytes = b""


class Goodbye(msgspec.Struct, frozen=True):
    """End the connection, because the client wants it."""

    id: int = 0


class Refresh(msgspec.Struct, frozen=True):
    """Show a newer token for a connection whose old one expires."""

    id: int = 0
    token: str = ""


class Subscribe(msgspec.Struct, frozen=True):
    """Follow a channel, from `since` where the client comes back. `join_leave` asks for those events.

    `recent` asks for that many of the last publications where there is no `since`; `delta` for publications
    as changes of their predecessors; `filter` for those with certain tags only; `renderer` for another
    variant than the connection's. `beside` is for a client that follows the channel already, by another name:
    what shows it from then on by all of its names, while `renderer` shows what this one is given first.
    """

    channel: ChannelName
    id: int = 0
    since: Position | None = None
    recent: int = 0
    join_leave: bool = False
    reject_unrecovered: bool = False
    token: str = ""
    data: bytes = b""
    delta: bool = False
    filter: TagFilter | None = None
    renderer: Renderer | None = None
    beside: Renderer | None = None


class SubRefresh(msgspec.Struct, frozen=True):
    """Show a newer token for a subscription whose old one expires."""

    channel: ChannelName
    id: int = 0
    token: str = ""


class Unsubscribe(msgspec.Struct, frozen=True):
    """Stop following a channel; by one of its names where there is a `rest`, which shows it by the others."""

    channel: ChannelName
    id: int = 0
    rest: Renderer | None = None


class Publish(msgspec.Struct, frozen=True):
    """Publish to a channel; `key` makes a retry harmless, `tags` are what a dialect says about the data."""

    channel: ChannelName
    data: bytes
    kind: Kind = Kind.JSON
    id: int = 0
    key: str = ""
    tags: dict[str, str] | None = None


class History(msgspec.Struct, frozen=True):
    """Read a page of history; `limit` 0 asks for the position only, -1 for as much as allowed."""

    channel: ChannelName
    id: int = 0
    limit: int = 0
    since: Position | None = None
    reverse: bool = False


class Presence(msgspec.Struct, frozen=True):
    """Ask who is in a channel, or with `counts_only` how many."""

    channel: ChannelName
    id: int = 0
    counts_only: bool = False


class Rpc(msgspec.Struct, frozen=True):
    """Call a method of the application with `data`, and wait for its answer.

    Args:
        part: the part of the application that was called, where a protocol has parts. renderer: the variant
            that shows channels there (None: that of the connection).
    """

    method: str
    id: int = 0
    data: bytes = b""
    kind: Kind = Kind.JSON
    part: str = ""
    renderer: Renderer | None = None


class Respond(msgspec.Struct, frozen=True):
    """Answer a client at the address that it gave; one that is not there any more is no error."""

    address: str
    name: str
    data: bytes
    kind: Kind
    id: int = 0
    tags: dict[str, str] | None = None


class Settle(msgspec.Struct, frozen=True):
    """Ask to be told when all that was said before is done."""

    id: int = 0


class Together(msgspec.Struct, frozen=True):
    """Do several commands, none of them where one is sure to be refused; each has its own answer, too."""

    commands: tuple[Command, ...]
    id: int = 0


class Acknowledged(msgspec.Struct, frozen=True):
    """Answer an `Emit` with a number."""

    id: int
    data: bytes = b"null"
    kind: Kind = Kind.JSON


class Pong(msgspec.Struct, frozen=True):
    """Answer a ping of the dialect's own (not of the transport's)."""


class Unsupported(msgspec.Struct, frozen=True):
    """Ask for something this server does not offer; it is answered with `error`."""

    id: int
    error: ErrorCode


Command: TypeAlias = (
    Opened
    | Connect
    | Vouch
    | Goodbye
    | Refresh
    | Subscribe
    | SubRefresh
    | Unsubscribe
    | Publish
    | History
    | Presence
    | Rpc
    | Respond
    | Settle
    | Together
    | Acknowledged
    | Pong
    | Unsupported
    | ChatCommand
    | InboxCommand
    | QueueCommand
)


def reframed(command: Command, frame: Callable[[Renderer], Renderer]) -> Command:
    """Return a command that a framing hands on: what it names to show channels is framed too."""
    if isinstance(command, Subscribe) and command.beside is not None:
        command = structs.replace(command, beside=frame(command.beside))
    if isinstance(command, Unsubscribe):
        return structs.replace(command, rest=frame(command.rest)) if command.rest else command
    if isinstance(command, Subscribe | Rpc | Connect | Consume) and command.renderer is not None:
        return structs.replace(command, renderer=frame(command.renderer))
    return command
