"""What one node has of a queue, and what it must still have the record say."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Sequence
from enum import Enum, auto

from hubbub.hub.queues.claims import Claims, Outstanding
from hubbub.hub.queues.consumer import Consumer


class Fate(Enum):
    """What is to become of a message that a consumer had."""

    DONE = auto()
    FREE = auto()
    OPEN = auto()
    """It is being asked, and until then nobody else may have it."""


class Possession:
    """Hold claimed messages for consumers, until the record says what became of them.

    Args:
        claims: the record. node: whose this is.
    """

    __slots__ = ("_claiming", "_claims", "_held", "_leaving", "_node")

    def __init__(self, claims: Claims, node: str) -> None:
        self._claims = claims
        self._node = node
        self._claiming: set[int] = set()
        self._held: dict[int, Consumer] = {}
        self._leaving: dict[int, Fate] = {}
        """What no consumer here has any more, and the record still says it has."""

    def __contains__(self, offset: object) -> bool:
        return offset in self._held or offset in self._leaving or offset in self._claiming

    def is_settled(self) -> bool:
        """Tell whether the record says all of it, and nothing is being claimed."""
        return not (self._leaving or self._claiming)

    async def claim(self, offsets: Sequence[int]) -> list[bool]:
        """Take messages; return of each whether it is this node's now. Raises BrokerUnavailable."""
        self._claiming.update(offsets)
        try:
            return await asyncio.gather(*map(self._claims.claim, offsets))
        finally:
            self._claiming.difference_update(offsets)

    def hold(self, offset: int, consumer: Consumer, tag: int = 0) -> None:
        """Note which consumer has a message."""
        self._held[offset] = consumer
        consumer.held[offset] = tag

    def let_go(self, consumer: Consumer, offsets: Sequence[int], fate: Fate) -> None:
        """Note that a consumer does not have messages any more."""
        for offset in offsets:
            del consumer.held[offset], self._held[offset]
            self._leaving[offset] = fate

    def leave(self, offset: int, fate: Fate) -> None:
        """Note what is to become of a message that no consumer has."""
        self._leaving[offset] = fate

    def decide(self, offset: int, fate: Fate) -> None:
        """Note what is to become of a message of which that was open, unless it was forgotten meanwhile."""
        if self._leaving.get(offset) is Fate.OPEN:
            self._leaving[offset] = fate

    def clear(self) -> None:
        """Forget all: it belongs to another life of the queue."""
        for consumer in self._held.values():
            consumer.held.clear()
        self._held.clear()
        self._leaving.clear()

    async def settle(self, offset: int) -> None:
        """Have the record say what became of a message, if that is known. Raises BrokerUnavailable."""
        fate = self._leaving.get(offset)
        if fate is Fate.OPEN:
            return
        if fate is Fate.DONE:
            await self._claims.finish(offset)
        elif fate is Fate.FREE:
            await self._claims.release(offset)
        self._leaving.pop(offset, None)

    async def settle_all(self, offsets: Sequence[int] | None = None) -> None:
        """Do so for some messages, or for all that are left. Raises BrokerUnavailable."""
        wanted = list(self._leaving) if offsets is None else offsets
        await asyncio.gather(*map(self.settle, wanted))

    async def free_stale(self, found: Outstanding, alive: Container[str]) -> set[int]:
        """Free what dead nodes had, and what this one has without knowing it; return what that was.

        Raises BrokerUnavailable.
        """
        stale = found.stale(self._node, self, alive)
        # All begun in this turn: what this node claims from now on, it claims behind them.
        await asyncio.gather(
            *(self._claims.release(each, found.claims[each].decode()) for each in stale)
        )
        return set(stale)
