"""A receiver that does what the hub does about losses: it sees a gap, recovers, and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hubbub.brokers.contract import Broker, Entry, Outcome
from hubbub.errors import BrokerUnavailable
from hubbub.model import Position, Retention

DEADLINE_S = 60.0


async def until(fact: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
    """Return when `fact` is true; raises TimeoutError when that takes too long."""
    async with asyncio.timeout(deadline_s):
        while not fact():
            await asyncio.sleep(0.005)


class Healer:
    """Collect one channel's entries, each once and in order, whatever happens to the feed."""

    def __init__(self, channel: str, retention: Retention) -> None:
        self.channel = channel
        self.retention = retention
        self.seen: list[Entry] = []
        self.restored = 0
        self.outcomes: list[Outcome] = []
        self._broker: Broker | None = None
        self._healing: asyncio.Task[None] | None = None
        self._again = False
        self._place = Position("", 0)

    async def follow(self, broker: Broker) -> None:
        """Subscribe at the channel's present top."""
        self._broker = broker
        await broker.feed.subscribe([self.channel])
        (self._place,) = await broker.log.tops([self.channel])

    async def settle(self) -> None:
        """Wait until nothing is being healed, and compare with the top once more."""
        await until(self._is_settled)
        self.heal()
        await until(self._is_settled)

    def on_entry(self, channel: str, entry: Entry) -> None:
        """Take the successor of the last entry, or heal."""
        place = self._place
        if entry.epoch == place.epoch and entry.offset <= place.offset:
            return
        if self._follows(entry) and self._healing is None:
            self._take(entry)
        elif self._broker is not None:
            self.heal()

    def on_announcement(self, channel: str, payload: bytes) -> None:
        """Ignore it."""

    def on_restored(self) -> None:
        """Compare with the log."""
        self.restored += 1
        self.heal()

    def heal(self) -> None:
        """Recover from the last place, one recovery at a time."""
        if self._healing is not None:
            self._again = True
            return
        self._healing = asyncio.get_running_loop().create_task(self._heal())

    async def _heal(self) -> None:
        assert self._broker is not None
        while True:
            self._again = False
            try:
                found = await self._broker.log.recover(
                    self.channel, self._place, 1_000_000, self.retention
                )
            except BrokerUnavailable:
                await asyncio.sleep(0.05)
                continue
            self.outcomes.append(found.outcome)
            for entry in found.entries:
                self._take(entry)
            self._place = found.top
            if not self._called_again():
                break
        self._healing = None

    def _is_settled(self) -> bool:
        return self._healing is None

    def _called_again(self) -> bool:
        return self._again

    def _follows(self, entry: Entry) -> bool:
        place = self._place
        return (
            entry.epoch == place.epoch
            and entry.offset == place.offset + 1
            and entry.previous == place.tag
        )

    def _take(self, entry: Entry) -> None:
        self.seen.append(entry)
        self._place = entry.position
