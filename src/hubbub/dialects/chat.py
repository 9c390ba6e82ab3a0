"""What a client asks for in a chat, as values: commands like those of `commands.py`, one family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from hubbub.dialects.kinds import Act
from hubbub.model import ChannelName, Kind


class Typing(Struct, frozen=True):
    """Say that the client's user is writing something, or (`on` is false) no more."""

    channel: ChannelName
    id: int = 0
    on: bool = True


class Amend(Struct, frozen=True):
    """Edit or delete the message at offset `about`, or react to it.

    `data` is what the message becomes, or what the reaction is. `key` makes a retry harmless.
    """

    channel: ChannelName
    act: Act
    about: int
    id: int = 0
    data: bytes = b"null"
    kind: Kind = Kind.JSON
    key: str = ""


class Mark(Struct, frozen=True):
    """Say up to which offset the client's user has read a channel, or received it (0: nothing is said)."""

    channel: ChannelName
    id: int = 0
    read: int = 0
    received: int = 0


class Receipts(Struct, frozen=True):
    """Ask up to where the users of a channel have received and read it."""

    channel: ChannelName
    id: int = 0


class Rooms(Struct, frozen=True):
    """Ask how much the client's user has not read of these channels; each has what the client calls it."""

    channels: Mapping[ChannelName, str]
    id: int = 0


class People(Struct, frozen=True):
    """Ask who is in a channel or was, when, and with which status."""

    channel: ChannelName
    id: int = 0


class Describe(Struct, frozen=True):
    """Give the client's user a status in a channel: a word for programs, and a text for people."""

    channel: ChannelName
    id: int = 0
    state: str = ""
    text: str = ""


ChatCommand: TypeAlias = Typing | Amend | Mark | Receipts | Rooms | People | Describe
