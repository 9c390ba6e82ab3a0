"""The queues that have consumers on this node."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from hubbub.errors import NOT_AVAILABLE, Refused
from hubbub.hub.chores import Chores
from hubbub.hub.hub import Hub
from hubbub.hub.nodes.control import Control
from hubbub.hub.queues.consumer import Consumer
from hubbub.hub.queues.queue import FREED, Queue
from hubbub.model import ChannelName

LOOK_S = 5
"""Seconds between two looks for what dead nodes had, and for what nobody was told is free."""
CLOSE_S = 1.0
"""How long a node that stops waits until it has given back what it had."""


class Queues:
    """Let consumers take messages from queues.

    Args:
        hub: where the channels are. control: the way to the other nodes.
    """

    __slots__ = ("_chores", "_control", "_hub", "_of", "_one_by_one", "_queues", "_ticks")

    def __init__(self, hub: Hub, control: Control) -> None:
        self._hub = hub
        self._control = control
        self._chores = Chores()
        self._queues: dict[ChannelName, Queue] = {}
        self._one_by_one = asyncio.Lock()
        self._of: dict[Consumer, Queue] = {}
        self._ticks = 0
        control.on(FREED, self._freed)

    async def open(self, channel: ChannelName) -> Queue:
        """Return a queue, which hands out to whoever is added to it.

        Raises Refused where the channel keeps nothing, and BrokerUnavailable.
        """
        if not self._hub.namespaces.resolve(channel).recoverable:
            raise Refused(NOT_AVAILABLE, "a queue keeps its messages: it needs history")
        async with self._one_by_one:
            queue = self._queues.get(channel)
            if queue is None:
                queue = Queue(channel, self._hub, self._control, self._chores)
                await queue.open()
                self._queues[channel] = queue
        return queue

    def add(self, queue: Queue, consumer: Consumer) -> None:
        """Hand out a queue's messages to a consumer too."""
        self._of[consumer] = queue
        queue.add(consumer)

    def part(self, consumers: Iterable[Consumer]) -> None:
        """Hand out nothing more to consumers; what they have, others may have."""
        for consumer in consumers:
            queue = self._of.pop(consumer, None)
            if queue is not None:
                queue.remove(consumer)

    async def acknowledge(self, consumer: Consumer, offset: int, *, alone: bool) -> None:
        """Take a message that a consumer has, or all up to it, for done. Raises BrokerUnavailable."""
        queue = self._of.get(consumer)
        if queue is not None:
            await queue.acknowledge(consumer, offset, alone=alone)

    async def refuse(self, consumer: Consumer, offset: int, *, alone: bool) -> None:
        """Let others have a message that a consumer has, or all up to it. Raises BrokerUnavailable."""
        queue = self._of.get(consumer)
        if queue is not None:
            await queue.refuse(consumer, offset, alone=alone)

    def _freed(self, payload: bytes) -> bytes:
        queue = self._queues.get(payload.decode())
        if queue is not None:
            queue.look_soon()
        return b""

    def tick(self) -> None:
        """Do what is due; called about once a second."""
        self._ticks += 1
        for channel, queue in list(self._queues.items()):
            if self._ticks % LOOK_S == 0:
                queue.look_soon()
            else:
                queue.wake()  # somebody may be ready again
            if queue.is_idle() and not self._one_by_one.locked():
                queue.close()
                del self._queues[channel]

    async def close(self) -> None:
        """Give back what consumers have; what that is too late for, others take back themselves."""
        self.part(list(self._of))
        deadline = asyncio.get_running_loop().time() + CLOSE_S
        while not all(queue.is_idle() for queue in self._queues.values()):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.01)
        await self._chores.close()
