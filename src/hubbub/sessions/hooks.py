"""What the application is asked and told: questions a session waits for, and events that wait for nobody.

A hook is a function of the application, in Python or behind a URL; a session cannot tell which. It keeps time
limits, and is therefore called in a task (`hub.stepping.apart`). It answers with a grant, or raises:

    Refused           the question is answered with an error, the connection goes on
    Reject            the connection ends
    HookUnavailable   nobody answered: a temporary error (100), the client may ask again
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from hubbub.hub.inbox.values import Overdue
from hubbub.hub.permissions.options import Override
from hubbub.hub.permissions.permission import Permission
from hubbub.model import ChannelName, Kind, SessionId, UserId

# ── who asks ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Client:
    """A session as the application sees it.

    Args:
        session: its id. user: who it speaks for; "" before it said so, and for somebody without a name.
        dialect: the name of its renderer, such as `centrifuge-json`. transport: its carrier, such as
            `websocket`. peer: the address it comes from.
        headers, query: those of the request that opened it; names of headers are in lower case.
        info, meta: raw JSON, or empty; `info` is shown to other clients, `meta` only to the application.
        state: what the application's functions note about the session; it lasts as long as that, on its node.
        scope: what a program that we are embedded in knows of the request (ASGI): `scope["user"]` and
            `scope["session"]` where its middleware put them there. For functions, not for URLs.
    """

    session: SessionId
    user: UserId = ""
    dialect: str = ""
    transport: str = ""
    peer: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    info: bytes = field(default=b"", repr=False)
    meta: bytes = field(default=b"", repr=False)
    scope: MutableMapping[str, Any] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    state: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    @property
    def id(self) -> SessionId:
        """Return the session's id."""
        return self.session


# ── questions and their grants ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ConnectAsk:
    """May this client come in, and who is it? `channels` are those it wants to follow from the start."""

    client: Client
    token: str = field(default="", repr=False)
    data: bytes = field(default=b"", repr=False)
    name: str = ""
    version: str = ""
    channels: Sequence[ChannelName] = ()


@dataclass(frozen=True, slots=True)
class SubscribeGrant:
    """It may follow the channel.

    Args:
        expire_at: seconds since 1970 when this ends unless it is refreshed; 0 is never.
        info: raw JSON that the channel's members see beside this one. data: raw JSON for the client alone.
    """

    expire_at: int = 0
    info: bytes = b""
    data: bytes = b""
    override: Override = field(default_factory=Override)


@dataclass(frozen=True, slots=True)
class ConnectGrant:
    """It may come in, as `user`.

    Args:
        expire_at: seconds since 1970 when this ends unless it is refreshed; 0 is never.
        info: raw JSON that others see. data: raw JSON for the client alone. meta: raw JSON for hooks alone.
        channels, subs: what it follows from the start; `subs` says how.
        permissions: what it may beyond what namespaces allow. tags: by which pushes find its session.
    """

    user: UserId
    expire_at: int = 0
    info: bytes = b""
    data: bytes = b""
    channels: Sequence[ChannelName] = ()
    subs: Mapping[ChannelName, SubscribeGrant] = field(default_factory=dict)
    meta: bytes = b""
    permissions: tuple[Permission, ...] = ()
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SubscribeAsk:
    """May this client follow the channel? Asked where the namespace says `subscribe_hook`."""

    client: Client
    channel: ChannelName
    token: str = field(default="", repr=False)
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class PublishAsk:
    """May this client publish that? Asked where the namespace says `publish_hook`.

    `tags` say what it is if it is no message: `kind` is `edit`, `delete` or `reaction`, and `about` the
    offset of the message. Of a grant for those only the `data` of an edit counts.
    """

    client: Client
    channel: ChannelName
    data: bytes = field(repr=False)
    kind: Kind = Kind.JSON
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PublishGrant:
    """It may, as it said it or as `data` of this `kind` says it.

    Args:
        skip_history: whether it is for those who are there now only. tags: short strings for filters.
        key: an idempotency key.
    """

    data: bytes | None = None
    kind: Kind = Kind.JSON
    skip_history: bool = False
    tags: dict[str, str] | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class RefreshAsk:
    """May this client stay? Asked when its time is over."""

    client: Client


@dataclass(frozen=True, slots=True)
class RefreshGrant:
    """It may stay until `expire_at` (seconds since 1970; 0 is for ever), unless `expired`.

    `info` and `meta` take the place of what was known, where they are not empty.
    """

    expired: bool = False
    expire_at: int = 0
    info: bytes = b""
    meta: bytes = b""


@dataclass(frozen=True, slots=True)
class SubRefreshAsk:
    """May this client go on following the channel? Asked when its time there is over."""

    client: Client
    channel: ChannelName


@dataclass(frozen=True, slots=True)
class SubRefreshGrant:
    """It may until `expire_at` (seconds since 1970; 0 is for ever), unless `expired`."""

    expired: bool = False
    expire_at: int = 0
    info: bytes = b""


@dataclass(frozen=True, slots=True)
class RpcAsk:
    """A client calls a method of the application."""

    client: Client
    method: str
    data: bytes = field(repr=False)
    kind: Kind = Kind.JSON


@dataclass(frozen=True, slots=True)
class RpcAnswer:
    """What the method returned: JSON (`null` for nothing), unless `kind` says otherwise."""

    data: bytes
    kind: Kind = Kind.JSON


ConnectHook: TypeAlias = Callable[[ConnectAsk], Awaitable[ConnectGrant | None]]
RefreshHook: TypeAlias = Callable[[RefreshAsk], Awaitable[RefreshGrant]]
SubscribeHook: TypeAlias = Callable[[SubscribeAsk], Awaitable[SubscribeGrant]]
PublishHook: TypeAlias = Callable[[PublishAsk], Awaitable[PublishGrant]]
SubRefreshHook: TypeAlias = Callable[[SubRefreshAsk], Awaitable[SubRefreshGrant]]
RpcHook: TypeAlias = Callable[[RpcAsk], Awaitable[RpcAnswer]]
UnacknowledgedHook: TypeAlias = Callable[[Overdue], Awaitable[None]]
"""Take what no device of a user has acknowledged in time; raises a HubbubError where it was not taken."""


# ── events ──────────────────────────────────────────────────────────────────────────────────────


class EventKind(StrEnum):
    """What happened."""

    DISCONNECTED = "disconnected"
    UNSUBSCRIBED = "unsubscribed"
    OCCUPIED = "occupied"
    """A channel has its first subscriber, on all nodes together."""
    VACATED = "vacated"
    """A channel has no subscriber any more, on any node."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, numbered so that the application knows what is new.

    Args:
        key: what it is about; events of one key are told in order. number: grows with each event of a key:
            1, 2, 3 ... for a session, and what the broker gave for a channel.
        time_ms: milliseconds since 1970. client: whose session it was; None for a channel's.
        code, reason: why a session or subscription ended. info: raw JSON that the channel's members saw
            beside this one, or empty.
    """

    kind: EventKind
    key: str
    number: int
    time_ms: int
    channel: ChannelName = ""
    client: Client | None = None
    code: int = 0
    reason: str = ""
    info: bytes = field(default=b"", repr=False)


Events: TypeAlias = Callable[[Event], None]
"""Take an event and return at once; never raises."""


def unheard(event: Event) -> None:
    """Drop an event, where the application wants to know of none."""


# ── all of it ───────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Hooks:
    """What the application wants to be asked (None where it does not), and told.

    It is filled while the application registers its functions, and stays as it is once the server runs.
    `connect` may return None: it does not know the client, who is treated as if there were no such hook.
    `emulated` has lower-case names of headers that a client may say in its introduction instead.
    """

    connect: ConnectHook | None = None
    refresh: RefreshHook | None = None
    subscribe: SubscribeHook | None = None
    publish: PublishHook | None = None
    sub_refresh: SubRefreshHook | None = None
    rpc: RpcHook | None = None
    unacknowledged: UnacknowledgedHook | None = None
    events: Events = unheard
    emulated: frozenset[str] = frozenset()
