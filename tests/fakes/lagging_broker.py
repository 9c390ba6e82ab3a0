"""A memory broker that is some turns of the loop away, as chance has it, and whose feed can go deaf.

Questions of a node reach the broker in their order, and what the feed brings arrives in its order; but
between the two, and between nodes, everything can happen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from random import Random
from typing import Any, TypeVar

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
from hubbub.brokers.memory import MemoryBroker
from hubbub.brokers.records import Bar, Records
from hubbub.model import Position, Retention

T = TypeVar("T")

TURNS = 6
"""The most turns of the loop that a question, an answer or an entry is on its way."""


class Way:
    """The way to the broker and back: first in, first out."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._last: asyncio.Future[None] | None = None

    async def lag(self) -> None:
        """Be on the way for a while."""
        for _ in range(self._chance.randrange(TURNS)):
            await asyncio.sleep(0)

    def ask(self, question: Callable[[], Awaitable[T]]) -> asyncio.Future[T]:
        """Have a question answered behind all that were asked before."""
        before, mine = self._last, asyncio.get_running_loop().create_future()
        self._last = mine
        return asyncio.ensure_future(self._ask(question, before, mine))

    async def _ask(
        self,
        question: Callable[[], Awaitable[T]],
        before: asyncio.Future[None] | None,
        mine: asyncio.Future[None],
    ) -> T:
        if before is not None:
            await before
        await self.lag()
        try:
            return await question()
        finally:
            mine.set_result(None)
            await self.lag()


class LaggingLog:
    """A log on the other side of the way."""

    def __init__(self, log: Log, way: Way) -> None:
        self._log = log
        self._way = way

    def publish(
        self,
        channel: str,
        payload: bytes,
        retention: Retention,
        key: str = "",
        bar: Bar | None = None,
    ) -> asyncio.Future[Stored]:
        return self._way.ask(lambda: self._log.publish(channel, payload, retention, key, bar))

    async def recover(
        self, channel: str, since: Position, limit: int, retention: Retention
    ) -> Recovery:
        return await self._way.ask(lambda: self._log.recover(channel, since, limit, retention))

    async def history(self, channel: str, query: HistoryQuery, retention: Retention) -> HistoryPage:
        return await self._way.ask(lambda: self._log.history(channel, query, retention))

    async def tops(self, channels: Sequence[str]) -> list[Position]:
        return await self._way.ask(lambda: self._log.tops(channels))

    async def remove_history(self, channel: str) -> None:
        await self._way.ask(lambda: self._log.remove_history(channel))


class LaggingRecords:
    """Records on the other side of the way."""

    def __init__(self, records: Records, way: Way) -> None:
        self._records = records
        self._way = way

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        method = getattr(self._records, name)

        async def ask(*arguments: object) -> object:
            return await self._way.ask(lambda: method(*arguments))

        return ask


class LaggingReceiver:
    """Take what the feed brings, later; or, while it is `deaf`, not at all."""

    def __init__(self, receiver: Receiver, way: Way) -> None:
        self._receiver = receiver
        self._way = way
        self._waiting: list[Callable[[], None]] = []
        self._bringing: asyncio.Task[None] | None = None
        self.deaf = False

    def on_entry(self, channel: str, entry: Entry) -> None:
        self._take(lambda: self._receiver.on_entry(channel, entry))

    def on_announcement(self, channel: str, payload: bytes) -> None:
        self._take(lambda: self._receiver.on_announcement(channel, payload))

    def on_restored(self) -> None:
        self.deaf = False
        self._receiver.on_restored()

    def go_deaf(self) -> None:
        """Lose what is on its way, and what comes from now on."""
        self.deaf = True
        self._waiting.clear()

    def _take(self, bring: Callable[[], None]) -> None:
        if self.deaf:
            return
        self._waiting.append(bring)
        if self._bringing is None or self._bringing.done():
            self._bringing = asyncio.ensure_future(self._bring())

    async def _bring(self) -> None:
        while self._waiting:
            await self._way.lag()
            if self._waiting:
                self._waiting.pop(0)()


class LaggingBroker:
    """Be a node of a memory world, some turns of the loop away from it."""

    log: Log
    feed: Feed
    presence: Presence
    records: Records
    receiver: LaggingReceiver

    def __init__(self, broker: MemoryBroker, chance: Random) -> None:
        self._broker = broker
        self._chance = chance
        way = Way(chance)
        self.log = LaggingLog(broker.log, way)
        self.feed = broker.feed
        self.presence = broker.presence
        self.records = LaggingRecords(broker.records, way)

    async def start(self, node: str, receiver: Receiver) -> None:
        self.receiver = LaggingReceiver(receiver, Way(self._chance))
        await self._broker.start(node, self.receiver)

    def health(self) -> Health:
        return self._broker.health()

    async def close(self) -> None:
        await self._broker.close()
