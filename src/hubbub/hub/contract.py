"""What the hub needs of those around it: subscribers on the left, owners of channels beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from hubbub.brokers.contract import Stored
from hubbub.dialects.contract import Resync, Subscribed
from hubbub.hub.encoding import Encoding
from hubbub.model import ChannelName, ClientInfo, Position, Publication


class Subscriber(Protocol):
    """A session as the hub sees it. Nothing here waits or raises."""

    info: ClientInfo
    write: Callable[[bytes], None]

    def info_in(self, channel: ChannelName) -> ClientInfo:
        """Return who it is to the members of a channel."""
        ...

    def is_seen_in(self, channel: ChannelName) -> bool:
        """Tell whether the members of a channel may know of it."""
        ...

    def resync(self, resync: Resync) -> None:
        """Learn that publications of a followed channel may be missing."""
        ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """A wish to follow a channel.

    Args:
        channel: its name.
        encoding: how its events are to be rendered.
        arrived: called in the very moment in which the subscriber becomes live, before any publication
            reaches it; returns False when there is nobody to be attached: the subscriber is gone meanwhile,
            or was live before and is only shown the channel in another way.
        since: the position from which the client comes back.
        recent: publications to be given where there is no `since`.
        reject_unrecovered: refuse (112) rather than start anew where `since` cannot be honoured.
    """

    channel: ChannelName
    encoding: Encoding
    arrived: Callable[[Subscribed], bool]
    since: Position | None = None
    recent: int = 0
    reject_unrecovered: bool = False


class Outlet(Protocol):
    """Another system that owns a channel's messages: publishing to the channel means writing there.

    `live` says that the other system also delivers (through `Hub.deliver`), so that the channel has no log.
    """

    live: bool

    def write(self, channel: ChannelName, publication: Publication) -> asyncio.Future[Stored]:
        """Write a client's message in the other system's own form; done when that system has it."""
        ...

    async def follow(self, channel: ChannelName) -> None:
        """Begin to listen for a channel; return when nothing said from now on is missed."""
        ...

    def unfollow(self, channel: ChannelName) -> None:
        """Stop listening for a channel."""
        ...


@dataclass(slots=True)
class Statistics:
    """Count what happened on this node since it started; read at scrape time."""

    published: int = 0
    delivered: int = 0
    entries: int = 0
    duplicates: int = 0
    heals: int = 0
    resyncs: int = 0
    recovered: int = 0
    unrecovered: int = 0
    unreadable: int = 0
    slow_disconnects: int = 0
    hooks_asked: int = 0
    hooks_failed: int = 0
    events_told: int = 0
    events_lost: int = 0
    channels: int = field(default=0)
    subscriptions: int = field(default=0)
