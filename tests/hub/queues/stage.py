"""Queues of several nodes of one cluster, and consumers that keep what they are given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from hubbub.brokers.memory import World
from hubbub.brokers.records import Life, Records
from hubbub.errors import BrokerUnavailable
from hubbub.hub.nodes.control import Control
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.queues.consumer import Consumer
from hubbub.hub.queues.queues import LOOK_S, Queues
from hubbub.model import Publication
from tests.hub.stage import Stage, shared_world, stage, turn


class MoodyRecords:
    """Records that are away for writing when the test says so."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.away = False
        self.get, self.drop, self.names = records.get, records.drop, records.names
        self.put_new, self.raise_to = records.put_new, records.raise_to
        self.remove, self.release = records.remove, records.release

    async def put(self, record: str, field: str, value: bytes, life: Life) -> None:
        if self.away:
            raise BrokerUnavailable("it is away")
        await self._records.put(record, field, value, life)


class Worker:
    """One who takes messages."""

    def __init__(self, member: Member, *, acks: bool = True, prefetch: int = 10) -> None:
        self.member = member
        self.ready = True
        self.seen: list[str] = []
        self.offsets: list[int] = []
        self.consumer = Consumer(self._show, lambda: self.ready, acks=acks, prefetch=prefetch)

    def _show(self, publication: Publication) -> None:
        self.seen.append(publication.data.decode())
        self.offsets.append(publication.offset)

    async def ack(self, offset: int, *, alone: bool = True) -> None:
        await self.member.queues.acknowledge(self.consumer, offset, alone=alone)
        await turn(20)

    async def try_ack(self, offset: int, *, alone: bool) -> None:
        """Do so although the broker may be away: the node tries again."""
        with suppress(BrokerUnavailable):
            await self.ack(offset, alone=alone)

    async def nack(self, offset: int, *, alone: bool = True) -> None:
        await self.member.queues.refuse(self.consumer, offset, alone=alone)
        await turn(20)

    async def leave(self) -> None:
        self.member.queues.part([self.consumer])
        await turn(20)


class Member:
    """One node."""

    def __init__(self, place: Stage, name: str, world: World) -> None:
        self.place = place
        self.world = world
        self.records = MoodyRecords(place.broker.records)
        place.broker.records = self.records
        self.control = Control(place.broker, name, place.clock)
        place.hub.admit(self.control.names, self.control)
        self.queues = Queues(place.hub, self.control)

    async def worker(self, *, acks: bool = True, prefetch: int = 10) -> Worker:
        """Return somebody who takes messages of the queue `q`."""
        made = Worker(self, acks=acks, prefetch=prefetch)
        self.queues.add(await self.queues.open("q"), made.consumer)
        await turn(20)
        return made

    async def send(self, *texts: str) -> None:
        await self.place.say("q", *texts)
        await turn(20)

    async def look(self) -> None:
        """Let the time of a look pass."""
        for _ in range(LOOK_S):
            self.queues.tick()
        await turn(30)


@asynccontextmanager
async def nodes(count: int = 1, namespace: Namespace | None = None) -> AsyncIterator[list[Member]]:
    """Run nodes `n1`, `n2` ... of one cluster."""
    world = shared_world()
    async with AsyncExitStack() as stack:
        made = []
        for number in range(1, count + 1):
            name = f"n{number}"
            place = await stack.enter_async_context(stage(namespace, world=world, node=name))
            made.append(Member(place, name, world))
            await made[-1].control.start()
        yield made
        for each in made:
            await each.queues.close()
            await each.control.close()
