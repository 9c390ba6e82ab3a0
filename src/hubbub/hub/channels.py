"""A followed channel on this node: a state machine without I/O.

    (absent) ──follow──▶ SUBSCRIBING ──confirmed──▶ SYNCING ──synced──▶ LIVE ◀──healed── HEALING
                              └─────────────adopted────────────────────▲ └─────gap────────▲

A channel of which a pattern brings an entry is adopted: it is live from that entry on.
A channel without subscribers lingers: it stays in its phase until the linger time is over, so that a page
reload costs nothing. While the channel is not LIVE, entries are held; they are applied, by the same rule,
when it becomes LIVE. The rule is the chain: offset + 1, same epoch, and the tag of the predecessor.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from enum import Enum

from msgspec.structs import replace

from hubbub.brokers.contract import Entry
from hubbub.dialects.kinds import Act, about_of, kind_of
from hubbub.hub.fanout import Audience
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.redaction import erased
from hubbub.model import ChannelName, Position, Publication

HELD_LIMIT = 10_000
"""Entries held while a channel is not live; beyond it they are dropped, which healing then finds."""


class Phase(Enum):
    """Where a channel stands; see the drawing at the head of this file."""

    SUBSCRIBING = "subscribing"
    SYNCING = "syncing"
    LIVE = "live"
    HEALING = "healing"


_NO_RING: deque[Publication] = deque(maxlen=0)
"""What all channels share of which nothing is remembered here; nothing is ever put into it."""


class Step(Enum):
    """What may happen to a channel's phase."""

    CONFIRMED = "confirmed"
    SYNCED = "synced"
    ADOPTED = "adopted"
    GAP = "gap"
    HEALED = "healed"


TRANSITIONS: dict[tuple[Phase, Step], Phase] = {
    (Phase.SUBSCRIBING, Step.CONFIRMED): Phase.SYNCING,
    (Phase.SYNCING, Step.SYNCED): Phase.LIVE,
    (Phase.SUBSCRIBING, Step.ADOPTED): Phase.LIVE,
    (Phase.LIVE, Step.GAP): Phase.HEALING,
    (Phase.HEALING, Step.HEALED): Phase.LIVE,
}


class Verdict(Enum):
    """What an entry means for a channel."""

    NEXT = "next"
    """It continues the chain: deliver it."""
    SEEN = "seen"
    """It was delivered before: drop it."""
    HOLD = "hold"
    """The channel is not live: keep it until then."""
    BREAK = "break"
    """The chain is broken: heal."""


class Channel:
    """One followed channel: its phase, its last position, its ring of recent publications, its audience."""

    __slots__ = (
        "arriving",
        "audience",
        "by_name",
        "epoch",
        "held",
        "last",
        "name",
        "namespace",
        "offset",
        "patterns",
        "phase",
        "quiet",
        "ring",
        "ring_bytes",
        "settled",
        "suspect",
        "tag",
    )

    def __init__(self, name: ChannelName, namespace: Namespace, ring_size: int) -> None:
        self.name = name
        self.namespace = namespace
        self.phase = Phase.SUBSCRIBING
        self.epoch = ""
        self.offset = 0
        self.tag = 0
        self.ring = _NO_RING
        self.ring_bytes = 0
        self.remember(ring_size)
        self.held: list[Entry] = []
        self.audience = Audience(name)
        self.last: Publication | None = None
        """The last publication that the audience was shown, where it is shown changes."""
        self.patterns: tuple[Channel, ...] = ()
        """The patterns that match it."""
        self.by_name = False
        """Whether the feed brings it by its name, and not only for the sake of a pattern."""
        self.arriving = 0
        self.quiet = True
        self.settled: asyncio.Future[None] | None = None
        self.suspect = False
        """Whether the feed was interrupted while the channel was not live: what it is told may be too old."""

    def remember(self, ring_size: int) -> None:
        """Keep that many publications from now on for those who come back, as far as history is promised."""
        size = min(ring_size, self.namespace.history_size)
        if size > (self.ring.maxlen or 0):
            self.ring = deque(self.ring, maxlen=size)

    def is_wanted(self) -> bool:
        """Tell whether somebody follows it, or is about to."""
        return self.arriving > 0 or len(self.audience) > 0

    @property
    def position(self) -> Position:
        """Return the position of the last delivered entry."""
        return Position(self.epoch, self.offset, self.tag)

    def is_live(self) -> bool:
        """Tell whether entries are delivered as they come."""
        return self.phase is Phase.LIVE

    def move(self, step: Step) -> None:
        """Change phase by the table; a step that the table does not have is a bug of ours."""
        self.phase = TRANSITIONS[self.phase, step]

    def judge(self, entry: Entry) -> Verdict:
        """Return what `entry` means here, without changing anything."""
        if self.phase is not Phase.LIVE:
            return Verdict.HOLD
        if entry.epoch != self.epoch:
            return Verdict.BREAK
        if entry.offset == self.offset + 1:
            return Verdict.NEXT if entry.previous == self.tag else Verdict.BREAK
        if entry.offset > self.offset:
            return Verdict.BREAK
        known = self.tag_at(entry.offset)
        return Verdict.SEEN if known in (0, entry.tag) else Verdict.BREAK

    def tag_at(self, offset: int) -> int:
        """Return the tag of an offset, or 0 where this node does not remember it."""
        if offset == self.offset:
            return self.tag
        ring = self.ring
        if not ring or not ring[0].offset <= offset <= ring[-1].offset:
            return 0
        return ring[offset - ring[0].offset].tag

    def hold(self, entry: Entry) -> None:
        """Keep an entry for when the channel is live."""
        if len(self.held) < HELD_LIMIT:
            self.held.append(entry)

    def release(self) -> list[Entry]:
        """Return and forget the held entries, oldest first."""
        held, self.held = self.held, []
        return held

    def advance(self, entry: Entry, publication: Publication, ring_bytes: int) -> None:
        """Make `entry` the last one, and remember its publication in the ring of `ring_bytes` at most."""
        self.offset = entry.offset
        self.tag = entry.tag
        self.quiet = False
        ring = self.ring
        if not ring.maxlen:
            return
        if len(ring) == ring.maxlen:
            self.ring_bytes -= len(ring.popleft().data)
        ring.append(publication)
        self.ring_bytes += len(publication.data)
        while self.ring_bytes > ring_bytes:
            self.ring_bytes -= len(ring.popleft().data)

    def amend(self, publication: Publication) -> None:
        """Take note of an amendment: what is deleted is shown to nobody who comes back."""
        ring = self.ring
        if kind_of(publication) != Act.DELETE or not ring:
            return
        self.ring_bytes = 0
        about = about_of(publication)
        for index, each in enumerate(ring):
            if each.offset == about:
                ring[index] = erased(each)
            elif kind_of(each) == Act.EDIT and about_of(each) == about:
                ring[index] = erased(each, about)
            self.ring_bytes += len(ring[index].data)

    def skip(self, entry: Entry) -> None:
        """Pass over an entry that cannot be shown (no node of this version wrote it)."""
        self.offset = entry.offset
        self.tag = entry.tag
        self.forget()

    def jump(self, position: Position) -> None:
        """Go on from another position; what the ring remembers no longer leads there."""
        self.epoch, self.offset, self.tag = position.epoch, position.offset, position.tag
        self.forget()

    def forget(self) -> None:
        """Forget the recent publications: whoever comes back, only the broker can tell."""
        self.ring.clear()
        self.ring_bytes = 0
        self.last = None

    def based(self, publication: Publication) -> Publication:
        """Return a publication as the successor of the last one, and make it the last one."""
        last, self.last = self.last, publication
        if last is None or last.kind is not publication.kind:
            return publication
        return replace(publication, base=last.data)

    def shows_changes_of(self, publications: Sequence[Publication]) -> bool:
        """Tell whether who was shown `publications` can be shown the next one as a change."""
        if not publications or self.last is None:
            return False
        known = publications[-1]
        return (known.kind, known.data) == (self.last.kind, self.last.data)

    def adopt(self, entry: Entry) -> None:
        """Be live, so that `entry` is the next one."""
        self.move(Step.ADOPTED)
        self.jump(Position(entry.epoch, entry.offset - 1, entry.previous))

    def since(self, position: Position, oldest_ms: int) -> list[Publication] | None:
        """Return everything after `position` from the ring, or None where only the broker can tell.

        `oldest_ms` is the time before which a publication has expired.
        """
        if position.epoch != self.epoch or position.offset > self.offset:
            return None
        if position.tag and self.tag_at(position.offset) != position.tag and position.offset:
            return None
        missing = self.offset - position.offset
        if missing == 0:
            return []
        if missing > len(self.ring) or self.ring[-missing].time < oldest_ms:
            return None
        return list(self.ring)[-missing:]
