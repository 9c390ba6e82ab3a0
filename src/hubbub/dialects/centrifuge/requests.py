"""What a client of the Centrifuge protocol asks: the decoded requests, and the commands that they mean.

A coding makes these values from its bytes; their field names are the protocol's. Fields that this server has
no use for are left out, and decoders skip them.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Raw, Struct

from hubbub.dialects.claims import claimed_user
from hubbub.dialects.contract import (
    Command,
    Connect,
    History,
    Presence,
    Publish,
    Refresh,
    Rpc,
    SubRefresh,
    Subscribe,
    Unsubscribe,
    Unsupported,
)
from hubbub.dialects.filters import FilterNode, parse_filter
from hubbub.dialects.operations import PREFIX, operation
from hubbub.errors import (
    BAD_REQUEST,
    BAD_REQUEST_ERROR,
    NOT_AVAILABLE,
    NOT_AVAILABLE_CLOSE,
    ErrorCode,
    ProtocolViolation,
    Refused,
)
from hubbub.model import Position

Id = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Offset = Annotated[int, Meta(ge=0, le=2**63 - 1)]  # uint64 in the protocol, int64 in every broker
Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]

NAME_LIMIT = 64
"""Characters of a client's name and version that are kept."""
HEADERS_LIMIT = 64
"""Headers that a client may say as it connects."""
SUBS_LIMIT = 1000
"""Subscriptions that a client may remember to have had."""
FOSSIL = "fossil"
"""The one kind of delta that there is."""
REJECT_UNRECOVERED = 2
"""The bit of a subscribe's flags that asks for error 112 instead of `recovered: false`."""


class Request(Struct, gc=False):
    """Ask for one thing."""

    def command(self, id: int) -> Command:
        """Return the command that this means.

        Raises ProtocolViolation when a client must not ask like this.
        """
        raise NotImplementedError


class Known(Struct, gc=False):
    """Where a client left off in a subscription that the server made for it."""

    recover: bool = False
    epoch: str = ""
    offset: Offset = 0


class ConnectRequest(Request):
    """Introduce the client."""

    token: str = ""
    data: Raw = Raw()
    name: str = ""
    version: str = ""
    subs: Annotated[dict[str, Known], Meta(max_length=SUBS_LIMIT)] = {}
    headers: Annotated[dict[str, str], Meta(max_length=HEADERS_LIMIT)] = {}

    def command(self, id: int) -> Command:
        """Return a Connect; the user it claims to be stands in `data`, see `claimed_user`."""
        data = _present(self.data)
        subs = {
            channel: Position(known.epoch, known.offset) if known.recover else None
            for channel, known in self.subs.items()
        }
        name, version = self.name[:NAME_LIMIT], self.version[:NAME_LIMIT]
        user, headers = claimed_user(data), self.headers
        return Connect(id, user, self.token, data, name, version, subs, headers=headers)


class RefreshRequest(Request):
    """Show a newer token."""

    token: str = ""

    def command(self, id: int) -> Command:
        """Return a Refresh; without a token there is nothing to look at."""
        if not self.token:
            raise ProtocolViolation(BAD_REQUEST, "a refresh shows a token")
        return Refresh(id, self.token)


class SubscribeRequest(Request):
    """Follow a channel. `type` other than 0 is a map or poll subscription, `tf` a filter on tags."""

    channel: str = ""
    token: str = ""
    recover: bool = False
    epoch: str = ""
    offset: Offset = 0
    data: Raw = Raw()
    join_leave: bool = False
    flag: Int32 = 0
    type: Int32 = 0
    tf: FilterNode | None = None
    delta: str = ""

    def command(self, id: int) -> Command:
        """Return a Subscribe; a bad filter is answered with 107 and another type with 108."""
        channel = _named(self.channel)
        if self.type:
            return Unsupported(id, NOT_AVAILABLE)
        try:
            filter = None if self.tf is None else parse_filter(self.tf)
        except Refused as refused:
            return Unsupported(id, ErrorCode(refused.error.code, refused.detail))
        return Subscribe(
            channel,
            id,
            since=Position(self.epoch, self.offset) if self.recover else None,
            join_leave=self.join_leave,
            reject_unrecovered=bool(self.flag & REJECT_UNRECOVERED),
            token=self.token,
            data=_present(self.data),
            delta=self.delta == FOSSIL,
            filter=filter,
        )


class SubRefreshRequest(Request):
    """Show a newer token for a subscription; `type` other than 0 tracks the keys of a poll."""

    channel: str = ""
    token: str = ""
    type: Int32 = 0

    def command(self, id: int) -> Command:
        """Return a SubRefresh; another type is answered with 108."""
        channel = _named(self.channel)
        return Unsupported(id, NOT_AVAILABLE) if self.type else SubRefresh(channel, id, self.token)


class UnsubscribeRequest(Request):
    """Stop following a channel."""

    channel: str = ""

    def command(self, id: int) -> Command:
        """Return an Unsubscribe."""
        return Unsubscribe(_named(self.channel), id)


class PublishRequest(Request):
    """Publish JSON to a channel; `type` other than 0 writes to a map, and `removed` takes out of one."""

    channel: str = ""
    data: Raw = Raw()
    type: Int32 = 0
    removed: bool = False

    def command(self, id: int) -> Command:
        """Return a Publish; one without data is answered with 107 and one to a map with 108."""
        channel = _named(self.channel)
        data = bytes(self.data)
        if self.type or self.removed:
            return Unsupported(id, NOT_AVAILABLE)
        if not data:
            return Unsupported(id, BAD_REQUEST_ERROR)
        return Publish(channel, data, id=id)


class PresenceRequest(Request):
    """Ask who is in a channel."""

    channel: str = ""

    def command(self, id: int) -> Command:
        """Return a Presence."""
        return Presence(_named(self.channel), id)


class PresenceStatsRequest(Request):
    """Ask how many are in a channel."""

    channel: str = ""

    def command(self, id: int) -> Command:
        """Return a Presence that counts."""
        return Presence(_named(self.channel), id, counts_only=True)


class Since(Struct, gc=False):
    """Where to read history from."""

    offset: Offset = 0
    epoch: str = ""


class HistoryRequest(Request):
    """Read history; every negative limit means as much as allowed."""

    channel: str = ""
    limit: Int32 = 0
    since: Since | None = None
    reverse: bool = False

    def command(self, id: int) -> Command:
        """Return a History; there is nothing before offset 0, so asking for that is answered with 107."""
        channel = _named(self.channel)
        since = self.since
        if since is not None and self.reverse and not since.offset:
            return Unsupported(id, BAD_REQUEST_ERROR)
        at = None if since is None else Position(since.epoch, since.offset)
        return History(channel, id, max(self.limit, -1), at, self.reverse)


class RpcRequest(Request):
    """Call a method of the application, or an operation that is ready-made."""

    method: str = ""
    data: Raw = Raw()

    def command(self, id: int) -> Command:
        """Return an Rpc, or the operation."""
        if self.method.startswith(PREFIX):
            return operation(self.method, bytes(self.data), id)
        return Rpc(self.method, id, bytes(self.data))


class SendRequest(Request):
    """Send a message that has no reply, so that a refusal can only close."""

    def command(self, id: int) -> Command:
        """Raise ProtocolViolation (3508)."""
        raise ProtocolViolation(NOT_AVAILABLE_CLOSE, "no handler takes messages without a channel")


class Call(Struct, gc=False):
    """One command as it is sent: an id, and one of the requests; neither is a pong."""

    id: Id = 0
    connect: ConnectRequest | None = None
    subscribe: SubscribeRequest | None = None
    unsubscribe: UnsubscribeRequest | None = None
    publish: PublishRequest | None = None
    presence: PresenceRequest | None = None
    presence_stats: PresenceStatsRequest | None = None
    history: HistoryRequest | None = None
    rpc: RpcRequest | None = None
    send: SendRequest | None = None
    refresh: RefreshRequest | None = None
    sub_refresh: SubRefreshRequest | None = None

    def request(self) -> Request | None:
        """Return what is asked: the first, should a client ask for several things under one id."""
        return (
            self.publish
            or self.connect
            or self.subscribe
            or self.unsubscribe
            or self.presence
            or self.presence_stats
            or self.history
            or self.rpc
            or self.send
            or self.refresh
            or self.sub_refresh
        )


def _named(channel: str) -> str:
    if not channel:
        raise ProtocolViolation(BAD_REQUEST, "a command about a channel names it")
    return channel


def _present(value: Raw) -> bytes:
    data = bytes(value)
    return b"" if data == b"null" else data
