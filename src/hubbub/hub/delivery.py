"""From the feed to the audience: each entry is judged once, and what continues the chain is delivered.

What arrives in one turn of the loop is flushed once, at its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import structlog
from msgspec import structs

from hubbub.brokers.contract import Entry
from hubbub.hub.channels import Channel, Verdict
from hubbub.hub.contract import Statistics
from hubbub.hub.encoding import Event
from hubbub.hub.envelope import UnreadableEnvelope, open_announcement, open_entry
from hubbub.hub.patterns import Patterns
from hubbub.hub.redaction import NOTHING, shown
from hubbub.hub.settings import HubSettings
from hubbub.model import ChannelName, Position, Publication

_log = structlog.get_logger(__name__)

CHANNEL_TAG = "channel"
"""The tag that names the channel where a pattern is followed, because not every SDK shows it otherwise."""


class Delivery:
    """Deliver what comes for a channel.

    Args:
        statistics: what is counted. settings: bounds.

    `heal` is called with a channel whose chain is broken, and `heard` with what any node says of a user in a
    channel, such as that somebody is writing. `relieve` is called at the end of a turn whenever
    half of `backlog_limit` was said: nobody can have fallen behind further than that since the last time.
    """

    __slots__ = (
        "_dirty",
        "_patience",
        "_ring_bytes",
        "_settings",
        "_statistics",
        "_volume",
        "heal",
        "heard",
        "relieve",
    )

    heal: Callable[[Channel], None]

    def __init__(self, statistics: Statistics, settings: HubSettings) -> None:
        self._statistics = statistics
        self._settings = settings
        self._ring_bytes = settings.ring_bytes
        self._patience = settings.backlog_limit // 2
        self._volume = 0
        self.heard: Callable[[ChannelName, Publication], None] = _unheard
        self.relieve: Callable[[], None] = _nobody
        self._dirty: list[Channel] = []

    def take(self, channel: Channel, entry: Entry, gone: Collection[str] = NOTHING) -> None:
        """Take an entry of the log: deliver it, hold it, drop it, or heal.

        `gone` is where messages were deleted, as far as the entry may be older than that.
        """
        verdict = channel.judge(entry)
        if verdict is Verdict.BREAK and not channel.namespace.recoverable:
            # What is not kept cannot be repaired; it is counted, and the channel goes on from here. The first
            # entry of another life finds nothing lost where nothing was said in the last one.
            self._statistics.resyncs += entry.offset > 1 or channel.offset > 0
            channel.jump(Position(entry.epoch, entry.offset - 1, entry.previous))
            verdict = Verdict.NEXT
        if verdict is Verdict.NEXT:
            self._deliver(channel, entry, gone)
        elif verdict is Verdict.SEEN:
            self._statistics.duplicates += 1
        else:
            channel.hold(entry)
            if verdict is Verdict.BREAK:
                self.heal(channel)

    def _deliver(self, channel: Channel, entry: Entry, gone: Collection[str]) -> None:
        self._statistics.entries += 1
        try:
            publication = open_entry(entry)
        except UnreadableEnvelope as fault:
            channel.skip(entry)
            self.note_unreadable(channel.name, fault)
            return
        if gone:
            publication = shown(publication, entry.epoch, gone)
        channel.advance(entry, publication, self._ring_bytes)
        if publication.made:
            channel.amend(publication)
        self.put(channel, publication)

    def announce(self, channel: Channel, payload: bytes) -> None:
        """Take an unnumbered message."""
        try:
            said = open_announcement(payload)
        except UnreadableEnvelope as fault:
            self.note_unreadable(channel.name, fault)
            return
        about_users = not isinstance(said, Publication) or said.made
        if about_users and isinstance(said, Publication):
            self.heard(channel.name, said)
        # What is told of each user to each other costs the square of their number.
        if not about_users or len(channel.audience) <= self._settings.join_leave_limit:
            if isinstance(said, Publication) and channel.namespace.recoverable:
                said = structs.replace(said, behind=channel.position)
            self.put(channel, said)

    def note_unreadable(self, channel: ChannelName, fault: UnreadableEnvelope) -> None:
        """Count a message that no node of this version wrote."""
        self._statistics.unreadable += 1
        _log.warning("unreadable message skipped", channel=channel, fault=str(fault))

    def put(self, channel: Channel, event: Event) -> None:
        """Give an event to a channel's audience at the end of this turn."""
        if channel.namespace.delta and type(event) is Publication:
            event = channel.based(event)
        if channel.audience.put(event):
            if not self._dirty:
                asyncio.get_running_loop().call_soon(self.flush_all)
            self._dirty.append(channel)
        if channel.patterns:
            self.share(channel.patterns, channel.name, event)

    def share(self, patterns: Patterns, channel: ChannelName, event: Event) -> None:
        """Give a publication to those who follow patterns; whoever came or left is not told to them."""
        if isinstance(event, Publication):
            tags = {CHANNEL_TAG: channel, **(event.tags or {})}
            # Changes are shown to those only who have seen what was before.
            named = structs.replace(event, channel=channel, tags=tags, base=None)
            for pattern in patterns:
                self.put(pattern, named)

    def flush(self, channel: Channel) -> None:
        """Write a channel's events now, because its audience is about to change."""
        delivered, volume = channel.audience.flush()
        self._statistics.delivered += delivered
        self._volume += volume

    def flush_all(self) -> None:
        """Write the events of all channels."""
        dirty, self._dirty = self._dirty, []
        for channel in dirty:
            try:
                self.flush(channel)
            except Exception as fault:  # noqa: BLE001 - the others of this turn would be silent for ever
                _log.error("a channel could not be flushed", channel=channel.name, exc_info=fault)
        if self._volume >= self._patience:
            self._volume = 0
            self.relieve()


def _unheard(channel: ChannelName, notice: Publication) -> None:
    """Have nobody who would say the same."""


def _nobody() -> None:
    """Have nobody to look at."""
