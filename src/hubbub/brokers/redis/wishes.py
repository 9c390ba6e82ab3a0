"""Which channels this node wants, asked for, and has: so that in every race the last wish wins. Pure.

Redis executes SUBSCRIBE and UNSUBSCRIBE in the order in which they were sent and confirms each name of
each. A name is settled when nothing that was sent for it is unconfirmed and what was asked last is what
is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(slots=True)
class _Name:
    wanted: bool = False
    asked: bool = False
    unconfirmed: int = 0
    stands: bool = False

    @property
    def settled(self) -> bool:
        return not self.unconfirmed and self.wanted == self.asked


class Change(NamedTuple):
    """What to send now, and the names for which a changed mind left nothing to send or wait for."""

    subscribe: list[bytes]
    unsubscribe: list[bytes]
    settled: list[bytes]


class Wishes:
    """Keep the wishes for one subscription connection."""

    __slots__ = ("_changed", "_names")

    def __init__(self) -> None:
        self._names: dict[bytes, _Name] = {}
        # A dict for its order: channels are asked for in the order in which they were wished.
        self._changed: dict[bytes, None] = {}

    def __contains__(self, name: bytes) -> bool:
        known = self._names.get(name)
        return known is not None and known.wanted

    def __len__(self) -> int:
        return len(self._names)

    def want(self, name: bytes) -> bool:
        """Wish for a name; tell whether it already stands confirmed."""
        known = self._names.get(name)
        if known is None:
            known = self._names[name] = _Name()
        known.wanted = True
        if known.settled:
            return True
        self._changed[name] = None
        return False

    def release(self, name: bytes) -> None:
        """Wish for a name no longer."""
        known = self._names.get(name)
        if known is not None:
            known.wanted = False
            self._changed[name] = None

    def take(self) -> Change:
        """Return what to send for the wishes that changed since the last call."""
        change = Change([], [], [])
        for name in self._changed:
            known = self._names.get(name)
            if known is None:
                continue
            if known.wanted != known.asked:
                known.asked = known.wanted
                known.unconfirmed += 1
                (change.subscribe if known.wanted else change.unsubscribe).append(name)
            elif not known.unconfirmed:
                change.settled.append(name)
                self._forget(name, known)
        self._changed.clear()
        return change

    def stands(self, name: bytes) -> bool:
        """Tell whether Redis sends what is said on a name, at this place of what it sends."""
        known = self._names.get(name)
        return known is not None and known.stands

    def confirm(self, name: bytes, stands: bool) -> bool:
        """Learn that Redis confirmed a command for a name; tell whether it is settled now."""
        known = self._names.get(name)
        if known is None or not known.unconfirmed:
            return False
        known.unconfirmed -= 1
        known.stands = stands
        settled = known.settled
        if settled:
            self._forget(name, known)
        return settled

    def interrupt(self) -> Iterable[bytes]:
        """Learn that the connection is gone, and return the names that nobody wants any more.

        Everything wanted must be asked for again: the next `take` says so.
        """
        dropped = [name for name, known in self._names.items() if not known.wanted]
        for name in dropped:
            del self._names[name]
        for known in self._names.values():
            known.asked = known.stands = False
            known.unconfirmed = 0
        self._changed = dict.fromkeys(self._names)
        return dropped

    def _forget(self, name: bytes, known: _Name) -> None:
        if not known.wanted:
            del self._names[name]
