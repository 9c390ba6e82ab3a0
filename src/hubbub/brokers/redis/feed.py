"""The feed: which channels this node hears, and their frames in order, over one subscription connection."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from hubbub.brokers.redis.address import Address
from hubbub.brokers.redis.command import Again
from hubbub.brokers.redis.connection import Commands
from hubbub.brokers.redis.delivery import Delivery
from hubbub.brokers.redis.frames import encode_announcement
from hubbub.brokers.redis.keys import Layout
from hubbub.brokers.redis.link import pack
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.brokers.redis.subscription import Subscription
from hubbub.errors import BrokerUnavailable
from hubbub.model import ChannelName


class RedisFeed:
    """Carry entries and announcements from Redis to this node's receiver."""

    __slots__ = (
        "_by_prefix",
        "_channels",
        "_commands",
        "_delivery",
        "_layout",
        "_probe_wire",
        "_subscription",
    )

    def __init__(
        self, address: Address, settings: RedisSettings, commands: Commands, layout: Layout
    ) -> None:
        self._by_prefix = False
        self._channels: dict[bytes, ChannelName] = {}
        self._commands = commands
        self._delivery: Delivery | None = None
        self._layout = layout
        self._probe_wire = b""
        self._subscription = Subscription(address, settings)

    @property
    def reason(self) -> str:
        """Return why the feed is not heard, or nothing when it stands."""
        return self._subscription.reason

    async def open(self, name: str, delivery: Delivery, probe_channel: ChannelName) -> None:
        """Connect under a name for CLIENT LIST and hear the probe's channel.

        Raises BrokerUnavailable when that fails.
        """
        self._delivery = delivery
        self._probe_wire = self._layout.channel(probe_channel).wire
        await self._subscription.open(name, self)
        await self._subscription.subscribe([self._probe_wire])

    def drop(self, reason: str) -> None:
        """Give up the connection and make another one."""
        self._subscription.drop(reason)

    def take_heard(self) -> bool:
        """Tell whether anything arrived since the last call."""
        return self._subscription.take_heard()

    async def close(self) -> None:
        """End the connection."""
        await self._subscription.close()

    # ── the contract ────────────────────────────────────────────────────────

    async def subscribe(self, channels: Sequence[ChannelName]) -> None:
        """Subscribe this node; return when Redis has confirmed every name.

        Raises BrokerUnavailable when that takes too long; the names are then unsubscribed, unless
        others wait.
        """
        wires = []
        for channel in channels:
            wire = self._layout.channel(channel).wire
            self._channels[wire] = channel
            wires.append(wire)
        try:
            await self._subscription.subscribe(wires)
        except BrokerUnavailable:
            for wire in wires:
                if not self._subscription.wants(wire):
                    self._channels.pop(wire, None)
            raise

    def unsubscribe(self, channels: Sequence[ChannelName]) -> None:
        """Stop the delivery of these channels."""
        for channel in channels:
            wire = self._layout.channel(channel).wire
            self._channels.pop(wire, None)
            self._subscription.release(wire)

    async def subscribe_prefixes(self, prefixes: Sequence[str]) -> None:
        """Subscribe this node to all channels whose names begin so; see `subscribe`."""
        self._by_prefix = True
        await self._subscription.subscribe_prefixes([self._layout.wires(each) for each in prefixes])

    def unsubscribe_prefixes(self, prefixes: Sequence[str]) -> None:
        """Stop the delivery for the sake of these prefixes."""
        for prefix in prefixes:
            self._subscription.release_prefix(self._layout.wires(prefix))

    def announce(self, channel: ChannelName, payload: bytes) -> asyncio.Future[None]:
        """Send an unstored message to subscribed nodes, in order with this node's publishes."""
        wire = self._layout.channel(channel).wire
        command = pack(("PUBLISH", wire, encode_announcement(payload)))
        return self._commands.send(command, _nothing, Again.NEVER, len(payload))

    # ── what the connection hears (subscription.Listener) ───────────────────

    def on_message(self, name: bytes, data: bytes) -> None:
        """Take a frame."""
        delivery = self._delivery
        if delivery is None:
            return
        channel = self._channels.get(name)
        if channel is not None:
            delivery.deliver(channel, data)
        elif name == self._probe_wire:
            delivery.take_probe(data)
        elif self._by_prefix:
            # Its name may have been released a moment ago, while a prefix goes on.
            with suppress(UnicodeDecodeError):
                delivery.deliver(self._layout.channel_of(name), data)

    def on_restored(self) -> None:
        """Pass on that the feed stands again."""
        if self._delivery is not None:
            self._delivery.on_restored()


def _nothing(reply: object) -> None:
    """Take PUBLISH's count of receivers, of which nothing follows."""
