"""Nodes of one cluster whose sessions an application reaches, without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol, TypeVar

from hubbub.brokers.records import Life, Records
from hubbub.errors import BrokerUnavailable
from hubbub.hub.nodes.control import Control
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.reaching.groups import Groups
from hubbub.sessions.reaching.pushes import Pushes
from hubbub.sessions.reaching.reach import Reach
from tests.hub.stage import Stage, shared_world, stage, turn
from tests.sessions.speaker import Speaker
from tests.sessions.stage import Floor

T = TypeVar("T")


class Commanded(Protocol):
    """A node that hears orders."""

    control: Control


Node = TypeVar("Node", bound=Commanded)


class MoodyRecords:
    """Records that are away when the test says so, and that something happens before."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.away = False
        self.before_put: Callable[[], None] = lambda: None
        self.get, self.drop, self.names = records.get, records.drop, records.names
        self.put_new, self.raise_to = records.put_new, records.raise_to
        self.release = records.release

    def _look(self) -> None:
        if self.away:
            raise BrokerUnavailable("Redis is away")

    async def put(self, record: str, field: str, value: bytes, life: Life) -> None:
        self._look()
        self.before_put()
        await self._records.put(record, field, value, life)

    async def remove(self, record: str, fields: Sequence[str]) -> None:
        self._look()
        await self._records.remove(record, fields)


class Member:
    """One node."""

    def __init__(self, place: Stage, name: str) -> None:
        self.name = name
        self.place = place
        self.floor = Floor(place, SessionLimits(), trusting=True, name=name)
        self.control = self.floor.control
        self.reach = Reach(self.floor.services, self.control)
        self.records = MoodyRecords(place.broker.records)
        self.groups = Groups(self.records, self.control, self.reach, self.floor.registry)
        self.pushes = Pushes(self.reach, self.groups)

    async def speaker(self, user: str = "ann") -> Speaker:
        """Return a client that is in."""
        made = Speaker(self.floor)
        await made.connect(data={"user": user})
        return made

    async def die(self) -> None:
        """End without a word to the others."""
        await self.place.broker.close()


@asynccontextmanager
async def nodes(count: int = 2) -> AsyncIterator[list[Member]]:
    """Run nodes `n1`, `n2` ... of one cluster."""
    world = shared_world()
    async with AsyncExitStack() as stack:
        made = []
        for number in range(1, count + 1):
            name = f"n{number}"
            place = await stack.enter_async_context(stage(world=world, node=name))
            made.append(Member(place, name))
            await made[-1].control.start()
        yield made
        for each in made:
            await each.control.close()
            await each.groups.close()


@asynccontextmanager
async def pair_of(kind: Callable[[Stage, str], Node]) -> AsyncIterator[tuple[Node, Node]]:
    """Run two nodes of one cluster, `n1` and `n2`, each made by `kind` of its place and its name."""
    world = shared_world()
    async with stage(world=world, node="n1") as one, stage(world=world, node="n2") as two:
        pair = kind(one, "n1"), kind(two, "n2")
        for node in pair:
            await node.control.start()
        yield pair
        for node in pair:
            await node.control.close()


def heard(speaker: Speaker) -> list[object]:
    """Return and forget what the application said to a client."""
    return [push["message"]["data"] for push in speaker.pushes() if "message" in push]


async def settled(work: Awaitable[T]) -> T:
    """Return what work gives, once what it began has been done."""
    result = await work
    await turn(10)
    return result
