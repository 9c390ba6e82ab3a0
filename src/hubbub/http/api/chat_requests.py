"""What a program may ask about chats, as it is decoded and as the OpenAPI document shows it."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct

from hubbub.dialects.operations import (
    KEY_LIMIT,
    OFFSET_LIMIT,
    REACTION_LIMIT,
    ROOMS_LIMIT,
    STATE_LIMIT,
    STATUS_LIMIT,
)
from hubbub.http.api.requests import Channel, Json


class AboutMessage(Struct, kw_only=True):
    """Which message is meant."""

    channel: Channel
    offset: Annotated[
        int, Meta(ge=1, le=OFFSET_LIMIT, description="The message's offset.", examples=[1])
    ]
    user: Annotated[
        str, Meta(max_length=128, description='Who is shown to have done it; "": nobody.')
    ] = ""


class EditRequest(AboutMessage, kw_only=True):
    """Say how a message reads from now on."""

    data: Annotated[Json, Meta(description="The new payload, any JSON value.")] = UNSET
    b64data: Annotated[
        str, Meta(description="The new payload as bytes in base64; takes the place of `data`.")
    ] = ""
    idempotency_key: Annotated[
        str,
        Meta(
            max_length=KEY_LIMIT,
            description="The same key for the same message, within 5 minutes, is the same edit.",
        ),
    ] = ""


class DeleteRequest(AboutMessage, kw_only=True):
    """Delete a message."""


class ReactRequest(AboutMessage, kw_only=True):
    """React to a message, or take that back."""

    reaction: Annotated[
        str, Meta(min_length=1, max_length=REACTION_LIMIT, description="Such as an emoji.")
    ]
    removed: Annotated[bool, Meta(description="It is taken back.")] = False


class MarkRequest(Struct):
    """Say up to where a user has received and read a channel; cursors only grow."""

    channel: Channel
    user: Annotated[str, Meta(min_length=1, max_length=128, examples=["zhang"])]
    read: Annotated[int, Meta(ge=0, le=OFFSET_LIMIT, description="Up to this offset.")] = 0
    received: Annotated[
        int, Meta(ge=0, le=OFFSET_LIMIT, description="What is read is received, too.")
    ] = 0


class RoomsRequest(Struct):
    """Count what a user has not read."""

    user: Annotated[str, Meta(min_length=1, max_length=128, examples=["zhang"])]
    channels: Annotated[
        list[str],
        Meta(max_length=ROOMS_LIMIT, description="Names of channels.", examples=[["news"]]),
    ]


class StatusRequest(Struct):
    """Give a user a status in a channel."""

    channel: Channel
    user: Annotated[str, Meta(min_length=1, max_length=128, examples=["zhang"])]
    state: Annotated[
        str, Meta(max_length=STATE_LIMIT, description="A word for programs.", examples=["away"])
    ] = ""
    text: Annotated[str, Meta(max_length=STATUS_LIMIT, description="A text for people.")] = ""


class TypingRequest(Struct):
    """Show that a user is writing something."""

    channel: Channel
    user: Annotated[str, Meta(min_length=1, max_length=128, examples=["zhang"])]
    typing: Annotated[bool, Meta(description="Or no more.")] = True
