"""The account of a run: what was published, who has seen it, and what is lost, doubled or out of order.

Pure: no I/O and no clock. Every message carries a tag (run, room, publisher, sequence, time), so that a
server may wrap it as it likes. Each subscriber must see each publisher's sequence 1, 2, 3 ... without holes,
and all subscribers of a room must see the room's messages in one order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_TAG = re.compile(rb"hubbub-bench:([0-9a-f]{8}):(\d+):(\d+):(\d+):(\d+);")


class Tag(NamedTuple):
    """A message's account of itself; `stamp_ns` is the monotonic clock when it was due."""

    room: int
    publisher: int
    sequence: int
    stamp_ns: int


def message(run: bytes, tag: Tag, size: int) -> bytes:
    """Write a message of `size` bytes, or of what the tag needs where that is more."""
    return (b"hubbub-bench:%b:%d:%d:%d:%d;" % (run, *tag)).ljust(size, b"x")


def tags(run: bytes, text: bytes) -> list[Tag]:
    """Find the tags of this run's messages in a text from the server, whatever is around them."""
    return [
        Tag(int(room), int(publisher), int(sequence), int(stamp))
        for theirs, room, publisher, sequence, stamp in _TAG.findall(text)
        if theirs == run
    ]


@dataclass(slots=True)
class Faults:
    """What went wrong, in deliveries.

    `misordered` came after something that it should have come before; `strayed` reached a room that it was
    not sent to, or was never sent at all.
    """

    lost: int = 0
    doubled: int = 0
    misordered: int = 0
    strayed: int = 0

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.misordered or self.strayed)


class _Flight:
    """A publication that not everybody has seen: its place in the room's order, and who is missing."""

    __slots__ = ("awaited", "place")

    def __init__(self, awaited: int) -> None:
        self.awaited = awaited
        self.place = 0


class _Room:
    """One channel: its members, the publications on their way, and how far its order is known."""

    __slots__ = ("flying", "members", "placed", "places")

    def __init__(self, publishers: Sequence[int]) -> None:
        self.members = 0
        self.places = 0
        self.placed = dict.fromkeys(publishers, 0)
        self.flying: dict[tuple[int, int], _Flight] = {}


class Subscriber:
    """What one connection has seen. Made by `Ledger.subscriber`."""

    __slots__ = ("expected", "last_place", "missing", "room")

    def __init__(self, room: int, publishers: Sequence[int]) -> None:
        self.room = room
        self.expected = dict.fromkeys(publishers, 1)
        self.missing: set[tuple[int, int]] = set()
        self.last_place = 0


class Ledger:
    """Keep the account of one run.

    Args:
        publishers: the room of each publisher, by the publisher's number.
    """

    def __init__(self, publishers: dict[int, int]) -> None:
        self._published = dict.fromkeys(publishers, 0)
        self._speakers = publishers
        self._rooms: dict[int, _Room] = {}
        self._subscribers: list[Subscriber] = []
        self._faults = Faults()
        self.delivered = 0
        self.in_flight = 0

    @property
    def published(self) -> int:
        """Return how many publications were made."""
        return sum(self._published.values())

    @property
    def expected(self) -> int:
        """Return how many deliveries there should be in the end."""
        return sum(
            count * self._rooms[self._speakers[publisher]].members
            for publisher, count in self._published.items()
            if count
        )

    def subscriber(self, room: int) -> Subscriber:
        """Add a connection to a room, before anything is published there."""
        publishers = [number for number, theirs in self._speakers.items() if theirs == room]
        who = Subscriber(room, publishers)
        self._rooms.setdefault(room, _Room(publishers)).members += 1
        self._subscribers.append(who)
        return who

    def publish(self, publisher: int) -> int:
        """Note a publication, and return its sequence number: 1, 2, 3 ... of each publisher."""
        sequence = self._published[publisher] + 1
        self._published[publisher] = sequence
        room = self._rooms[self._speakers[publisher]]
        room.flying[publisher, sequence] = _Flight(room.members)
        self.in_flight += 1
        return sequence

    def deliver(self, who: Subscriber, tag: Tag) -> bool:
        """Note a delivery; tell whether it was the publication's last one."""
        publisher, sequence = tag.publisher, tag.sequence
        expected = who.expected.get(publisher)
        if expected is None or tag.room != who.room or sequence > self._published[publisher]:
            self._faults.strayed += 1
            return False
        key = (publisher, sequence)
        late = False
        if sequence >= expected:
            who.missing.update((publisher, skipped) for skipped in range(expected, sequence))
            who.expected[publisher] = sequence + 1
        elif key in who.missing:
            who.missing.discard(key)
            late = True
        else:
            self._faults.doubled += 1
            return False
        self.delivered += 1
        return self._arrive(who, key, late=late)

    def _arrive(self, who: Subscriber, key: tuple[int, int], *, late: bool) -> bool:
        """Place a delivery in the room's order, which the first to see a message decides.

        What its publisher had sent before gets its place first, or a subscriber that sees two in the wrong
        order would put the blame on all others, if it were the first to see them.
        """
        room = self._rooms[who.room]
        flight = room.flying[key]
        publisher, sequence = key
        for earlier in range(room.placed[publisher] + 1, sequence + 1):
            room.places += 1
            room.flying[publisher, earlier].place = room.places
        room.placed[publisher] = max(room.placed[publisher], sequence)
        if flight.place > who.last_place:
            who.last_place = flight.place
        else:
            late = True
        self._faults.misordered += late
        flight.awaited -= 1
        if flight.awaited:
            return False
        del room.flying[key]
        self.in_flight -= 1
        return True

    def faults(self) -> Faults:
        """Return what went wrong so far; everything still on its way counts as lost."""
        lost = self.expected - self.delivered
        now = self._faults
        return Faults(lost, now.doubled, now.misordered, now.strayed)
