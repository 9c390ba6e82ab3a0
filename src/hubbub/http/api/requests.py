"""What a program may ask: the API's requests, as they are decoded and as the OpenAPI document shows them.

Fields that no struct has are ignored, because client libraries are older or newer than their server.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

Json: TypeAlias = Raw | UnsetType
"""Any JSON value, or nothing at all."""

Channel = Annotated[str, Meta(description="A channel's name.", examples=["news"])]
Offset = Annotated[int, Meta(ge=0, le=2**63 - 1, description="1, 2, 3 ... in the channel.")]
Epoch = Annotated[
    str, Meta(max_length=64, description='The life of the channel that offsets belong to; "": any.')
]


class Message(Struct, kw_only=True):
    """What is to be published, and how."""

    data: Annotated[
        Json, Meta(description="The payload, any JSON value.", examples=[{"title": "Rain"}])
    ] = UNSET
    b64data: Annotated[
        str, Meta(description="The payload as bytes in base64; takes the place of `data`.")
    ] = ""
    skip_history: Annotated[
        bool, Meta(description="It is for those who are there now only, without an offset.")
    ] = False
    tags: Annotated[
        dict[str, str] | None, Meta(description="Short strings that subscribers may filter by.")
    ] = None
    idempotency_key: Annotated[
        str,
        Meta(
            max_length=128,
            description="The same key in the same channel, within 5 minutes, is the same publication.",
        ),
    ] = ""
    delta: Annotated[
        bool,
        Meta(description="Taken and not needed: subscribers who can read deltas get them."),
    ] = False
    version: Annotated[
        int, Meta(ge=0, description="Not kept here: anything but 0 is answered with error 108.")
    ] = 0
    version_epoch: Annotated[str, Meta(max_length=64, description="See `version`.")] = ""


class PublishRequest(Message, kw_only=True):
    """Publish to a channel."""

    channel: Channel


class BroadcastRequest(Message, kw_only=True):
    """Publish the same to many channels."""

    channels: Annotated[
        list[str],
        Meta(min_length=1, description="Names of channels.", examples=[["news", "sport"]]),
    ]


class Since(Struct):
    """A position in a channel."""

    offset: Offset = 0
    epoch: Epoch = ""


class HistoryRequest(Struct):
    """Read a page of a channel's history."""

    channel: Channel
    limit: Annotated[
        int,
        Meta(
            ge=-1,
            le=2**31 - 1,
            description="Publications at most; 0: the position only; -1: as many as allowed.",
            examples=[10],
        ),
    ] = 0
    since: Annotated[
        Since | None,
        Meta(description="Where to start: after it, or before it where `reverse` is set."),
    ] = None
    reverse: Annotated[bool, Meta(description="The newest first.")] = False


class ChannelRequest(Struct):
    """Name a channel."""

    channel: Channel


class Whom(Struct, kw_only=True):
    """Which sessions are meant, on whatever node."""

    user: Annotated[
        str, Meta(max_length=128, description="All sessions of this user.", examples=["zhang"])
    ] = ""
    client: Annotated[str, Meta(max_length=128, description="The one session with this id.")] = ""
    session: Annotated[
        str, Meta(max_length=256, description="The one session with this secret id.")
    ] = ""


class BoolValue(Struct):
    """Yes or no, where nothing said is neither."""

    value: bool = False


Maybe = BoolValue | None


class OverrideOptions(Struct):
    """Options of the namespace that do not hold for this subscription."""

    presence: Maybe = None
    join_leave: Maybe = None
    force_push_join_leave: Maybe = None
    force_recovery: Maybe = None
    force_positioning: Maybe = None


class SubscribeRequest(Whom, kw_only=True):
    """Let sessions follow a channel."""

    channel: Channel
    info: Annotated[Json, Meta(description="What the channel's members see beside them.")] = UNSET
    b64info: Annotated[str, Meta(description="The same as JSON in base64.")] = ""
    data: Annotated[Json, Meta(description="What the client alone is told.")] = UNSET
    b64data: Annotated[str, Meta(description="The same as JSON in base64.")] = ""
    recover_since: Annotated[
        Since | None, Meta(description="What was published since then is sent to them.")
    ] = None
    expire_at: Annotated[
        int, Meta(ge=0, le=2**53, description="When it ends, in unix seconds; 0: never.")
    ] = 0
    override: OverrideOptions | None = None


class UnsubscribeRequest(Whom, kw_only=True):
    """Let sessions follow a channel no more."""

    channel: Annotated[
        str, Meta(description='A channel\'s name; "": all that they follow.', examples=["news"])
    ] = ""


class Goodbye(Struct):
    """What a client is told when its connection is closed."""

    code: Annotated[
        int, Meta(description="3000 to 4999; below 3500, and from 4000 to 4499, it comes back.")
    ] = 0
    reason: Annotated[str, Meta(description="123 bytes at most.")] = ""


class DisconnectRequest(Whom, kw_only=True):
    """End sessions."""

    whitelist: Annotated[list[str] | None, Meta(description="Ids of sessions that stay.")] = None
    disconnect: Annotated[
        Goodbye | None, Meta(description='Without it, 3503 "force disconnect".')
    ] = None


class RefreshRequest(Whom, kw_only=True):
    """Let sessions last until another time."""

    expired: Annotated[bool, Meta(description="They end now, as their time is over.")] = False
    expire_at: Annotated[
        int, Meta(ge=0, le=2**53, description="When they end, in unix seconds; 0: never.")
    ] = 0
    info: Annotated[Json, Meta(description="What others see of them from now on.")] = UNSET


class RevokeRequest(Struct):
    """Revoke one thing: a user, a token or a session."""

    user: Annotated[
        str, Meta(description="All that this user was given until now.", examples=["zhang"])
    ] = ""
    token: Annotated[str, Meta(description="The token with this id (`jti`).")] = ""
    session: Annotated[str, Meta(description="The session with this id.")] = ""
    ttl: Annotated[
        int, Meta(ge=0, le=2**31 - 1, description="Seconds; 0: as long as the settings say.")
    ] = 0


class RpcRequest(Struct):
    """Call a method of the application."""

    method: Annotated[str, Meta(min_length=1, max_length=255, examples=["now"])]
    params: Annotated[Json, Meta(description="What it gets.")] = UNSET


class ChannelsRequest(Struct):
    """List the channels that somebody follows."""

    pattern: Annotated[
        str, Meta(max_length=255, description='`*` is any text; "": all.', examples=["news:*"])
    ] = ""
    limit: Annotated[
        int, Meta(ge=0, le=2**31 - 1, description="Channels at most; 0: as many as allowed.")
    ] = 0
    cursor: Annotated[
        str, Meta(max_length=255, description="The `cursor` of the page before this one.")
    ] = ""


class UsersRequest(Struct):
    """List the users who are connected."""

    pattern: Annotated[
        str, Meta(max_length=255, description='`*` is any text; "": all.', examples=["zh*"])
    ] = ""
    limit: Annotated[
        int, Meta(ge=0, le=2**31 - 1, description="Users at most; 0: as many as allowed.")
    ] = 0
    cursor: Annotated[
        str, Meta(max_length=255, description="The `cursor` of the page before this one.")
    ] = ""


class SessionsRequest(Struct):
    """List sessions; all that is said must fit."""

    user: Annotated[str, Meta(max_length=255, description='Of whom; `*` is any text; "": all.')] = (
        ""
    )
    client: Annotated[
        str, Meta(max_length=128, description="The one with this id, and what it follows.")
    ] = ""
    channel: Annotated[str, Meta(max_length=255, description="Those that follow it.")] = ""
    tag: Annotated[str, Meta(max_length=64, description="Those that have it.")] = ""
    limit: Annotated[
        int, Meta(ge=0, le=2**31 - 1, description="Sessions at most; 0: as many as allowed.")
    ] = 0
    cursor: Annotated[
        str, Meta(max_length=255, description="The `cursor` of the page before this one.")
    ] = ""


class TrendsRequest(Struct):
    """Ask how the nodes fared lately."""

    since: Annotated[
        int, Meta(ge=0, le=2**53, description="Milliseconds since 1970; 0: all that is kept.")
    ] = 0


class InfoRequest(Struct):
    """Ask about the server."""


class BatchRequest(Struct):
    """Run several methods."""

    commands: Annotated[
        list[dict[str, Raw]],
        Meta(
            description="Objects of one member: a method's name, with its request.",
            examples=[[{"publish": {"channel": "news", "data": 1}}, {"info": {}}]],
        ),
    ]
    parallel: Annotated[
        bool, Meta(description="All at once; otherwise each begins when the one before it is done.")
    ] = False


class LineRequest(Struct):
    """A method by its name, as programs called it before each had its path."""

    method: str
    params: Raw = Raw(b"{}")
    id: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
