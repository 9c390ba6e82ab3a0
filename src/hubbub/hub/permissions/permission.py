"""What a client was granted beyond its namespaces' permissions, by channel names or patterns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hubbub.model import ChannelName

ANY = "*"


class Operation(Enum):
    """What a client may want to do in a channel."""

    SUBSCRIBE = "subscribe"
    PUBLISH = "publish"
    HISTORY = "history"
    PRESENCE = "presence"
    MODERATE = "moderate"
    """Delete what others published."""


@dataclass(frozen=True, slots=True)
class Permission:
    """Allow operations in some channels.

    Args:
        channels: names, or patterns where `wildcard` says so.
        operations: what may be done there.
        wildcard: whether a `*` in `channels` stands for any run of characters, a boundary (`:`) and nothing
            included. Otherwise a `*` is a character like others.
    """

    channels: tuple[ChannelName, ...]
    operations: frozenset[Operation]
    wildcard: bool = False

    def covers(self, channel: ChannelName, operation: Operation) -> bool:
        """Tell whether `operation` is allowed in `channel`.

        The channel may itself be a pattern: it is covered only if everything that it matches is.
        """
        if operation not in self.operations:
            return False
        if not self.wildcard:
            return channel in self.channels
        return any(matches(pattern, channel) for pattern in self.channels)


def matches(pattern: str, name: str) -> bool:
    """Tell whether `name` is what `pattern` says, where each `*` stands for any run of characters.

    Every piece between two `*` is looked for once, behind the one before it: the first place where it fits
    leaves most room for the others, so nothing is ever tried twice.
    """
    first, *rest = pattern.split(ANY)
    if not rest:
        return name == pattern
    *middle, last = rest
    if len(name) < len(first) + len(last) or not name.startswith(first):
        return False
    at, end = len(first), len(name) - len(last)
    for piece in middle:
        found = name.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return name.endswith(last)
