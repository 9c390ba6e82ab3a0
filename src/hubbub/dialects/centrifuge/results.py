"""What a client of the Centrifuge protocol is answered: values with the protocol's own field names.

`result` says what a reply means in this protocol; a coding writes it down. Fields at their default are left
out on the wire, but for those of the structs that say otherwise.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

from msgspec import Raw, Struct

from hubbub.dialects.centrifuge.pushes import (
    VERSION,
    Info,
    Notation,
    Pub,
    changed,
    info,
    shown,
)
from hubbub.dialects.contract import (
    Answered,
    Connected,
    Counts,
    Failed,
    HistoryPage,
    Members,
    Published,
    Refreshed,
    Reply,
    SubRefreshed,
    Subscribed,
    Unsubscribed,
)
from hubbub.dialects.payloads import embedded


class SubscribeResult(Struct, omit_defaults=True):
    """Tell where a subscription starts.

    Publications move the client on, from the `offset` that it sent; where there are none, because nothing was
    missed or nothing of it matches a filter, `offset` is the channel's top.
    """

    recoverable: bool = False
    epoch: str = ""
    publications: list[Pub] = []
    recovered: bool = False
    offset: int = 0
    positioned: bool = False
    was_recovering: bool = False
    expires: bool = False
    ttl: int = 0
    data: Raw | None = None
    delta: bool = False


class ConnectResult(Struct, omit_defaults=True):
    """Tell a client its id; it is pinged every `ping` seconds and must answer if `pong`.

    `session` and `node` go into the requests beside a connection that only the server can write to.
    """

    client: str
    version: str
    ping: int = 0
    pong: bool = False
    expires: bool = False
    ttl: int = 0
    data: Raw | None = None
    subs: dict[str, SubscribeResult] | None = None
    session: str = ""
    node: str = ""


class RefreshResult(Struct, omit_defaults=True, gc=False):
    """Tell for how many seconds (`ttl`) a connection is good now, if it expires at all."""

    client: str
    version: str
    expires: bool = False
    ttl: int = 0


class SubRefreshResult(Struct, omit_defaults=True, gc=False):
    """Tell for how many seconds (`ttl`) a subscription is good now, if it expires at all."""

    expires: bool = False
    ttl: int = 0


class RpcResult(Struct, omit_defaults=True, gc=False):
    """Give the application's answer."""

    data: Raw | None = None


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
    | RefreshResult
    | SubscribeResult
    | SubRefreshResult
    | RpcResult
    | Empty
    | HistoryResult
    | PresenceResult
    | PresenceStatsResult
    | ErrorResult
)

_EMPTY = Empty()


def result(reply: Reply, notation: Notation) -> tuple[str, Result]:
    """Return the key under which a reply is sent, and its value."""
    if isinstance(reply, Published):
        return "publish", _EMPTY
    if isinstance(reply, Subscribed):
        return "subscribe", _subscribed(reply, notation)
    if isinstance(reply, Failed):
        error = reply.error
        return "error", ErrorResult(error.code, reply.detail or error.message, error.temporary)
    if isinstance(reply, Connected):
        return "connect", _connected(reply, notation)
    if isinstance(reply, Refreshed):
        expires, ttl = reply.ttl_s is not None, reply.ttl_s or 0
        return "refresh", RefreshResult(reply.session, VERSION, expires, ttl)
    if isinstance(reply, SubRefreshed):
        return "sub_refresh", SubRefreshResult(reply.ttl_s is not None, reply.ttl_s or 0)
    if isinstance(reply, Answered):
        return "rpc", RpcResult(
            Raw(notation.payload(reply.data, reply.kind)) if reply.data else None
        )
    if isinstance(reply, Unsubscribed):
        return "unsubscribe", _EMPTY
    if isinstance(reply, HistoryPage):
        top = reply.position
        pages = [shown(each, notation.payload) for each in reply.publications]
        return "history", HistoryResult(pages, top.epoch, top.offset)
    if isinstance(reply, Members):
        members = {session: info(client) for session, client in reply.members.items()}
        return "presence", PresenceResult(members)
    if isinstance(reply, Counts):
        return "presence_stats", PresenceStatsResult(reply.clients, reply.users)
    raise TypeError(f"nothing is answered with {type(reply).__name__} here")


def _connected(reply: Connected, notation: Notation) -> ConnectResult:
    return ConnectResult(
        reply.session,
        VERSION,
        reply.ping_s,
        reply.ping_s > 0,
        reply.ttl_s is not None,
        reply.ttl_s or 0,
        embedded(reply.data),
        {channel: _subscribed(each, notation) for channel, each in reply.subs.items()} or None,
        reply.secret,
        reply.node,
    )


def _subscribed(reply: Subscribed, notation: Notation) -> SubscribeResult:
    expires, ttl, data = reply.ttl_s is not None, reply.ttl_s or 0, embedded(reply.data)
    if not reply.recoverable:
        return SubscribeResult(
            was_recovering=reply.asked is not None,
            expires=expires,
            ttl=ttl,
            data=data,
            delta=reply.delta,
        )
    top = reply.position
    return SubscribeResult(
        recoverable=True,
        epoch=top.epoch,
        publications=_missed(reply, notation),
        recovered=reply.recovered,
        offset=reply.asked.offset if reply.asked is not None and reply.publications else top.offset,
        positioned=True,
        was_recovering=reply.asked is not None,
        expires=expires,
        ttl=ttl,
        data=data,
        delta=reply.delta,
    )


def _missed(reply: Subscribed, notation: Notation) -> list[Pub]:
    """Return what was missed; where changes are shown, each is one of the publication before it."""
    if not reply.delta:
        return [shown(each, notation.payload) for each in reply.publications]
    bases: list[bytes | None] = [None]
    for before, after in pairwise(reply.publications):
        bases.append(before.data if before.kind is after.kind else None)
    both = zip(reply.publications, bases, strict=False)
    return [changed(each, base, notation) for each, base in both]
