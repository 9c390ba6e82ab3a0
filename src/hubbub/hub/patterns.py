"""Which followed patterns match a channel. Pure.

A pattern such as `news:*` stands for all channels of a namespace whose names begin so. On a node it is
followed like a channel, in the same states; but it has no log, and no position.
"""

from __future__ import annotations

from typing import TypeAlias

from hubbub.hub.channels import Channel
from hubbub.hub.permissions.namespaces import USER_BOUNDARY, WILDCARD
from hubbub.model import ChannelName

Patterns: TypeAlias = tuple[Channel, ...]


class PatternTable:
    """Hold the patterns that a node follows, by what the names of their channels begin with."""

    __slots__ = ("_by_prefix", "_sizes")

    def __init__(self) -> None:
        self._by_prefix: dict[str, Channel] = {}
        self._sizes: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self._by_prefix)

    def __contains__(self, pattern: Channel) -> bool:
        return self._by_prefix.get(prefix_of(pattern)) is pattern

    def add(self, pattern: Channel) -> None:
        """Take a pattern in."""
        self._by_prefix[prefix_of(pattern)] = pattern
        self._measure()

    def remove(self, pattern: Channel) -> None:
        """Let a pattern go."""
        del self._by_prefix[prefix_of(pattern)]
        self._measure()

    def _measure(self) -> None:
        self._sizes = tuple(sorted({len(prefix) for prefix in self._by_prefix}))

    def matching(self, channel: ChannelName) -> Patterns:
        """Return the patterns that match a channel; none matches one that is limited to users by its name."""
        if not self._sizes or USER_BOUNDARY in channel:
            return ()
        found = (self._by_prefix.get(channel[:size]) for size in self._sizes)
        return tuple(pattern for pattern in found if pattern is not None)


def prefix_of(pattern: Channel) -> str:
    """Return what the names of a pattern's channels begin with."""
    return pattern.name.removesuffix(WILDCARD)


def carried(channel: Channel, *, but: Channel | None = None) -> bool:
    """Tell whether the feed brings a channel for the sake of a pattern, `but` one that is about to end."""
    return any(pattern.is_live() and pattern is not but for pattern in channel.patterns)
