"""What the API answers about chats, as it is encoded and as the OpenAPI document shows it."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from hubbub.http.api.requests import Epoch, Offset
from hubbub.http.api.results import Complaint
from hubbub.hub.chats.people import PersonResult


class MarkResult(Struct):
    """Up to where a user has read and received a channel."""

    read: Annotated[int, Meta(description="Up to this offset.")]
    received: Annotated[int, Meta(description="And received, up to this one.")]


class ReceiptsResult(Struct):
    """Up to where each user has read and received a channel."""

    users: dict[str, MarkResult]


class PeopleResult(Struct):
    """Who is in a channel, or was."""

    users: dict[str, PersonResult]


class RoomResult(Struct, omit_defaults=True):
    """How much of a channel is unread, or why that cannot be told."""

    unread: (
        Annotated[int, Meta(description="Messages of others that are not read.")] | UnsetType
    ) = UNSET
    more: Annotated[bool, Meta(description="There may be more than were counted.")] = False
    read: Annotated[int, Meta(description="Up to where it is read.")] | UnsetType = UNSET
    offset: Offset | UnsetType = UNSET
    epoch: Epoch | UnsetType = UNSET
    error: Complaint | UnsetType = UNSET


class RoomsResult(Struct):
    """How much of each channel is unread."""

    rooms: dict[str, RoomResult]
