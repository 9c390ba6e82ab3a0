"""Repair what the feed lost, once per node: clients notice nothing while history covers it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, Protocol

import structlog

from hubbub.brokers.contract import Broker, Entry, Outcome, Recovery
from hubbub.errors import BrokerUnavailable
from hubbub.hub.channels import Channel, Phase, Step
from hubbub.hub.contract import Statistics
from hubbub.hub.redaction import NOTHING, Redaction
from hubbub.model import Position

_log = structlog.get_logger(__name__)

COMPARE_BATCH = 500
"""Channels whose tops are asked for at once."""
HEAL_LIMIT = 10_000
"""Entries that one repair may bring; more than that is told to clients as lost."""
CONCURRENT_REPAIRS = 200
"""Repairs that ask the broker at the same time, after an interruption of many channels."""
RETRY_S = 0.5
"""Seconds between attempts to repair while the broker is away."""


class Take(Protocol):
    """Take an entry for a live channel; what was deleted at the places `gone` is not to be shown."""

    def __call__(self, channel: Channel, entry: Entry, gone: Collection[str]) -> None:
        """Take it; nothing here waits or raises."""
        ...


class _Missed(NamedTuple):
    """What the broker has behind a channel's position, and which messages are deleted."""

    recovery: Recovery
    gone: Collection[str]


class Healing:
    """Find channels that fell behind, and bring them back.

    Args:
        broker: whose log is the truth.
        statistics: counts heals and resyncs.
        take: called with each recovered entry, in order, when the channel is live again.
        told: called when a channel could not be repaired, with the reason; its position has moved on.
    """

    __slots__ = ("_broker", "_healing", "_redaction", "_room", "_statistics", "_take", "_told")

    def __init__(
        self,
        broker: Broker,
        statistics: Statistics,
        take: Take,
        told: Callable[[Channel, str], None],
    ) -> None:
        self._broker = broker
        self._redaction = Redaction(broker)
        self._statistics = statistics
        self._take = take
        self._told = told
        self._healing: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(CONCURRENT_REPAIRS)

    def heal(self, channel: Channel) -> None:
        """Start to repair a live channel; entries that arrive meanwhile are held."""
        channel.move(Step.GAP)
        # Who waits already goes on waiting, for the same future.
        channel.settled = channel.settled or asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._repair(channel))
        self._healing.add(task)
        task.add_done_callback(self._healing.discard)

    async def _repair(self, channel: Channel) -> None:
        self._statistics.heals += 1
        while True:
            missed = await self._recover(channel)
            if missed is not None:
                break
            await asyncio.sleep(RETRY_S)
        channel.move(Step.HEALED)
        recovery, gone = missed
        if recovery.outcome is Outcome.OK:
            for entry in recovery.entries:
                self._take(channel, entry, gone)
        else:
            reason = recovery.outcome.value
            _log.info("channel could not be healed", channel=channel.name, reason=reason)
            self._resync(channel, recovery.top, reason)
        self.settle(channel)

    async def _recover(self, channel: Channel) -> _Missed | None:
        """Return what the broker has after the channel's position; None where it cannot tell now."""
        async with self._room:
            while True:
                # What was held so far is in the log, or nobody appended it: the answer decides about it.
                channel.release()
                channel.suspect = False
                try:
                    recovery = await self._broker.log.recover(
                        channel.name, channel.position, HEAL_LIMIT, channel.namespace.retention
                    )
                    gone = await self._redaction.of(channel.name, channel.namespace)
                except BrokerUnavailable:
                    return None
                except Exception as fault:  # noqa: BLE001 - giving up would silence the channel for ever
                    _log.error("repair failed", channel=channel.name, exc_info=fault)
                    return None
                if not channel.suspect:
                    return _Missed(recovery, gone)

    def _resync(self, channel: Channel, top: Position, reason: str) -> None:
        channel.jump(top)
        self._statistics.resyncs += 1
        self._told(channel, reason)

    def settle(self, channel: Channel) -> None:
        """Apply what was held while the channel was not live, and wake those who wait for it."""
        for entry in channel.release():
            if channel.phase is Phase.LIVE and _is_old(channel, entry):
                continue
            self._take(channel, entry, NOTHING)
        settled = channel.settled
        if channel.phase is Phase.LIVE and settled is not None:
            channel.settled = None
            settled.set_result(None)

    async def compare(self, channels: Sequence[Channel], *, quiet_only: bool) -> None:
        """Compare positions with the broker's tops, and heal what fell behind.

        With `quiet_only`, channels that moved since the last comparison are left out: their next entry
        would show a gap. It finds a lost *last* message.
        """
        suspects = [
            channel
            for channel in channels
            if channel.phase is Phase.LIVE
            and channel.namespace.recoverable
            and (channel.quiet or not quiet_only)
        ]
        for channel in channels:
            channel.suspect = channel.suspect or not (quiet_only or channel.is_live())
            channel.quiet = True
        for first in range(0, len(suspects), COMPARE_BATCH):
            await self._compare(suspects[first : first + COMPARE_BATCH])

    async def _compare(self, suspects: Sequence[Channel]) -> None:
        before = [channel.position for channel in suspects]
        tops = await self._broker.log.tops([channel.name for channel in suspects])
        for channel, known, top in zip(suspects, before, tops, strict=True):
            moved = channel.position != known
            if channel.phase is Phase.LIVE and not moved and top != known:
                self.heal(channel)

    async def close(self) -> None:
        """Stop all repairs."""
        for task in self._healing:
            task.cancel()
        await asyncio.gather(*self._healing, return_exceptions=True)


def _is_old(channel: Channel, entry: Entry) -> bool:
    """Tell whether a held entry is already part of what the repair brought."""
    return (
        entry.epoch == channel.epoch
        and entry.offset <= channel.offset
        and (channel.tag_at(entry.offset) in (0, entry.tag))
    )
