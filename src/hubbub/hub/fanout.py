"""Delivery to the sockets of this node: encode once per encoding, join per loop turn, write.

Events that arrive in one turn of the loop leave as one bytes object per (channel, encoding). Whoever
changes the membership of a channel flushes it first, so that a newcomer never sees an older message and
a reply never overtakes one. The transport's own write buffer is the outbox: there is no queue here but
the few events of this turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import repeat
from operator import call
from typing import TypeAlias

import structlog

from hubbub.dialects.filters import TagFilter
from hubbub.hub.encoding import Encoding, Event, Turn, in_full
from hubbub.model import ChannelName, Publication, SessionId

_log = structlog.get_logger(__name__)

Write: TypeAlias = Callable[[bytes], None]

_exhaust = deque[None](maxlen=0).extend


class Audience:
    """The live subscribers of one channel, grouped by encoding."""

    __slots__ = ("_events", "_excluding", "_filters", "_groups", "_publications", "channel")

    def __init__(self, channel: ChannelName) -> None:
        self.channel = channel
        self._groups: dict[Encoding, dict[SessionId, Write]] = {}
        self._filters: dict[TagFilter, int] = {}
        """How many groups have it."""
        self._events: list[Event] = []
        self._excluding = False
        self._publications = 0

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def sessions(self) -> Iterable[SessionId]:
        """Iterate the ids of all live subscribers."""
        for group in self._groups.values():
            yield from group

    def has_room(self, encoding: Encoding, comparisons: int) -> bool:
        """Tell whether all filters together compare so often at most, that of a newcomer included."""
        if encoding.filter is None or encoding.filter in self._filters:
            return True
        filters = [encoding.filter, *self._filters]
        return sum([each.comparisons for each in filters]) <= comparisons

    def add(self, encoding: Encoding, session: SessionId, write: Write) -> None:
        """Deliver from the next event on; the caller has flushed."""
        group = self._groups.get(encoding)
        if group is None:
            group = self._groups[encoding] = {}
            if encoding.filter is not None:
                self._filters[encoding.filter] = self._filters.get(encoding.filter, 0) + 1
        group[session] = write

    def reroute(self, session: SessionId, write: Write) -> None:
        """Deliver to a live session by another `write` from now on."""
        for group in self._groups.values():
            if session in group:
                group[session] = write

    def remove(self, encoding: Encoding, session: SessionId) -> None:
        """Deliver no more to a session, pending events of this turn excepted if it was flushed first."""
        for variant in encoding.variants:
            group = self._groups.get(variant)
            if group is not None:
                group.pop(session, None)
                if not group:
                    self._drop(variant)

    def _drop(self, encoding: Encoding) -> None:
        del self._groups[encoding]
        if encoding.filter is not None:
            self._filters[encoding.filter] -= 1
            if not self._filters[encoding.filter]:
                del self._filters[encoding.filter]

    def put(self, event: Event) -> bool:
        """Take an event for the next flush; tell whether it is the first of this turn."""
        if type(event) is Publication:
            self._publications += 1
            if event.exclude:
                self._excluding = True
        self._events.append(event)
        return len(self._events) == 1

    def flush(self) -> tuple[int, int]:
        """Write what this turn brought to all sockets.

        Returns the publications delivered, and how many bytes more one socket may be behind now.
        """
        events = self._events
        if not events:
            return 0, 0
        self._events = []
        excluding, self._excluding = self._excluding, False
        turn = Turn(self.channel, events, self._publications)
        self._publications = 0
        delivered = volume = 0
        for encoding, group in self._groups.items():
            data, publications = encoding.say(turn)
            if not data:
                continue
            delivered += len(group) * publications
            volume = max(volume, len(data))
            if excluding:
                self._write_except(encoding, group, data, events)
            elif len(group) == 1:
                (write,) = group.values()
                write_one(write, data)
            else:
                write_all(group.values(), data)
        for new, group in [(new, self._groups.pop(old)) for old, new in turn.moves]:
            self._groups.setdefault(new, {}).update(group)
        if excluding:
            self._set_back({event.exclude for event in events if isinstance(event, Publication)})
        return delivered, volume

    def _write_except(
        self, encoding: Encoding, group: dict[SessionId, Write], data: bytes, events: list[Event]
    ) -> None:
        excluded = {event.exclude for event in events if isinstance(event, Publication)}
        write_all([write for session, write in group.items() if session not in excluded], data)
        for session in excluded & group.keys():
            wanted = [
                in_full(event)
                for event in events
                if not (isinstance(event, Publication) and event.exclude == session)
            ]
            if wanted:
                write_all([group[session]], encoding.say(Turn(self.channel, wanted, 0))[0])

    def _set_back(self, sessions: set[SessionId]) -> None:
        """Show the next publication in full to who was not shown one of this turn, and lacks its base."""
        for encoding, group in list(self._groups.items()):
            if encoding.delta:
                for session in sessions & group.keys():
                    write = group[session]
                    self.remove(encoding, session)
                    self.add(encoding.entry(knows_base=False), session, write)


def write_one(write: Write, data: bytes) -> None:
    """Hand bytes to a socket; it may be closed already, or fail."""
    try:
        write(data)
    except (RuntimeError, OSError):
        pass  # as below
    except Exception as fault:  # noqa: BLE001 - whatever it was, it is that one subscriber's
        _log.error("a subscriber could not be written to", exc_info=fault)


def write_all(writes: Iterable[Write], data: bytes) -> None:
    """Hand the same bytes to every socket; one that is already closed, or fails, does not stop the others."""
    # The loop runs in C: what Python adds to a thousand system calls is felt.
    remaining = iter(list(writes))
    while True:
        try:
            _exhaust(map(call, remaining, repeat(data)))
        except (RuntimeError, OSError):
            # uvloop raises on a transport that closed in this very turn; its `closed` is on the way.
            continue
        except Exception as fault:  # noqa: BLE001 - whatever it was, it is that one subscriber's
            _log.error("a subscriber could not be written to", exc_info=fault)
            continue
        return
