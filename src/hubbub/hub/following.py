"""Which channels this node follows, and why: from the first subscriber to the end of the linger time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import islice

import structlog

from hubbub.brokers.contract import Broker, Entry
from hubbub.errors import LIMIT_EXCEEDED, BrokerUnavailable, Refused
from hubbub.hub.channels import Channel, Step
from hubbub.hub.contract import Outlet
from hubbub.hub.patterns import Patterns, PatternTable, carried, prefix_of
from hubbub.hub.permissions.namespaces import Namespace, Namespaces
from hubbub.hub.settings import HubSettings
from hubbub.model import ChannelName

_log = structlog.get_logger(__name__)

SPARE_LOOKS = 100
"""Channels without subscribers of their own that are looked at when room is needed."""


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
        "_ending",
        "_namespaces",
        "_settings",
        "_settle",
        "_spare",
        "_vacant",
        "outlets",
        "patterns",
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
        self._ending = False
        self._spare: dict[ChannelName, None] = {}
        self._vacant: dict[ChannelName, float] = {}
        self.outlets = outlets
        self.patterns = PatternTable()

    def __len__(self) -> int:
        return len(self._channels)

    def __iter__(self) -> Iterator[Channel]:
        return iter(list(self._channels.values()))

    def occupied(self) -> Iterator[tuple[ChannelName, int]]:
        """Iterate the channels that somebody on this node follows by their name, with how many do."""
        return (
            (name, count)
            for name, channel in self._channels.items()
            if (count := len(channel.audience)) and channel not in self.patterns
        )

    def get(self, name: ChannelName) -> Channel | None:
        """Return a followed channel."""
        return self._channels.get(name)

    def add(self, name: ChannelName) -> Channel:
        """Begin to follow a channel, or a pattern; the caller runs `establish`.

        Raises Refused for a bad name, or when this node follows too many.
        """
        namespace = self.options(name)
        is_pattern = namespace.is_pattern(name)
        if is_pattern and len(self.patterns) >= self._settings.pattern_limit:
            raise Refused(LIMIT_EXCEEDED, "this node follows as many patterns as it may")
        channel = self._take_in(name, namespace, self._settings.ring_size)
        if is_pattern:
            self.patterns.add(channel)
            for other in self._channels.values():
                other.patterns = self._patterns_of(other)
        return channel

    def adopt(self, name: ChannelName, entry: Entry) -> Channel | None:
        """Begin to follow a channel of which a pattern brought `entry`; None where it cannot be.

        What is lost later will be found and repaired as in every channel.
        """
        try:
            namespace = self.options(name)
            if not namespace.logged or self._is_foreign(namespace):
                return None
            channel = self._take_in(name, namespace, ring_size=0)
        except Refused:
            return None
        channel.adopt(entry)
        self._spare[name] = None
        return channel

    def _take_in(self, name: ChannelName, namespace: Namespace, ring_size: int) -> Channel:
        if len(self._channels) >= self._settings.channel_limit:
            self._make_room()
        if len(self._channels) >= self._settings.channel_limit:
            raise Refused(LIMIT_EXCEEDED, "this node follows as many channels as it may")
        channel = self._channels[name] = Channel(name, namespace, ring_size)
        channel.patterns = self._patterns_of(channel)
        return channel

    def _make_room(self) -> None:
        """Drop what nobody needs: what lingers, and some quiet channels that only patterns match."""
        self.drop_vacant(math.inf)
        for name in list(islice(self._spare, SPARE_LOOKS)):
            channel = self._channels[name]
            if channel.quiet and channel.is_live() and not channel.is_wanted():
                self.drop(channel)
            else:
                del self._spare[name]
                self._spare[name] = None  # others first, the next time

    def _patterns_of(self, channel: Channel) -> Patterns:
        return () if channel in self.patterns else self.patterns.matching(channel.name)

    def options(self, name: ChannelName) -> Namespace:
        """Return a channel's options, as far as they can be kept. Raises Refused for a bad name."""
        namespace = self._namespaces.resolve(name)
        if namespace.is_pattern(name):
            return _live_only(namespace)
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
            self._give_up(channel)
            settled = channel.settled = channel.settled or _future()
            settled.set_exception(fault)
            settled.exception()  # asked for here, so that asyncio does not complain where nobody waits
            return
        channel.move(Step.SYNCED)
        self._settle(channel)

    def _give_up(self, channel: Channel) -> None:
        if channel in self.patterns:
            self.end_pattern(channel, -math.inf)  # it never brought anything
        else:
            self.drop(channel)

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
        """Follow a channel no longer; of a pattern, nothing must depend on it."""
        name = channel.name
        del self._channels[name]
        self._vacant.pop(name, None)
        self._spare.pop(name, None)
        if channel in self.patterns:
            self.patterns.remove(channel)
            self._broker.feed.unsubscribe_prefixes([prefix_of(channel)])
        elif self._is_foreign(channel.namespace):
            self.outlets[channel.namespace.source].unfollow(name)
        if channel.by_name:
            self._broker.feed.unsubscribe([name])

    def check_vacancy(self, channel: Channel, now: float) -> None:
        """Note whether a channel has nobody; `now` is monotonic seconds."""
        name = channel.name
        if self._channels.get(name) is not channel:
            return
        self._vacant.pop(name, None)
        self._spare.pop(name, None)
        if channel.is_wanted():
            return
        if channel.patterns:
            self._spare[name] = None
        else:
            self._vacant[name] = now

    def drop_vacant(self, now: float) -> None:
        """Drop the channels that are overdue; patterns are ended with more care (`endings.py`)."""
        for channel in self.overdue(now):
            if channel not in self.patterns:
                self.drop(channel)

    def overdue(self, now: float) -> list[Channel]:
        """Return what had nobody for the linger time, and to which nobody is on the way."""
        before = now - self._settings.linger_s
        overdue = [self._channels[name] for name, since in self._vacant.items() if since <= before]
        return [channel for channel in overdue if channel.is_live() and not channel.arriving]

    def depends(self, channel: Channel) -> bool:
        """Tell whether the feed brings a channel for the sake of patterns only."""
        return self._is_fed(channel) and not channel.by_name

    def end_pattern(self, pattern: Channel, now: float) -> None:
        """Follow a pattern no longer, and nothing that nobody follows and that only it brought."""
        self.drop(pattern)
        for channel in list(self._channels.values()):
            if pattern not in channel.patterns:
                continue
            channel.patterns = self._patterns_of(channel)
            if self.depends(channel) and not carried(channel) and not channel.is_wanted():
                self.drop(channel)
            else:
                self.check_vacancy(channel, now)

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
        if channel in self.patterns:
            await self._broker.feed.subscribe_prefixes([prefix_of(channel)])
            return
        if self._is_foreign(channel.namespace):
            await self.outlets[channel.namespace.source].follow(channel.name)
        if self._is_fed(channel) and not carried(channel):
            channel.by_name = True
            await self._broker.feed.subscribe([channel.name])


@lru_cache
def _live_only(namespace: Namespace) -> Namespace:
    """Return options of a pattern: no positions, and nobody is a member of it."""
    return replace(
        namespace,
        ephemeral=True,
        presence=False,
        join_leave=False,
        occupancy_hooks=False,
        delta=False,
        source="",
    )


@lru_cache
def _unlogged(namespace: Namespace) -> Namespace:
    """Return options that promise nobody to get back what was missed."""
    return replace(namespace, history_size=0)


def _future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()
