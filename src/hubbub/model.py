"""The words of the domain as frozen values: what a publication, a position and a member are.

Everything above imports from here; nothing here imports anything of ours. Values are `msgspec`
structs where they travel between nodes, and plain frozen dataclasses where they do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, TypeAlias

import msgspec

ChannelName: TypeAlias = str
SessionId: TypeAlias = str
UserId: TypeAlias = str


class Kind(IntEnum):
    """Say how a payload reads, so that each dialect can show it in its own way."""

    JSON = 0
    TEXT = 1
    BINARY = 2


class Packet(NamedTuple):
    """One message of a dialect, before a framing and a transport wrap it.

    `data` is UTF-8 unless `binary`; whoever makes a packet from the network has checked that.
    """

    data: bytes
    binary: bool = False


Packets: TypeAlias = Packet | list[Packet]
"""One message, or several that follow one another and of which none may be missing."""


class ClientInfo(msgspec.Struct, frozen=True, array_like=True):
    """Who is behind a session: shown in presence, in joins and leaves, and as a sender.

    `conn_info` and `chan_info` are raw JSON, or empty.
    """

    user: UserId
    session: SessionId
    conn_info: bytes = b""
    chan_info: bytes = b""


class Position(msgspec.Struct, frozen=True):
    """A place in a channel's log.

    `offset` counts 1, 2, 3 ... without holes; `epoch` changes only when the counter is born again;
    `tag` is the random tag of the entry at `offset`, or 0 where the holder does not know it.
    """

    epoch: str
    offset: int
    tag: int = 0


class Publication(msgspec.Struct, frozen=True):
    """One message of a channel, as subscribers see it.

    `offset` is 0 and `time` is the sender's node's clock for an ephemeral one. `time` is in
    milliseconds since 1970. `exclude` names a session that must not receive it. `base` is the data of the
    predecessor, where the channel shows changes. `channel` is set where a whole pattern is followed. `made`
    says that it is no message: the server made it for an operation, see `dialects.kinds`. `behind` is the
    position of what came before an ephemeral one, where the channel keeps messages too.
    """

    data: bytes
    kind: Kind = Kind.JSON
    sender: ClientInfo | None = None
    tags: dict[str, str] | None = None
    exclude: SessionId = ""
    time: int = 0
    offset: int = 0
    tag: int = 0
    base: bytes | None = None
    channel: ChannelName = ""
    made: bool = False
    behind: Position | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of a channel the broker keeps: `size` entries (0 keeps none) for `age_s` seconds."""

    size: int = 0
    age_s: float = 0.0
