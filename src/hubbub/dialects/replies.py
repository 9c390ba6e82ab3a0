"""What the server says: the answers to commands, and what it tells one session by itself.

What a whole channel is told goes through a `Renderer`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from hubbub.errors import ErrorCode
from hubbub.model import ChannelName, ClientInfo, Kind, Position, Publication, UserId

# ── replies: what a command is answered with ────────────────────────────────────────────────────


class Subscribed(msgspec.Struct, frozen=True):
    """The channel is followed from `position`.

    `recoverable` says that positions are worth keeping. When the client came back (`asked`), `recovered`
    says whether `publications` is everything it missed; if not, `reason` says why and it is empty.

    The client must show a newer token within `ttl_s` seconds (None: it need not). `data` is JSON of the
    application. `delta` says that publications come as changes of their predecessors.
    """

    channel: ChannelName
    position: Position
    recoverable: bool = False
    asked: Position | None = None
    recovered: bool = False
    reason: str = ""
    publications: Sequence[Publication] = ()
    ttl_s: int | None = None
    data: bytes = b""
    delta: bool = False


class Connected(msgspec.Struct, frozen=True):
    """The client is known as `session`; it is pinged every `ping_s` seconds (0: never) in its dialect.

    Args:
        ttl_s: seconds after which the client must have shown a newer token (None: it need not).
        data: JSON of the application.
        subs: the subscriptions that the server made for the client.
        node, secret: where, and under which name that nobody else knows, requests beside this connection
            reach it ("": it takes none).
        user: who the client is ("": nobody with a name).
        address: where others can answer it, by `Respond`; whoever knows it can.
    """

    session: str
    ping_s: int = 0
    ttl_s: int | None = None
    data: bytes = b""
    subs: Mapping[ChannelName, Subscribed] = {}
    node: str = ""
    secret: str = ""
    user: UserId = ""
    address: str = ""


class Greeting(msgspec.Struct, frozen=True):
    """The connection is known as `name`; it is pinged every `ping_s` seconds (0: never).

    The client answers within `pong_s`.
    """

    name: str
    ping_s: float
    pong_s: float


class Refreshed(msgspec.Struct, frozen=True):
    """The newer token is good for `ttl_s` seconds (None: for ever)."""

    session: str
    ttl_s: int | None = None


class SubRefreshed(msgspec.Struct, frozen=True):
    """The newer token is good for `ttl_s` seconds (None: for ever)."""

    channel: ChannelName
    ttl_s: int | None = None


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


class Answered(msgspec.Struct, frozen=True):
    """The application's answer to an Rpc."""

    data: bytes = b""
    kind: Kind = Kind.JSON


class Settled(msgspec.Struct, frozen=True):
    """All that was said before is done."""


class Failed(msgspec.Struct, frozen=True):
    """The command cannot be granted."""

    error: ErrorCode
    detail: str = ""


Reply: TypeAlias = (
    Greeting
    | Connected
    | Refreshed
    | Subscribed
    | SubRefreshed
    | Unsubscribed
    | Published
    | HistoryPage
    | Members
    | Counts
    | Answered
    | Settled
    | Failed
)

# ── pushes to one session ───────────────────────────────────────────────────────────────────────


class Resync(msgspec.Struct, frozen=True):
    """The server could not keep the channel gapless: publications up to `position` may be missing."""

    channel: ChannelName
    position: Position
    reason: str


class Entered(msgspec.Struct, frozen=True):
    """The server made a subscription for the client, in one part of the application (`part`)."""

    subscribed: Subscribed
    part: str = ""


class Emit(msgspec.Struct, frozen=True):
    """The application says something to this client alone, or the same to several, which no channel has.

    Args:
        event: its name ("": it has none). arguments: what becomes JSON, and bytes.
        part: the part of the application that says it, where a protocol has parts ("": the client's first).
        ack: the number by which the client is to acknowledge it (0: it need not).
    """

    event: str
    arguments: Sequence[object] = ()
    part: str = ""
    ack: int = 0


class Ended(msgspec.Struct, frozen=True):
    """The server ended a subscription; from `errors.RESUBSCRIBE` on, `code` invites to subscribe again."""

    channel: ChannelName
    code: int
    reason: str


class Renewed(msgspec.Struct, frozen=True):
    """The connection now lasts `ttl_s` seconds longer (None: it does not expire)."""

    ttl_s: int | None = None


class Response(msgspec.Struct, frozen=True, array_like=True):
    """Another client answers: what it says, from which user, and what this client called the answer."""

    name: str
    data: bytes
    kind: Kind
    tags: dict[str, str] | None = None
    user: UserId = ""


class Ping(msgspec.Struct, frozen=True):
    """Ask the client for a sign of life, in the dialect's own way."""


Push: TypeAlias = Resync | Entered | Emit | Response | Ended | Renewed | Ping
