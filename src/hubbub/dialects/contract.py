"""A dialect: packets from a client become commands, replies and pushes become packets.

Dialects are pure: no I/O, no clock, no event loop. A `Dialect` belongs to one session and may hold
what that conversation needs; a `Renderer` is shared by all sessions of one variant and keeps nothing,
because what it makes is sent to all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hubbub.dialects.commands import (
    Acknowledged,
    Command,
    Connect,
    Goodbye,
    History,
    Opened,
    Pong,
    Presence,
    Publish,
    Refresh,
    Respond,
    Rpc,
    Settle,
    SubRefresh,
    Subscribe,
    Together,
    Unsubscribe,
    Unsupported,
    Vouch,
    reframed,
)
from hubbub.dialects.renderer import Pieces, Renderer, Template, Templated
from hubbub.dialects.replies import (
    Answered,
    Connected,
    Counts,
    Emit,
    Ended,
    Entered,
    Failed,
    Greeting,
    HistoryPage,
    Members,
    Ping,
    Published,
    Push,
    Refreshed,
    Renewed,
    Reply,
    Response,
    Resync,
    Settled,
    SubRefreshed,
    Subscribed,
    Unsubscribed,
)
from hubbub.errors import Close
from hubbub.model import Packet, Packets

__all__ = [
    "Acknowledged",
    "Answered",
    "Command",
    "Connect",
    "Connected",
    "Counts",
    "Dialect",
    "Emit",
    "Ended",
    "Entered",
    "Failed",
    "Goodbye",
    "Greeting",
    "History",
    "HistoryPage",
    "Members",
    "Opened",
    "Pieces",
    "Ping",
    "Pong",
    "Presence",
    "Publish",
    "Published",
    "Push",
    "Refresh",
    "Refreshed",
    "Renderer",
    "Renewed",
    "Reply",
    "Request",
    "Respond",
    "Response",
    "Resync",
    "Rpc",
    "Settle",
    "Settled",
    "SubRefresh",
    "SubRefreshed",
    "Subscribe",
    "Subscribed",
    "Template",
    "Templated",
    "Together",
    "Unsubscribe",
    "Unsubscribed",
    "Unsupported",
    "Vouch",
    "reframed",
]


@dataclass(frozen=True, slots=True)
class Request:
    """What the HTTP request that opened the connection said.

    `path` is as it was sent; its `variables` and `query` values are percent-decoded; `headers` has lower-case
    names; `carrier` is what carries the connection; `scope` is what a program that we are embedded in and its
    middleware know of it (ASGI), such as `user` and `session`.
    """

    path: str = "/"
    variables: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    peer: str = ""
    carrier: str = "websocket"
    scope: MutableMapping[str, Any] = field(default_factory=dict, repr=False)


class Dialect(Protocol):
    """Hold one session's side of a protocol."""

    @property
    def renderer(self) -> Renderer:
        """Return the variant that this client is shown."""
        ...

    @property
    def replays(self) -> bool:
        """Tell whether the publications of a `Subscribed` go out one by one: the reply cannot hold them.

        They go through `renderer`, right after the reply.
        """
        ...

    @property
    def pings(self) -> bool:
        """Tell whether this protocol has a ping of its own, which its clients know of."""
        ...

    @property
    def pongs(self) -> bool:
        """Tell whether its pings are answered, so that those of the transport are not needed."""
        ...

    @property
    def acknowledges(self) -> bool:
        """Tell whether its clients acknowledge an `Emit` that asks for it."""
        ...

    @property
    def ends_on_resync(self) -> bool:
        """Tell whether a `Resync` ends the subscription, because this protocol says it so.

        The client subscribes again from its position.
        """
        ...

    @property
    def says_farewell(self) -> bool:
        """Tell whether the end of a connection is said in this protocol even where the carrier says it."""
        ...

    @property
    def asks_at_first(self) -> bool:
        """Tell whether what a client can ask to follow is only what its introduction names."""
        ...

    def open(self) -> Sequence[Command]:
        """Return the commands that opening the connection implies."""
        ...

    def receive(self, packet: Packet) -> Sequence[Command]:
        """Return the commands of one packet, in order.

        Raises ProtocolViolation when the packet breaks the protocol, and with it the connection.
        """
        ...

    def reply(self, command: Command, reply: Reply) -> Packets | None:
        """Render the answer to a command; None where this protocol has none.

        Raises ProtocolViolation where the protocol can only answer by closing.
        """
        ...

    def push(self, push: Push) -> Packets | Close | None:
        """Render something the server says by itself; a Close where that is the protocol's way to say it."""
        ...

    def farewell(self, close: Close) -> Packets | None:
        """Render the end of the connection, for a carrier that cannot say why it ends."""
        ...
