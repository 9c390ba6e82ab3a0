"""Up to where users have received and read channels, and how much they have yet to read.

A cursor only grows, and belongs to one life of its channel. Two records have it, because it is asked for in
two ways; both are written with each mark, and a mark that failed half-way is mended by the next one:

    rooms:<user>         <epoch>:<channel> -> read                       what is unread, for one user
    receipts:<channel>   <epoch>:r:<user> -> read, and :d: -> received   who has read, in one channel

After its last change the first one lives as long as any message that was there then, the second one as long
as the channel's counter. Where nothing was published is nothing to read, and no record.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hubbub.brokers.contract import Broker
from hubbub.brokers.records import WITH_CHANNEL, Life, number_of
from hubbub.errors import BAD_REQUEST_ERROR, LIMIT_EXCEEDED, NOT_AVAILABLE, Refused
from hubbub.hub.hub import Hub
from hubbub.model import ChannelName, Position, Publication, UserId

COUNT_LIMIT = 100
"""Publications of a channel that are looked at to count what is unread."""
KNOWN_LIMIT = 20_000
"""Cursors that a node remembers, so that who marks the same again costs nothing."""
AT_ONCE = 20
"""Channels whose histories a node looks at side by side, for everybody who asks."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to which offset a user has received and read a channel."""

    read: int = 0
    received: int = 0

    def raised(self, read: int, received: int) -> Cursor:
        """Return it when as much as this is read and received; what is read is received."""
        return Cursor(max(self.read, read), max(self.received, received, read))


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a channel is unread.

    Args:
        unread: messages of others that are kept, not deleted, and not read. more: whether there are more.
        read: up to where the user has read. top: where the channel ends.
    """

    unread: int
    more: bool
    read: int
    top: Position


def messages_of_others(publications: Iterable[Publication], user: UserId) -> int:
    """Count the messages that somebody else published."""
    return sum(
        not each.made and (each.sender is None or each.sender.user != user) for each in publications
    )


def cursors_of(fields: Mapping[str, bytes], epoch: str) -> dict[UserId, Cursor]:
    """Return what a channel's record says of one of its lives."""
    found: dict[UserId, Cursor] = {}
    for name, value in fields.items():
        life, _, rest = name.partition(":")
        kind, _, user = rest.partition(":")
        if life == epoch:
            before, number = found.get(user, Cursor()), number_of(value)
            found[user] = before.raised(number, 0) if kind == "r" else before.raised(0, number)
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """What a node knows of a user in a channel; `shown` says whether others are to know it."""

    cursor: Cursor
    shown: bool


class Receipts:
    """Keep the cursors of users in channels.

    Args:
        hub: the channels. broker: who keeps them.
    """

    __slots__ = ("_broker", "_hub", "_known", "_life", "_turns")

    def __init__(self, hub: Hub, broker: Broker) -> None:
        self._hub = hub
        self._broker = broker
        kept_s = (each.history_ttl_s for each in hub.namespaces.every if each.receipts)
        self._life = Life(max(hub.settings.rooms_ttl_s, *kept_s, 0))
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._known: OrderedDict[tuple[UserId, ChannelName, str], _Known] = OrderedDict()

    def require(self, channel: ChannelName) -> None:
        """Return when a channel has receipts. Raises Refused (108, and for a bad name as `resolve`)."""
        if not self._hub.namespaces.of_one(channel).receipts:
            raise Refused(NOT_AVAILABLE, "this channel keeps no receipts")

    async def mark(
        self, channel: ChannelName, user: UserId, read: int, received: int
    ) -> tuple[Cursor, Cursor | None]:
        """Note up to where a user has read and received a channel.

        Returns the user's cursor now, and if it grew and others may know, what it was before.

        Raises Refused: 107 for what is beyond the channel's end, 106 for a user with too many channels, 108
        where there are no receipts. Raises BrokerUnavailable.
        """
        self.require(channel)
        top = await self._hub.past.top(channel, max(read, received))
        if max(read, received) > top.offset:
            raise Refused(BAD_REQUEST_ERROR, f"the channel ends at offset {top.offset}")
        key = (user, channel, top.epoch)
        known = self._known.get(key) or await self._look(channel, user, top.epoch)
        before, now = known.cursor, known.cursor.raised(read, received)
        kept = before
        if now != before:
            kept = await self._write(channel, user, top.epoch, now, shown=known.shown)
        self._known[key] = _Known(kept, known.shown)
        self._known.move_to_end(key)
        if len(self._known) > KNOWN_LIMIT:
            self._known.popitem(last=False)
        # Another node may have been told of more, and has shown it.
        return kept, before if known.shown and before != kept == now else None

    async def of(self, channel: ChannelName) -> dict[UserId, Cursor]:
        """Return the cursors of a channel's users. Raises Refused (108) and BrokerUnavailable."""
        self.require(channel)
        top = await self._hub.past.top(channel)
        return cursors_of(await self._broker.records.get(_readers(channel)), top.epoch)

    async def rooms(self, user: UserId, channels: Sequence[ChannelName]) -> list[Room | Refused]:
        """Return how much of each channel a user has not read, or why that cannot be told.

        Raises BrokerUnavailable.
        """
        read = await self._broker.records.get(_rooms(user))
        rooms: list[Room | Refused] = []
        for first in range(0, len(channels), AT_ONCE):
            some = channels[first : first + AT_ONCE]
            rooms += await asyncio.gather(*(self._count(each, user, read) for each in some))
            await asyncio.sleep(0)  # an embedded broker never waits, but others must get a turn
        return rooms

    async def _count(
        self, channel: ChannelName, user: UserId, read: Mapping[str, bytes]
    ) -> Room | Refused:
        try:
            self.require(channel)
            top = await self._hub.past.top(channel)
            cursor = number_of(read.get(_field(top.epoch, channel)))
            if cursor >= top.offset:
                return Room(0, False, cursor, top)
            since = Position("", cursor) if cursor else None
            async with self._turns:
                page = await self._hub.history(channel, COUNT_LIMIT, since, reverse=False)
        except Refused as refused:
            return refused
        found, top = page.publications, page.position
        more = bool(found) and found[-1].offset < top.offset
        return Room(messages_of_others(found, user), more, cursor, top)

    # ── records ─────────────────────────────────────────────────────────────────────────────────

    async def _look(self, channel: ChannelName, user: UserId, epoch: str) -> _Known:
        """Return what the records know, once there is room for more. Raises Refused (106)."""
        records = self._broker.records
        mine, theirs = await asyncio.gather(
            records.get(_rooms(user)), records.get(_readers(channel))
        )
        field = _field(epoch, channel)
        if field not in mine and len(mine) >= self._hub.settings.rooms_limit:
            await self._make_room(user, mine)
        old = [name for name in theirs if name.partition(":")[0] != epoch]
        # This node may not have heard yet that the channel was born again, and they are newer.
        if old and (await self._broker.log.tops([channel]))[0].epoch == epoch:
            await records.remove(_readers(channel), old)
        readers = cursors_of(theirs, epoch)
        cursor = readers.get(user, Cursor()).raised(number_of(mine.get(field)), 0)
        return _Known(cursor, user in readers or len(readers) < self._hub.settings.readers_limit)

    async def _make_room(self, user: UserId, mine: Mapping[str, bytes]) -> None:
        """Forget a user's cursors in channels that were born again since. Raises Refused (106)."""
        channels = [name.partition(":")[2] for name in mine]
        tops = await self._broker.log.tops(channels)
        living = {_field(top.epoch, each) for each, top in zip(channels, tops, strict=True)}
        old = [name for name in mine if name not in living]
        if not old:
            raise Refused(
                LIMIT_EXCEEDED, f"a user reads {self._hub.settings.rooms_limit} channels at most"
            )
        await self._broker.records.remove(_rooms(user), old)

    async def _write(
        self, channel: ChannelName, user: UserId, epoch: str, now: Cursor, *, shown: bool
    ) -> Cursor:
        """Write a cursor, and return what is kept: it may be further already."""
        records, room = self._broker.records, _readers(channel)
        writes = [records.raise_to(_rooms(user), _field(epoch, channel), now.read, self._life)]
        if shown:
            writes.append(records.raise_to(room, f"{epoch}:r:{user}", now.read, WITH_CHANNEL))
            writes.append(records.raise_to(room, f"{epoch}:d:{user}", now.received, WITH_CHANNEL))
        read, *rest = await asyncio.gather(*writes)
        return now.raised(read, rest[-1] if rest else 0)


def _rooms(user: UserId) -> str:
    return f"rooms:{user}"


def _readers(channel: ChannelName) -> str:
    return f"receipts:{channel}"


def _field(epoch: str, channel: ChannelName) -> str:
    return f"{epoch}:{channel}"
