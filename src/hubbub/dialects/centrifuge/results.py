"""What a client of the Centrifuge protocol is answered: values with the protocol's own field names.

`result` says what a reply means in this protocol; a coding writes it down. Fields at their default are left
out on the wire, but for those of the structs that say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Raw, Struct

from hubbub.dialects.contract import (
    Connected,
    Failed,
    HistoryPage,
    Members,
    Published,
    Reply,
    Subscribed,
    Unsubscribed,
)
from hubbub.dialects.payloads import embedded
from hubbub.model import ClientInfo, Kind, Publication

Payload: TypeAlias = Callable[[bytes, Kind], bytes]
"""How a coding shows a payload of a kind."""


class Info(Struct, omit_defaults=True, gc=False):
    """Say who somebody is; `user` and `client` are never left out."""

    user: str
    client: str
    conn_info: Raw | None = None
    chan_info: Raw | None = None


class Pub(Struct, omit_defaults=True, gc=False):
    """Show a publication; `time` is in milliseconds since 1970."""

    data: Raw
    info: Info | None = None
    offset: int = 0
    tags: dict[str, str] | None = None
    time: int = 0


class Attendance(Struct, gc=False):
    """Say who joined or left."""

    info: Info


class Ended(Struct, gc=False):
    """Say that the server ended a subscription."""

    code: int
    reason: str


class Push(Struct, omit_defaults=True, gc=False):
    """Say one thing about a channel."""

    channel: str
    pub: Pub | None = None
    join: Attendance | None = None
    leave: Attendance | None = None
    unsubscribe: Ended | None = None


def shown(publication: Publication, payload: Payload) -> Pub:
    """Return what is shown of a publication."""
    sender = publication.sender
    return Pub(
        Raw(payload(publication.data, publication.kind)),
        info(sender) if sender is not None else None,
        publication.offset,
        publication.tags or None,
        publication.time,
    )


def info(client: ClientInfo) -> Info:
    """Return what is shown of somebody."""
    return Info(client.user, client.session, embedded(client.conn_info), embedded(client.chan_info))


class ConnectResult(Struct, omit_defaults=True, gc=False):
    """Tell a client its id; it is pinged every `ping` seconds and must answer if `pong`."""

    client: str
    ping: int = 0
    pong: bool = False


class SubscribeResult(Struct, omit_defaults=True):
    """Tell where a subscription starts.

    After a recovery `offset` is the one that the client sent, because the publications move it on;
    after a failed one it is the channel's top, and there are no publications.
    """

    recoverable: bool = False
    epoch: str = ""
    publications: list[Pub] = []
    recovered: bool = False
    offset: int = 0
    positioned: bool = False
    was_recovering: bool = False


class Empty(Struct, gc=False):
    """Tell that it is done."""


class HistoryResult(Struct):
    """Give a page and the top; nothing is left out."""

    publications: list[Pub]
    epoch: str
    offset: int


class PresenceResult(Struct):
    """Give who is there by client id; never left out."""

    presence: dict[str, Info]


class PresenceStatsResult(Struct, gc=False):
    """Give how many are there; nothing is left out."""

    num_clients: int
    num_users: int


class ErrorResult(Struct, omit_defaults=True, gc=False):
    """Tell why not; `temporary` invites to try again."""

    code: int
    message: str
    temporary: bool = False


Result: TypeAlias = (
    ConnectResult
    | SubscribeResult
    | Empty
    | HistoryResult
    | PresenceResult
    | PresenceStatsResult
    | ErrorResult
)

_EMPTY = Empty()


def result(reply: Reply, payload: Payload) -> tuple[str, Result]:
    """Return the key under which a reply is sent, and its value."""
    if isinstance(reply, Published):
        return "publish", _EMPTY
    if isinstance(reply, Subscribed):
        return "subscribe", _subscribed(reply, payload)
    if isinstance(reply, Failed):
        error = reply.error
        return "error", ErrorResult(error.code, reply.detail or error.message, error.temporary)
    if isinstance(reply, Connected):
        return "connect", ConnectResult(reply.session, reply.ping_s, reply.ping_s > 0)
    if isinstance(reply, Unsubscribed):
        return "unsubscribe", _EMPTY
    if isinstance(reply, HistoryPage):
        top = reply.position
        pages = [shown(each, payload) for each in reply.publications]
        return "history", HistoryResult(pages, top.epoch, top.offset)
    if isinstance(reply, Members):
        members = {session: info(client) for session, client in reply.members.items()}
        return "presence", PresenceResult(members)
    return "presence_stats", PresenceStatsResult(reply.clients, reply.users)


def _subscribed(reply: Subscribed, payload: Payload) -> SubscribeResult:
    if not reply.recoverable:
        return SubscribeResult(was_recovering=reply.asked is not None)
    recovered = reply.asked is not None and reply.recovered
    top = reply.position
    return SubscribeResult(
        recoverable=True,
        epoch=top.epoch,
        publications=[shown(each, payload) for each in reply.publications],
        recovered=recovered,
        offset=reply.asked.offset if reply.asked is not None and recovered else top.offset,
        positioned=True,
        was_recovering=reply.asked is not None,
    )
