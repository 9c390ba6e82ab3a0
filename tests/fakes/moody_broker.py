"""A memory broker whose feed can lose entries and whose log can be away, on command.

It is the real memory engine; only what lies between it and the hub is tampered with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hubbub.brokers.contract import (
    Entry,
    Feed,
    Health,
    HistoryPage,
    HistoryQuery,
    Log,
    Presence,
    Receiver,
    Recovery,
    Stored,
)
from hubbub.brokers.memory import MemoryBroker, MemorySettings, World
from hubbub.brokers.records import Bar, Records
from hubbub.clock import Clock
from hubbub.errors import BrokerUnavailable
from hubbub.model import Position, Retention


class LossyReceiver:
    """Drop what the test asks to lose, on its way to the hub."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self.lose_next = 0

    def on_entry(self, channel: str, entry: Entry) -> None:
        if self.lose_next:
            self.lose_next -= 1
        else:
            self._receiver.on_entry(channel, entry)

    def on_announcement(self, channel: str, payload: bytes) -> None:
        self._receiver.on_announcement(channel, payload)

    def on_restored(self) -> None:
        self._receiver.on_restored()


class MoodyLog:
    """Be away when the test says so, and count what is asked.

    `gate` holds questions back, `slow` holds answers back, `withheld` those to publishers; `fault` is what
    the next question runs into. `asked_most` is how many recoveries were asked for at once.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self.away = False
        self.recoveries = 0
        self.asked_now = 0
        self.asked_most = 0
        self.fault: Exception | None = None
        self.withheld: asyncio.Event | None = None
        self.gate: asyncio.Event | None = None
        self.slow: asyncio.Event | None = None

    def publish(
        self,
        channel: str,
        payload: bytes,
        retention: Retention,
        key: str = "",
        bar: Bar | None = None,
    ) -> asyncio.Future[Stored]:
        if self.away:
            future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
            future.set_exception(BrokerUnavailable("it is away"))
            return future
        stored = self._log.publish(channel, payload, retention, key, bar)
        if self.withheld is None:
            return stored
        return asyncio.ensure_future(_later(self.withheld, stored))

    async def recover(
        self, channel: str, since: Position, limit: int, retention: Retention
    ) -> Recovery:
        self.recoveries += 1
        self.asked_now += 1
        self.asked_most = max(self.asked_most, self.asked_now)
        try:
            await self._check()
            answer = await self._log.recover(channel, since, limit, retention)
            await self._travel()
        finally:
            self.asked_now -= 1
        return answer

    async def history(self, channel: str, query: HistoryQuery, retention: Retention) -> HistoryPage:
        await self._check()
        answer = await self._log.history(channel, query, retention)
        await self._travel()
        return answer

    async def tops(self, channels: Sequence[str]) -> list[Position]:
        await self._check()
        answer = await self._log.tops(channels)
        await self._travel()
        return answer

    async def remove_history(self, channel: str) -> None:
        await self._log.remove_history(channel)

    async def _travel(self) -> None:
        if self.slow is not None:
            await self.slow.wait()

    async def _check(self) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.away:
            raise BrokerUnavailable("it is away")
        fault, self.fault = self.fault, None
        if fault is not None:
            raise fault


async def _later(gate: asyncio.Event, stored: asyncio.Future[Stored]) -> Stored:
    await gate.wait()
    return await stored


class MoodyBroker:
    """Be a memory broker that can be tampered with."""

    log: Log
    feed: Feed
    presence: Presence
    records: Records

    def __init__(self, clock: Clock, world: World | None = None) -> None:
        self._broker = MemoryBroker(MemorySettings(), clock, world)
        self.moody = MoodyLog(self._broker.log)
        self.log = self.moody
        self.feed = self._broker.feed
        self.presence = self._broker.presence
        self.records = self._broker.records
        self.lossy: LossyReceiver | None = None

    async def start(self, node: str, receiver: Receiver) -> None:
        self.lossy = LossyReceiver(receiver)
        await self._broker.start(node, self.lossy)

    def lose(self, entries: int) -> None:
        """Lose the next entries of the feed."""
        assert self.lossy is not None
        self.lossy.lose_next = entries

    def health(self) -> Health:
        return self._broker.health()

    async def close(self) -> None:
        await self._broker.close()
