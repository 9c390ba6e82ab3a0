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
from hubbub.errors import BrokerUnavailable
from hubbub.hub.hub import Hub
from hubbub.hub.permissions.namespaces import BOUNDARY
from hubbub.model import ChannelName, Position, Publication
from hubbub.sources.entries import plain_payload
from hubbub.sources.payloads import PAYLOAD_LIMIT, kind_of
from hubbub.sources.pulse import EVERY_S, PATIENCE_S, Pulse

_log = structlog.get_logger(__name__)

SILENT = "it gave no sign of life"


@dataclass(frozen=True, slots=True)
class PubsubSettings:
    """Say which Redis channels are which channels.

    Args:
        url: the Redis server.
        prefix: what a Redis channel's name begins with; the rest is the channel's name after its namespace.
        node: this process's name in CLIENT LIST.
        payload_limit: bytes of the largest message that is taken; larger ones are skipped.
        pulse_s, patience_s: seconds between two signs of life, and that one may take.
    """

    url: str
    prefix: str = ""
    node: str = ""
    payload_limit: int = PAYLOAD_LIMIT
    pulse_s: float = EVERY_S
    patience_s: float = PATIENCE_S


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
        self._channels: dict[bytes, tuple[ChannelName, ...]] = {}
        # What this node says to itself, so that it knows that it still hears.
        self._sign = f"hubbub:{settings.node}:pulse".encode()
        self._sign_heard = asyncio.Event()
        self._pulse = Pulse(self._listen, self._deaf, settings.pulse_s, settings.patience_s)

    async def start(self) -> None:
        """Connect both ways. Raises BrokerUnavailable."""
        name = f"hubbub:{self._settings.node}"
        try:
            await self._commands.open(f"{name}:pubsub-publisher")
            await self._subscription.open(f"{name}:pubsub", self)
            await self._subscription.subscribe([self._sign])
        except BaseException:
            await self.close()
            raise
        self._pulse.start()

    async def close(self) -> None:
        """End both connections."""
        await self._pulse.close()
        await self._subscription.close()
        await self._commands.close(1.0)

    def write(self, channel: ChannelName, publication: Publication) -> asyncio.Future[Stored]:
        """Publish a client's message as it is; it comes back like everybody's."""
        payload = plain_payload(publication)
        command = pack(("PUBLISH", self._name(channel), payload))
        # A second try could say it twice: whoever said it is told instead.
        return self._commands.send(command, _said, Again.NEVER, len(payload))

    async def follow(self, channel: ChannelName) -> None:
        """Hear a channel; return when Redis has confirmed it. Raises BrokerUnavailable."""
        name = self._name(channel)
        known = self._channels.get(name, ())
        if channel not in known:
            self._channels[name] = (*known, channel)
        await self._subscription.subscribe([name])

    def unfollow(self, channel: ChannelName) -> None:
        """Hear a channel no longer."""
        name = self._name(channel)
        others = tuple(one for one in self._channels.pop(name, ()) if one != channel)
        if others:
            self._channels[name] = others
        else:
            self._subscription.release(name)

    def _name(self, channel: ChannelName) -> bytes:
        """Return the Redis channel of a channel: its namespace is ours and means nothing there."""
        namespace, boundary, rest = channel.partition(BOUNDARY)
        named = boundary and namespace in self._hub.namespaces.named
        return f"{self._settings.prefix}{rest if named else channel}".encode()

    # ── what the connection hears (brokers.redis.subscription.Listener) ─────

    def on_message(self, name: bytes, data: bytes) -> None:
        """Deliver what somebody published to the clients of this node."""
        if name == self._sign:
            self._sign_heard.set()
            return
        channels = self._channels.get(name, ())
        if channels and len(data) > self._settings.payload_limit:
            _log.warning("pubsub message too large, skipped", channel=channels[0], bytes=len(data))
            return
        for channel in channels:
            said = Publication(data, kind_of(data), time=self._clock.epoch_ms())
            self._hub.deliver(channel, said)

    def on_restored(self) -> None:
        """Note that messages may have been lost: nobody can bring them back."""
        _log.warning("pubsub source was interrupted", prefix=self._settings.prefix)
        # It hears, and a sign that was said while it was away would be waited for in vain: this connection
        # would be given up as deaf, with whatever is said until the next one stands.
        self._sign_heard.set()

    # ── whether it hears at all ─────────────────────────────────────────────

    async def _listen(self) -> None:
        self._sign_heard.clear()
        try:
            await self._commands.send(pack(("PUBLISH", self._sign, b"")), int)
        except BrokerUnavailable as fault:
            _log.debug("pubsub source waits", fault=str(fault))
        await self._sign_heard.wait()

    def _deaf(self) -> None:
        """Give up the connections that stand and do nothing; those that do not stand are being made anew."""
        self._commands.drop(SILENT)
        self._subscription.drop(SILENT)


def _said(reply: object) -> Stored:
    """Return what is known of a message that is not kept anywhere."""
    return Stored(Position("", 0))
