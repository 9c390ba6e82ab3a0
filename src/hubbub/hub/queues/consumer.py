"""Who takes messages from a queue."""

from __future__ import annotations

from collections.abc import Callable

from hubbub.model import Publication


class Consumer:
    """One who takes messages, and says of each what became of it (or counts as having done so).

    Args:
        show: gives a message to it. is_ready: tells whether it can be given one now.
        acks: whether it says what became of a message. prefetch: how many it may have of which it did not.
    """

    __slots__ = ("_is_ready", "_prefetch", "acks", "held", "show")

    def __init__(
        self,
        show: Callable[[Publication], None],
        is_ready: Callable[[], bool],
        *,
        acks: bool,
        prefetch: int,
    ) -> None:
        self.show = show
        self.acks = acks
        self.held: dict[int, int] = {}
        """The offsets that it has, in the order in which it was given them, and the tags there."""
        self._is_ready = is_ready
        self._prefetch = prefetch

    @property
    def room(self) -> int:
        """Return how many messages it can be given now."""
        return self._prefetch - len(self.held) if self._is_ready() else 0

    def has(self, offset: int, tag: int) -> bool:
        """Tell whether it has the message at an offset, and no other of another life of the queue.

        Args:
            tag: the message's (0: that is not known).
        """
        held = self.held.get(offset)
        return held is not None and tag in {0, held}

    def upto(self, offset: int, *, alone: bool) -> list[int]:
        """Return what it means by an offset: that message, or (not `alone`) those before it too."""
        if offset not in self.held:
            return []
        if alone:
            return [offset]
        given = list(self.held)
        return given[: given.index(offset) + 1]
