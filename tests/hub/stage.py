"""A hub on a memory broker that can be tampered with, and subscribers that keep what they see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hubbub.brokers.memory import MemorySettings, World
from hubbub.dialects.contract import Resync, Subscribed
from hubbub.dialects.text import PLAIN
from hubbub.hub.contract import Attachment
from hubbub.hub.encoding import Encoding
from hubbub.hub.hub import Hub
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.hub.permissions.namespaces import Namespace, Namespaces
from hubbub.hub.settings import HubSettings
from hubbub.model import ClientInfo, Position
from tests.fakes.carrier import lines
from tests.fakes.clock import JumpingClock
from tests.fakes.moody_broker import MoodyBroker

INBOX = InboxSettings().channel()
PLAIN_LINES = Encoding(PLAIN, lines, joins=False)


class Listener:
    """A subscriber of the plain dialect."""

    def __init__(self, name: str) -> None:
        self.info = ClientInfo(name, f"s-{name}")
        self.data = b""
        self.arrivals: list[Subscribed] = []
        self.resyncs: list[Resync] = []
        self.here = True
        self.write: Callable[[bytes], None] = self._write
        self.encoding = PLAIN_LINES

    def _write(self, data: bytes) -> None:
        self.data += data

    def info_in(self, channel: str) -> ClientInfo:
        return self.info

    def is_seen_in(self, channel: str) -> bool:
        return True

    def resync(self, resync: Resync) -> None:
        self.resyncs.append(resync)

    def _arrived(self, reply: Subscribed) -> bool:
        self.arrivals.append(reply)
        return self.here

    def wish(self, channel: str, since: Position | None = None, recent: int = 0) -> Attachment:
        return Attachment(channel, self.encoding, self._arrived, since, recent)

    def seen(self) -> list[str]:
        """Return and forget what arrived, by line."""
        data, self.data = self.data, b""
        return data.decode().splitlines()


class Stage:
    """One node."""

    def __init__(
        self,
        namespaces: Namespaces | None = None,
        settings: HubSettings | None = None,
        world: World | None = None,
        clock: JumpingClock | None = None,
    ) -> None:
        self.clock = clock or JumpingClock()
        self.broker = MoodyBroker(self.clock, world)
        self.hub = Hub(
            self.broker, namespaces or Namespaces(), settings or HubSettings(), self.clock
        )
        self.inbox = Inbox(self.hub, InboxSettings(), self.clock)

    async def say(self, channel: str, *texts: str) -> Position:
        position = Position("", 0)
        for text in texts:
            stored = await self.hub.publish(channel, text.encode(), key="")
            position = stored.position
        await turn()
        return position

    async def listen(
        self,
        name: str,
        channel: str,
        since: Position | None = None,
        recent: int = 0,
        encoding: Encoding = PLAIN_LINES,
    ) -> Listener:
        listener = Listener(name)
        listener.encoding = encoding
        await self.hub.attach(listener, listener.wish(channel, since, recent))
        return listener


async def turn(times: int = 3) -> None:
    """Let the loop turn, so that what is due in this turn happens."""
    for _ in range(times):
        await asyncio.sleep(0)


async def until(fact: object, seconds: float = 60.0) -> None:
    """Wait until `fact()` is true, or fail."""
    assert callable(fact)
    deadline = asyncio.get_running_loop().time() + seconds
    while not fact():
        assert asyncio.get_running_loop().time() < deadline, "it did not come true in time"
        await asyncio.sleep(0.001)


@asynccontextmanager
async def stage(
    namespace: Namespace | None = None,
    settings: HubSettings | None = None,
    world: World | None = None,
    node: str = "n1",
) -> AsyncIterator[Stage]:
    """Run one node whose channels all have the options of `namespace`."""
    clock = JumpingClock()
    place = Stage(Namespaces(namespace or Namespace(), inbox=INBOX), settings, world, clock)
    await place.broker.start(node, place.hub)
    try:
        yield place
    finally:
        await place.hub.close()
        await place.broker.close()


def shared_world() -> World:
    """Return what several nodes of one test share."""
    return World(MemorySettings(), JumpingClock())
