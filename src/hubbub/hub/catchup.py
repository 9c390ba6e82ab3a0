"""Bring a subscriber to a channel's top without a gap, and flip it to live without an `await` between.

A client that comes back is fed from the node's ring, else by one `recover` shared by everybody who asks
for the same; whatever arrives meanwhile is in the ring when the comparison is made again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import NamedTuple

from hubbub.brokers.contract import Broker, HistoryQuery, Outcome, Recovery
from hubbub.clock import Clock
from hubbub.dialects.contract import Subscribed
from hubbub.errors import UNRECOVERABLE_POSITION, Refused
from hubbub.hub.channels import Channel
from hubbub.hub.contract import Attachment, Statistics
from hubbub.hub.envelope import UnreadableEnvelope, open_entry, open_readable
from hubbub.hub.permissions.namespaces import RecoveryMode
from hubbub.hub.redaction import NOTHING, Redaction, redacted
from hubbub.hub.settings import HubSettings
from hubbub.hub.stepping import start
from hubbub.model import Position, Publication

CONCURRENT_RECOVERIES = 200


class _Found(NamedTuple):
    """What the broker has behind a position, and which messages of the channel are deleted."""

    recovery: Recovery
    gone: Collection[str]


class Catchup:
    """Answer what a coming subscriber has missed."""

    __slots__ = (
        "_asking",
        "_broker",
        "_clock",
        "_redaction",
        "_room",
        "_settings",
        "_statistics",
    )

    def __init__(
        self, broker: Broker, settings: HubSettings, clock: Clock, statistics: Statistics
    ) -> None:
        self._broker = broker
        self._settings = settings
        self._clock = clock
        self._statistics = statistics
        self._redaction = Redaction(broker)
        self._asking: dict[tuple[str, Position], asyncio.Future[_Found]] = {}
        self._room = asyncio.Semaphore(CONCURRENT_RECOVERIES)

    async def bring(self, channel: Channel, wish: Attachment) -> Subscribed | None:
        """Return the reply for a coming subscriber, true at the moment of return.

        The caller must attach the subscriber without waiting. None says that the channel on this node is
        behind the log's epoch, or behind what the subscriber has seen elsewhere, and must be healed first.
        Raises BrokerUnavailable, or Refused (112).
        """
        if not channel.namespace.recoverable:
            return self._anew(channel, wish, [])
        if channel.namespace.recovery is RecoveryMode.CACHE and (
            wish.since is not None or (channel.namespace.auto_recover and not wish.recent)
        ):
            return await self._latest(channel, wish, wish.since or Position("", 0))
        if wish.since is not None:
            return await self._return(channel, wish, wish.since)
        if wish.recent:
            return self._anew(channel, wish, await self._recent(channel, wish.recent))
        return self._anew(channel, wish, [])

    def _anew(
        self, channel: Channel, wish: Attachment, publications: list[Publication]
    ) -> Subscribed:
        return Subscribed(
            channel.name,
            channel.position,
            recoverable=channel.namespace.recoverable,
            asked=wish.since,
            publications=wish.encoding.shown(publications),
            delta=wish.encoding.delta,
        )

    async def _return(
        self, channel: Channel, wish: Attachment, since: Position
    ) -> Subscribed | None:
        missed: list[Publication] = []
        # A client that knows no epoch means the current one.
        cursor = since if since.epoch else Position(channel.epoch, since.offset, since.tag)
        gone = await self._gone(channel, cursor)
        while (tail := channel.since(cursor, self._oldest_ms(channel))) is None:
            recovery, newly = await self._recover(channel, cursor)
            if recovery.outcome is not Outcome.OK:
                return self._unrecovered(channel, wish, recovery.outcome)
            try:
                found = [open_entry(entry) for entry in recovery.entries]
            except UnreadableEnvelope:
                return self._unrecovered(channel, wish, Outcome.GAP)
            missed += redacted(found, recovery.top.epoch, {*gone, *newly})
            cursor = recovery.top
            if cursor.epoch != channel.epoch or since.offset > channel.offset:
                return None
            if len(missed) > self._settings.recovery_limit:
                break
            if cursor.offset > channel.offset:
                # The log is ahead of this node's feed: the rest will come live, and must not come twice.
                missed = [p for p in missed if p.offset <= channel.offset]
                break
        else:
            missed += redacted(tail, channel.epoch, gone)
        if len(missed) > self._settings.recovery_limit:
            return self._unrecovered(channel, wish, Outcome.TOO_MANY)
        self._statistics.recovered += 1
        return Subscribed(
            channel.name,
            channel.position,
            recoverable=True,
            asked=since,
            recovered=True,
            publications=wish.encoding.shown(missed),
            delta=wish.encoding.delta,
        )

    async def _latest(
        self, channel: Channel, wish: Attachment, asked: Position
    ) -> Subscribed | None:
        """Give the latest publication to who does not have it; through a filter, the latest that matches.

        It is no recovery where the latest one is not kept any more, and its holder did not see it either.
        """
        if asked.epoch == channel.epoch and asked.offset > channel.offset:
            (top,) = await self._broker.log.tops([channel.name])
            if top.epoch == channel.epoch and top.offset > channel.offset:
                return None
        wanted = self._settings.history_limit if wish.encoding.filter else 1
        latest = await self._recent(channel, wanted)
        top = channel.position
        known = asked.offset > 0 and (asked.epoch, asked.offset) == (top.epoch, top.offset)
        kept = bool(latest) and latest[-1].offset == top.offset
        if known or kept:
            self._statistics.recovered += 1
        else:
            self._statistics.unrecovered += 1
        return Subscribed(
            channel.name,
            top,
            recoverable=True,
            asked=asked,
            recovered=known or kept,
            reason="" if known or kept else Outcome.GAP.value,
            publications=wish.encoding.shown(latest)[-1:] if kept and not known else (),
            delta=wish.encoding.delta,
        )

    def _unrecovered(self, channel: Channel, wish: Attachment, outcome: Outcome) -> Subscribed:
        self._statistics.unrecovered += 1
        if wish.reject_unrecovered:
            raise Refused(UNRECOVERABLE_POSITION, outcome.value)
        return Subscribed(
            channel.name,
            channel.position,
            recoverable=True,
            asked=wish.since,
            reason=outcome.value,
            delta=wish.encoding.delta,
        )

    async def _gone(self, channel: Channel, since: Position) -> Collection[str]:
        """Return what is deleted, where anything is behind `since` that may be shown.

        It is asked before the ring is read, which does not know of deletions that the feed has yet to bring.
        """
        if channel.since(since, 0) == []:
            return NOTHING
        return await self._redaction.of(channel.name, channel.namespace)

    async def _recover(self, channel: Channel, since: Position) -> _Found:
        key = (channel.name, since)
        asking = self._asking.get(key)
        if asking is None:
            asking = start(self._ask(channel, since))
            if not asking.done():
                self._asking[key] = asking
                asking.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(asking)

    async def _ask(self, channel: Channel, since: Position) -> _Found:
        async with self._room:
            recovery = await self._broker.log.recover(
                channel.name, since, self._settings.recovery_limit, channel.namespace.retention
            )
            return _Found(recovery, await self._redaction.of(channel.name, channel.namespace))

    async def _recent(self, channel: Channel, wanted: int) -> list[Publication]:
        """Return up to `wanted` of the last publications, complete up to the channel's top."""
        wanted = min(wanted, self._settings.history_limit)
        gone = await self._redaction.of(channel.name, channel.namespace)
        first = Position(channel.epoch, max(0, channel.offset - wanted))
        tail = channel.since(first, self._oldest_ms(channel))
        if tail is not None:
            return redacted(tail, channel.epoch, gone)
        page = await self._broker.log.history(
            channel.name, HistoryQuery(wanted, reverse=True), channel.namespace.retention
        )
        gone = await self._redaction.of(channel.name, channel.namespace)
        newer = redacted(
            [each for each in channel.ring if each.offset > page.top.offset], channel.epoch, gone
        )
        if channel.offset - page.top.offset > len(newer):
            return newer[-wanted:]  # what is between is not here: no gap may be shown
        # The rest of what the page has will come live.
        mine = [e for e in page.entries if e.epoch == channel.epoch and e.offset <= channel.offset]
        shown = open_readable(reversed(mine))
        self._statistics.unreadable += len(mine) - len(shown)
        return (redacted(shown, channel.epoch, gone) + newer)[-wanted:]

    def _oldest_ms(self, channel: Channel) -> int:
        return self._clock.epoch_ms() - int(channel.namespace.history_ttl_s * 1000)
