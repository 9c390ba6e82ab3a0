"""A dialect: packets from a client become commands, replies and pushes become packets.

Dialects are pure: no I/O, no clock, no event loop. A `Dialect` belongs to one session and may hold
what that conversation needs; a `Renderer` is shared by all sessions of one variant and keeps nothing,
because what it makes is sent to all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import msgspec

from hubbub.errors import Close, ErrorCode
from hubbub.model import ChannelName, ClientInfo, Kind, Packet, Position, Publication, UserId

# ── commands: what a client asks ────────────────────────────────────────────────────────────────


class Connect(msgspec.Struct, frozen=True):
    """Introduce the client. `user` is what it claims to be, which only an open server believes."""

    id: int = 0
    user: UserId = ""
    token: str = ""
    data: bytes = b""


class Subscribe(msgspec.Struct, frozen=True):
    """Follow a channel, from `since` where the client comes back. `join_leave` asks for those events.

    `recent` asks for that many of the last publications where there is no `since`.
    """

    channel: ChannelName
    id: int = 0
    since: Position | None = None
    recent: int = 0
    join_leave: bool = False
    reject_unrecovered: bool = False
    token: str = ""
    data: bytes = b""


class Unsubscribe(msgspec.Struct, frozen=True):
    """Stop following a channel."""

    channel: ChannelName
    id: int = 0


class Publish(msgspec.Struct, frozen=True):
    """Publish to a channel; `key` makes a retry harmless."""

    channel: ChannelName
    data: bytes
    kind: Kind = Kind.JSON
    id: int = 0
    key: str = ""


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


class Pong(msgspec.Struct, frozen=True):
    """Answer a ping of the dialect's own (not of the transport's)."""


class Unsupported(msgspec.Struct, frozen=True):
    """Ask for something this server does not offer; it is answered with `error`."""

    id: int
    error: ErrorCode


Command: TypeAlias = (
    Connect | Subscribe | Unsubscribe | Publish | History | Presence | Pong | Unsupported
)

# ── replies: what a command is answered with ────────────────────────────────────────────────────


class Connected(msgspec.Struct, frozen=True):
    """The client is known as `session`; it is pinged every `ping_s` seconds (0: never) in its dialect."""

    session: str
    ping_s: int = 0


class Subscribed(msgspec.Struct, frozen=True):
    """The channel is followed from `position`.

    `recoverable` says that positions are worth keeping. When the client came back (`asked`), `recovered`
    says whether `publications` is everything it missed; if not, `reason` says why and it is empty.
    """

    channel: ChannelName
    position: Position
    recoverable: bool = False
    asked: Position | None = None
    recovered: bool = False
    reason: str = ""
    publications: Sequence[Publication] = ()


class Unsubscribed(msgspec.Struct, frozen=True):
    """The channel is no longer followed."""

    channel: ChannelName


class Published(msgspec.Struct, frozen=True):
    """The broker has the publication at `position` (offset 0: it was ephemeral)."""

    channel: ChannelName
    position: Position


class HistoryPage(msgspec.Struct, frozen=True):
    """A page of history, in the order asked for, and the channel's top."""

    channel: ChannelName
    publications: Sequence[Publication]
    position: Position


class Members(msgspec.Struct, frozen=True):
    """Who is in a channel, by session."""

    channel: ChannelName
    members: Mapping[str, ClientInfo] = msgspec.field(default_factory=dict)


class Counts(msgspec.Struct, frozen=True):
    """How many sessions and how many distinct users are in a channel."""

    channel: ChannelName
    clients: int
    users: int


class Failed(msgspec.Struct, frozen=True):
    """The command cannot be granted."""

    error: ErrorCode
    detail: str = ""


Reply: TypeAlias = (
    Connected | Subscribed | Unsubscribed | Published | HistoryPage | Members | Counts | Failed
)

# ── pushes to one session (those to a whole channel go through a Renderer) ──────────────────────


class Resync(msgspec.Struct, frozen=True):
    """The server could not keep the channel gapless: publications up to `position` may be missing."""

    channel: ChannelName
    position: Position
    reason: str


class Ping(msgspec.Struct, frozen=True):
    """Ask the client for a sign of life, in the dialect's own way."""


Push: TypeAlias = Resync | Ping


# ── the two contracts ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Request:
    """What the HTTP request that opened the connection said.

    `path` is as it was sent; its `variables` and `query` values are percent-decoded; `headers` has lower-case
    names.
    """

    path: str = "/"
    variables: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    peer: str = ""


class Renderer(Protocol):
    """Make the packets that all subscribers of one variant share. Keep no state."""

    name: str
    joins: bool
    """Whether this variant's subscribers can be shown joins and leaves at all."""

    def publication(self, channel: ChannelName, publication: Publication) -> Packet:
        """Render one publication of a channel."""
        ...

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render that somebody joined."""
        ...

    def left(self, channel: ChannelName, info: ClientInfo) -> Packet:
        """Render that somebody left."""
        ...


class Dialect(Protocol):
    """Hold one session's side of a protocol."""

    renderer: Renderer

    replays: bool
    """Whether the publications of a `Subscribed` go out one by one through `renderer`, right after the reply,
    because the reply cannot hold them."""

    pings: bool
    """Whether this protocol has a ping of its own, so that the transport's is not needed."""

    ends_on_resync: bool
    """Whether a `Resync` ends the subscription, because this protocol says it so: the client subscribes
    again from its position."""

    def open(self) -> Sequence[Command]:
        """Return the commands that opening the connection implies."""
        ...

    def receive(self, packet: Packet) -> Sequence[Command]:
        """Return the commands of one packet, in order.

        Raises ProtocolViolation when the packet breaks the protocol, and with it the connection.
        """
        ...

    def reply(self, command: Command, reply: Reply) -> Packet | None:
        """Render the answer to a command; None where this protocol has none.

        Raises ProtocolViolation where the protocol can only answer by closing.
        """
        ...

    def push(self, push: Push) -> Packet | Close | None:
        """Render something the server says by itself; a Close where that is the protocol's way to say it."""
        ...
