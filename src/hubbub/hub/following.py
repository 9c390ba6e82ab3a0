"""Which channels this node follows, and why: from the first subscriber to the end of the linger time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import structlog

from hubbub.brokers.contract import Broker
from hubbub.errors import LIMIT_EXCEEDED, BrokerUnavailable, Refused
from hubbub.hub.channels import Channel, Step
from hubbub.hub.contract import Outlet
from hubbub.hub.namespaces import Namespace, Namespaces
from hubbub.hub.settings import HubSettings
from hubbub.model import ChannelName

_log = structlog.get_logger(__name__)


class Following:
    """Hold the followed channels, and bring each from nothing to live.

    Args:
        broker: where logged channels are subscribed.
        outlets: the owners of other channels, by source name.
        namespaces: options of channels.
        settings: bounds.
        settle: called when a channel has become live, to apply what was held and wake those who wait.
    """

    __slots__ = (
        "_broker",
        "_channels",
        "_namespaces",
        "_settings",
        "_settle",
        "_vacant",
        "outlets",
    )

    def __init__(
        self,
        broker: Broker,
        outlets: Mapping[str, Outlet],
        namespaces: Namespaces,
        settings: HubSettings,
        settle: Callable[[Channel], None],
    ) -> None:
        self._broker = broker
        self._namespaces = namespaces
        self._settings = settings
        self._settle = settle
        self._channels: dict[ChannelName, Channel] = {}
        self._vacant: dict[ChannelName, float] = {}
        self.outlets = outlets

    def __len__(self) -> int:
        return len(self._channels)

    def __iter__(self) -> Iterator[Channel]:
        return iter(list(self._channels.values()))

    def get(self, name: ChannelName) -> Channel | None:
        """Return a followed channel."""
        return self._channels.get(name)

    def add(self, name: ChannelName) -> Channel:
        """Begin to follow a channel; the caller runs `establish`.

        Raises Refused for a bad name, or when this node follows too many.
        """
        namespace = self.options(name)
        if len(self._channels) >= self._settings.channel_limit:
            self.drop_vacant(math.inf)
        if len(self._channels) >= self._settings.channel_limit:
            raise Refused(LIMIT_EXCEEDED, "this node follows as many channels as it may")
        channel = self._channels[name] = Channel(name, namespace, self._settings.ring_size)
        return channel

    def options(self, name: ChannelName) -> Namespace:
        """Return a channel's options, as far as its owner can keep them. Raises Refused for a bad name."""
        namespace = self._namespaces.resolve(name)
        return _unlogged(namespace) if self._is_foreign(namespace) else namespace

    async def establish(self, channel: Channel) -> None:
        """Take a channel from SUBSCRIBING to LIVE, or give it up and tell those who wait."""
        try:
            await self._listen(channel)
            channel.move(Step.CONFIRMED)
            if self.is_logged(channel):
                await self._find_top(channel)
        except Exception as fault:  # noqa: BLE001 - whoever waits must be told, whatever it was
            if not isinstance(fault, BrokerUnavailable):
                _log.error("channel cannot be followed", channel=channel.name, exc_info=fault)
            self.drop(channel)
            settled = channel.settled = channel.settled or _future()
            settled.set_exception(fault)
            settled.exception()  # asked for here, so that asyncio does not complain where nobody waits
            return
        channel.move(Step.SYNCED)
        self._settle(channel)

    async def _find_top(self, channel: Channel) -> None:
        while True:
            channel.suspect = False
            channel.jump((await self._broker.log.tops([channel.name]))[0])
            if not channel.suspect:
                return

    async def settled(self, channel: Channel) -> None:
        """Return when a channel is live. Raises what kept it from becoming so."""
        channel.settled = channel.settled or _future()
        await asyncio.shield(channel.settled)

    def drop(self, channel: Channel) -> None:
        """Follow a channel no longer."""
        del self._channels[channel.name]
        self._vacant.pop(channel.name, None)
        if self._is_foreign(channel.namespace):
            self.outlets[channel.namespace.source].unfollow(channel.name)
        if self._is_fed(channel):
            self._broker.feed.unsubscribe([channel.name])

    def check_vacancy(self, channel: Channel, now: float) -> None:
        """Note whether a channel has nobody; `now` is monotonic seconds."""
        if self._channels.get(channel.name) is not channel:
            return
        if channel.arriving == 0 and not len(channel.audience):
            self._vacant[channel.name] = now
        else:
            self._vacant.pop(channel.name, None)

    def drop_vacant(self, now: float) -> None:
        """Drop the channels that had nobody for the linger time, and to which nobody is on the way."""
        before = now - self._settings.linger_s
        for name in [name for name, since in self._vacant.items() if since <= before]:
            channel = self._channels[name]
            if channel.is_live() and not channel.arriving:
                self.drop(channel)

    def is_logged(self, channel: Channel) -> bool:
        """Tell whether a channel's publications come through the broker's log."""
        return channel.namespace.logged and not self._is_foreign(channel.namespace)

    def logged(self) -> list[Channel]:
        """Return the channels whose publications come through the broker's log."""
        return [channel for channel in self._channels.values() if self.is_logged(channel)]

    def _is_foreign(self, namespace: Namespace) -> bool:
        """Tell whether another system delivers a namespace's messages, which then have no log here."""
        return bool(namespace.source) and self.outlets[namespace.source].live

    def _is_fed(self, channel: Channel) -> bool:
        """Tell whether a channel needs the broker's feed: for its log, or for joins and leaves."""
        return not self._is_foreign(channel.namespace) or channel.namespace.presence

    async def _listen(self, channel: Channel) -> None:
        if self._is_foreign(channel.namespace):
            await self.outlets[channel.namespace.source].follow(channel.name)
        if self._is_fed(channel):
            await self._broker.feed.subscribe([channel.name])


@lru_cache
def _unlogged(namespace: Namespace) -> Namespace:
    """Return options that promise nobody to get back what was missed."""
    return replace(namespace, history_size=0)


def _future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()
