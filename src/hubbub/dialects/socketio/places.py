"""Where a client is: the namespaces of one connection, and in which of them it hears of a channel."""

from __future__ import annotations

from collections.abc import Iterator

from hubbub.errors import BAD_REQUEST, ProtocolViolation
from hubbub.model import ChannelName

NAMESPACES_LIMIT = 32
"""Namespaces that one connection may be in."""


class Places:
    """Know the namespaces that a client asked for, whether it is in, and what it follows there."""

    __slots__ = ("_namespaces", "_rooms", "recovering")

    def __init__(self) -> None:
        self._namespaces: dict[str, bool] = {}
        self._rooms: dict[ChannelName, str] = {}
        self.recovering: ChannelName = ""
        """The channel whose publications end with cursors."""

    def __len__(self) -> int:
        return len(self._namespaces)

    def __iter__(self) -> Iterator[tuple[str, bool]]:
        """Iterate the namespaces, each with whether the client is in."""
        return iter(self._namespaces.items())

    def __contains__(self, namespace: str) -> bool:
        return namespace in self._namespaces

    def ask(self, namespace: str) -> None:
        """Note that the client wants to come in. Raises ProtocolViolation (3501)."""
        if namespace in self._namespaces:
            raise ProtocolViolation(BAD_REQUEST, f"connected to {namespace!r} already")
        if len(self._namespaces) >= NAMESPACES_LIMIT:
            raise ProtocolViolation(BAD_REQUEST, f"more than {NAMESPACES_LIMIT} namespaces")
        self._namespaces[namespace] = False

    def let_in(self, namespace: str) -> None:
        """Note that the client is in."""
        self._namespaces[namespace] = True

    def leave(self, namespace: str) -> list[ChannelName]:
        """Note that the client is not there any more, and return what it follows there."""
        self._namespaces.pop(namespace, None)
        return [channel for channel, where in self._rooms.items() if where == namespace]

    def clear(self) -> None:
        """Forget all namespaces."""
        self._namespaces.clear()

    def check(self, namespace: str) -> None:
        """Return where the client is in. Raises ProtocolViolation (3501)."""
        if not self._namespaces.get(namespace):
            raise ProtocolViolation(BAD_REQUEST, f"not connected to {namespace!r}")

    def first(self) -> str:
        """Return the namespace that the client came in by; "" where there is none."""
        return next(iter(self._namespaces), "")

    def follow(self, channel: ChannelName, namespace: str) -> bool:
        """Note in which namespace a channel is followed; tell whether it was followed nowhere before."""
        if channel in self._rooms:
            return False
        self._rooms[channel] = namespace
        return True

    def forget(self, channel: ChannelName) -> None:
        """Note that a channel is not followed."""
        self._rooms.pop(channel, None)
        if channel == self.recovering:
            self.recovering = ""

    def of(self, channel: ChannelName) -> str:
        """Return the namespace in which the client hears of a channel; "" where it is in none."""
        # Before the first one is let in, what is said is held back until it is.
        inside = [name for name, is_in in self._namespaces.items() if is_in]
        inside = inside or list(self._namespaces)
        namespace = self._rooms.get(channel, inside[0] if inside else "")
        return namespace if namespace in inside else ""
