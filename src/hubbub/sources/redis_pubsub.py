"""Plain Redis Pub/Sub as channels: whatever any program `PUBLISH`es reaches a channel's clients, and back.

A Redis channel is heard while somebody on this node follows its channel: ten thousand of them are one
connection. Nothing is kept: what is said while nobody listens, or while the connection is away, is gone, as
everybody who uses Pub/Sub knows.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from hubbub.brokers.contract import Stored
from hubbub.brokers.redis.address import parse_address
from hubbub.brokers.redis.command import Again
from hubbub.brokers.redis.connection import Commands
from hubbub.brokers.redis.link import pack
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.brokers.redis.subscription import Subscription
from hubbub.clock import Clock
from hubbub.hub.hub import Hub
from hubbub.hub.namespaces import BOUNDARY
from hubbub.model import ChannelName, Position, Publication
from hubbub.sources.payloads import kind_of

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PubsubSettings:
    """Say which Redis channels are which channels.

    Args:
        url: the Redis server.
        prefix: what a Redis channel's name begins with; the rest is the channel's name after its namespace.
        node: this process's name in CLIENT LIST.
    """

    url: str
    prefix: str = ""
    node: str = ""


class RedisPubsub:
    """Join Redis channels and channels of a namespace (`sources.contract.Source`)."""

    live = True

    def __init__(self, settings: PubsubSettings, hub: Hub, clock: Clock) -> None:
        self._settings = settings
        self._hub = hub
        self._clock = clock
        address = parse_address(settings.url)
        redis = RedisSettings(settings.url)
        self._commands = Commands(address, redis, clock)
        self._subscription = Subscription(address, redis)
        self._channels: dict[bytes, ChannelName] = {}

    async def start(self) -> None:
        """Connect both ways."""
        await self._commands.open(f"hubbub:{self._settings.node}:pubsub-publisher")
        await self._subscription.open(f"hubbub:{self._settings.node}:pubsub", self)

    async def close(self) -> None:
        """End both connections."""
        await self._subscription.close()
        await self._commands.close(1.0)

    def write(self, channel: ChannelName, publication: Publication) -> asyncio.Future[Stored]:
        """Publish a client's message as it is; it comes back like everybody's."""
        command = pack(("PUBLISH", self._name(channel), publication.data))
        # A second try could say it twice: whoever said it is told instead.
        return self._commands.send(command, _said, Again.NEVER, len(publication.data))

    async def follow(self, channel: ChannelName) -> None:
        """Hear a channel; return when Redis has confirmed it. Raises BrokerUnavailable."""
        name = self._name(channel)
        self._channels[name] = channel
        await self._subscription.subscribe([name])

    def unfollow(self, channel: ChannelName) -> None:
        """Hear a channel no longer."""
        name = self._name(channel)
        self._channels.pop(name, None)
        self._subscription.release(name)

    def _name(self, channel: ChannelName) -> bytes:
        return f"{self._settings.prefix}{channel.partition(BOUNDARY)[2] or channel}".encode()

    # ── what the connection hears (brokers.redis.subscription.Listener) ─────

    def on_message(self, name: bytes, data: bytes) -> None:
        """Deliver what somebody published to the clients of this node."""
        channel = self._channels.get(name)
        if channel is not None:
            said = Publication(data, kind_of(data), time=self._clock.epoch_ms())
            self._hub.deliver(channel, said)

    def on_restored(self) -> None:
        """Note that messages may have been lost: nobody can bring them back."""
        _log.warning("pubsub source was interrupted", prefix=self._settings.prefix)


def _said(reply: object) -> Stored:
    """Return what is known of a message that is not kept anywhere."""
    return Stored(Position("", 0))
