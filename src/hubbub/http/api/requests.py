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
