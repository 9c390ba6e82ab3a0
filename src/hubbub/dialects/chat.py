"""What a client asks for in a chat, as values: commands like those of `commands.py`, one family."""

from __future__ import annotations

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


ChatCommand: TypeAlias = Typing | Amend
