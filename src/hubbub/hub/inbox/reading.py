"""Looking into inboxes: what is there, what is unread, and what nobody has acknowledged."""

from __future__ import annotations

import asyncio

from hubbub.brokers.contract import HistoryQuery
from hubbub.errors import UNRECOVERABLE_POSITION, Refused
from hubbub.hub.envelope import open_readable
from hubbub.hub.hub import Hub
from hubbub.hub.inbox.cursors import Cursors, cursors
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.hub.inbox.values import (
    Overdue,
    Page,
    Unread,
    device_of,
    inbox_of,
    is_message,
    sender_of,
)
from hubbub.model import ChannelName, Position, Publication, UserId

RECORD = "inbox:#"
"""What stands before a user in the name of the record of cursors: it ends in the channel it lives with."""
OVERDUE_LIMIT = 100
"""Messages that the application is told of at once."""


class Reading:
    """Read the inboxes of all users, and change nothing.

    Args:
        hub: whose channels they are. settings: the bounds.
    """

    def __init__(self, hub: Hub, settings: InboxSettings) -> None:
        self.settings = settings
        self._hub = hub
        self._log = hub.broker.log
        self._records = hub.broker.records

    async def position(self, user: UserId, device: str = "") -> Position:
        """Return up to where a device has acknowledged everything: from there on it catches up."""
        known, _, top = await self.known(inbox_of(user))
        return Position(top.epoch, min(known.device(device_of(device)).upto, top.offset))

    async def unread(self, user: UserId) -> Unread:
        """Count what the user has not read; what the user sent does not count."""
        channel = inbox_of(user)
        known, _, top = await self.known(channel)
        page = await self.page(channel, known.read, self.settings.count, top)
        senders: dict[UserId, int] = {}
        for message in page.messages:
            sender = sender_of(message)
            if is_message(message) and not known.is_read(message.offset, sender):
                senders[sender] = senders.get(sender, 0) + 1
        behind = max(0, top.offset - page.upto)
        total = sum(senders.values()) + behind
        return Unread(total, senders, page.lost, behind > 0, known.read, top)

    async def overdue(self, user: UserId, before_ms: int) -> Overdue:
        """Return what was sent before a time (milliseconds since 1970), and no device has acknowledged."""
        channel = inbox_of(user)
        known, _, top = await self.known(channel)
        start = max(known.told, known.acknowledged, known.read)
        page = await self.page(channel, start, OVERDUE_LIMIT, top)
        messages: list[Publication] = []
        upto, next_ms = page.upto, 0
        for message in page.messages:
            if message.time > before_ms:
                upto, next_ms = message.offset - 1, message.time
                break
            read = known.is_read(message.offset, sender_of(message))
            if not (not is_message(message) or read or known.is_acknowledged(message.offset)):
                messages.append(message)
        more = page.more and not next_ms
        unread = (await self.unread(user)).total if messages else 0
        return Overdue(user, messages, upto, more, next_ms, unread, top)

    async def known(
        self, channel: ChannelName, epoch: str = ""
    ) -> tuple[Cursors, dict[str, bytes], Position]:
        """Return a user's cursors, the record that they are in, and the inbox's top."""
        # Asked in this order: what the record says of other lives is then of earlier ones.
        fields, (top,) = await asyncio.gather(
            self._records.get(RECORD + channel[1:]), self._log.tops([channel])
        )
        if epoch and epoch != top.epoch:
            raise Refused(UNRECOVERABLE_POSITION, "the inbox was born again since")
        return cursors(fields, top.epoch), fields, top

    async def page(self, channel: ChannelName, since: int, limit: int, top: Position) -> Page:
        """Return kept messages behind an offset, and how many are not there any more."""
        if since >= top.offset or limit <= 0:
            return Page((), since, since < top.offset, 0, top)
        retention = self._hub.namespaces.resolve(channel).retention
        page = await self._log.history(channel, HistoryQuery(limit, since), retention)
        entries = [entry for entry in page.entries if entry.epoch == top.epoch]
        if not entries:
            return Page((), top.offset, False, top.offset - since, top)
        upto = entries[-1].offset
        lost = entries[0].offset - since - 1
        return Page(open_readable(entries), upto, upto < page.top.offset, lost, top)
