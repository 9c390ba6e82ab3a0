"""What a client of the Centrifuge protocol is answered: values with the protocol's own field names.

`result` says what a reply means in this protocol; a coding writes it down. Fields at their default are left
out on the wire, but for those of the structs that say otherwise.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

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
from hubbub.model import ClientInfo, Publication


class Writer(Protocol):
    """Write the values that results hold many of, in a coding."""

    def publication(self, publication: Publication) -> Raw:
        """Return an encoded publication."""
        ...

    def info(self, info: ClientInfo) -> Raw:
        """Return an encoded client info."""
        ...


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
    publications: list[Raw] = []
    recovered: bool = False
    offset: int = 0
    positioned: bool = False
    was_recovering: bool = False


class Empty(Struct, gc=False):
    """Tell that it is done."""


class HistoryResult(Struct):
    """Give a page and the top; nothing is left out."""

    publications: list[Raw]
    epoch: str
    offset: int


class PresenceResult(Struct):
    """Give who is there by client id; never left out."""

    presence: dict[str, Raw]


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


def result(reply: Reply, writer: Writer) -> tuple[str, Result]:
    """Return the key under which a reply is sent, and its value."""
    if isinstance(reply, Published):
        return "publish", _EMPTY
    if isinstance(reply, Subscribed):
        return "subscribe", _subscribed(reply, writer)
    if isinstance(reply, Failed):
        error = reply.error
        return "error", ErrorResult(error.code, reply.detail or error.message, error.temporary)
    if isinstance(reply, Connected):
        return "connect", ConnectResult(reply.session, reply.ping_s, reply.ping_s > 0)
    if isinstance(reply, Unsubscribed):
        return "unsubscribe", _EMPTY
    if isinstance(reply, HistoryPage):
        top = reply.position
        pages = [writer.publication(each) for each in reply.publications]
        return "history", HistoryResult(pages, top.epoch, top.offset)
    if isinstance(reply, Members):
        members = {session: writer.info(info) for session, info in reply.members.items()}
        return "presence", PresenceResult(members)
    return "presence_stats", PresenceStatsResult(reply.clients, reply.users)


def _subscribed(reply: Subscribed, writer: Writer) -> SubscribeResult:
    if not reply.recoverable:
        return SubscribeResult(was_recovering=reply.asked is not None)
    recovered = reply.asked is not None and reply.recovered
    top = reply.position
    return SubscribeResult(
        recoverable=True,
        epoch=top.epoch,
        publications=[writer.publication(each) for each in reply.publications],
        recovered=recovered,
        offset=reply.asked.offset if reply.asked is not None and recovered else top.offset,
        positioned=True,
        was_recovering=reply.asked is not None,
    )
