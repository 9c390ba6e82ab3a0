"""What the API answers with: the results, as they are encoded and as the OpenAPI document shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from hubbub.dialects.payloads import as_json
from hubbub.http.api.requests import Epoch, Json, Offset
from hubbub.http.pulse import Down
from hubbub.http.trends import Trend
from hubbub.model import ClientInfo, Publication


class Complaint(Struct):
    """What went wrong."""

    code: Annotated[int, Meta(description="The protocol's error code.", examples=[107])]
    message: Annotated[str, Meta(description="A sentence for people.")]


class Member(Struct, omit_defaults=True):
    """Somebody in a channel, or the sender of a publication."""

    user: str
    client: Annotated[str, Meta(description="The session's id.")]
    conn_info: Annotated[Json, Meta(description="What the session brought.")] = UNSET
    chan_info: Annotated[Json, Meta(description="What it brought to this channel.")] = UNSET


class Kept(Struct, omit_defaults=True):
    """A publication of history."""

    data: Annotated[Raw, Meta(description="The payload; bytes are a string of base64.")]
    offset: Offset
    time: Annotated[int, Meta(description="Milliseconds since 1970.")] = 0
    info: Annotated[Member, Meta(description="The client that sent it.")] | UnsetType = UNSET
    tags: Mapping[str, str] | UnsetType = UNSET


class PublishResult(Struct):
    """Where the publication is; offset 0 for one that is not kept."""

    offset: Offset
    epoch: Epoch


class Response(Struct):
    """What came of the publish to one channel: either of the two."""

    result: PublishResult | UnsetType = UNSET
    error: Complaint | UnsetType = UNSET


class BroadcastResult(Struct):
    """What came of each publish, in the order of the channels."""

    responses: list[Response]


class HistoryResult(Struct):
    """A page of history, and the channel's top."""

    publications: list[Kept]
    offset: Offset
    epoch: Epoch


class PresenceResult(Struct):
    """Who is in a channel, by session."""

    presence: dict[str, Member]


class PresenceStatsResult(Struct):
    """How many are in a channel."""

    num_clients: int
    num_users: int


class Done(Struct):
    """It is done, and there is nothing to say."""


Missing = Annotated[
    list[str],
    Meta(description="Living nodes that did not answer; what they have lacks here."),
]


class HistoryRemoveResult(Struct, omit_defaults=True):
    """It is forgotten."""

    missing: Annotated[
        list[str], Meta(description="Living nodes that may still remember some of it.")
    ] = field(default_factory=list)


class MetResult(Struct, omit_defaults=True):
    """It is done on all nodes."""

    num_sessions: Annotated[int, Meta(description="Sessions that were meant.")]
    missing: Annotated[
        list[str], Meta(description="Living nodes that did not answer; it may not be done there.")
    ] = field(default_factory=list)


class RpcResult(Struct):
    """What the application answered."""

    data: Annotated[Raw, Meta(description="Any JSON; bytes are a string of base64.")]


class ChannelInfo(Struct):
    """A channel that somebody follows."""

    num_clients: Annotated[int, Meta(description="Subscribers on all nodes.")]


class ChannelsResult(Struct, omit_defaults=True):
    """Channels in the order of their names."""

    channels: dict[str, ChannelInfo]
    cursor: Annotated[str, Meta(description="Where the next page begins; none after the last.")] = (
        ""
    )
    missing: Missing = field(default_factory=list)


class UserInfo(Struct):
    """A user who is connected."""

    num_sessions: Annotated[int, Meta(description="Sessions on all nodes.")]


class UsersResult(Struct, omit_defaults=True):
    """Users in the order of their names."""

    users: dict[str, UserInfo]
    cursor: Annotated[str, Meta(description="Where the next page begins; none after the last.")] = (
        ""
    )
    missing: Missing = field(default_factory=list)


class SessionInfo(Struct, omit_defaults=True):
    """A session."""

    user: Annotated[str, Meta(description='Who it speaks for; "": nobody.')]
    node: Annotated[str, Meta(description="Where it is.")]
    dialect: Annotated[str, Meta(description="What it speaks, as `centrifuge-json`.")]
    transport: Annotated[str, Meta(description="What carries it, as `websocket`.")]
    peer: Annotated[str, Meta(description="The address that it comes from.")]
    age: Annotated[int, Meta(description="Seconds since it opened.")]
    backlog: Annotated[int, Meta(description="Bytes that its client has yet to read.")]
    num_channels: Annotated[int, Meta(description="Channels that it follows.")]
    channels: Annotated[
        list[str] | UnsetType, Meta(description="Their names, where one session was asked for.")
    ] = UNSET
    tags: Annotated[list[str], Meta(description="What the application tagged it with.")] = field(
        default_factory=list
    )
    groups: Annotated[list[str], Meta(description="Groups that it joined.")] = field(
        default_factory=list
    )


class SessionsResult(Struct, omit_defaults=True):
    """Sessions by their ids, in that order."""

    sessions: dict[str, SessionInfo]
    cursor: Annotated[str, Meta(description="Where the next page begins; none after the last.")] = (
        ""
    )
    missing: Missing = field(default_factory=list)


class TrendsResult(Struct, omit_defaults=True):
    """How the nodes fared, by their ids."""

    nodes: dict[str, Trend]
    missing: Missing = field(default_factory=list)


class ProcessInfo(Struct):
    """What a node's process uses."""

    cpu: Annotated[float, Meta(description="Percent of one processor, lately.")]
    rss: Annotated[int, Meta(description="Bytes of memory.")]
    pid: Annotated[int, Meta(description="Its id on its machine.")]
    lag_ms: Annotated[
        float, Meta(description="Milliseconds that its event loop was late at worst, lately.")
    ]


class NodeInfo(Struct):
    """One node's numbers."""

    uid: str
    name: str
    version: str
    num_clients: Annotated[int, Meta(description="Sessions.")]
    num_users: Annotated[int, Meta(description="Users who have sessions.")]
    num_subs: Annotated[int, Meta(description="Subscriptions of all sessions.")]
    num_channels: Annotated[int, Meta(description="Channels that the node follows.")]
    uptime: Annotated[int, Meta(description="Seconds.")]
    process: ProcessInfo
    worker: Annotated[int, Meta(description="Its number among the workers of a server, from 1.")]
    port: Annotated[int, Meta(description="The port that it has for itself; 0: none.")]
    messages_in: Annotated[float, Meta(description="Publications a second, lately.")]
    messages_out: Annotated[float, Meta(description="Deliveries to clients a second, lately.")]


class InfoResult(Struct, omit_defaults=True):
    """The nodes of the server."""

    nodes: list[NodeInfo]
    down: Annotated[
        list[Down], Meta(description="Workers that die again and again, beside those that serve.")
    ] = field(default_factory=list)
    missing: Missing = field(default_factory=list)


def member(info: ClientInfo) -> Member:
    """Return who somebody is, in the API's words."""
    return Member(
        info.user,
        info.session,
        Raw(info.conn_info) if info.conn_info else UNSET,
        Raw(info.chan_info) if info.chan_info else UNSET,
    )


def kept(publication: Publication) -> Kept:
    """Return a publication of history, in the API's words."""
    return Kept(
        Raw(as_json(publication.data, publication.kind)),
        publication.offset,
        publication.time,
        member(publication.sender) if publication.sender is not None else UNSET,
        publication.tags or UNSET,
    )
