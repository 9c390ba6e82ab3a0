"""Sending to users, and what they have acknowledged and read."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b

import msgspec

from hubbub.brokers.records import WITH_CHANNEL, number_of
from hubbub.clock import Clock
from hubbub.dialects.kinds import KIND, Notice
from hubbub.errors import BAD_REQUEST_ERROR, LIMIT_EXCEEDED, Refused
from hubbub.hub.envelope import Published, encode
from hubbub.hub.hub import Hub
from hubbub.hub.inbox.cursors import (
    ahead_field,
    crowded_out,
    device_field,
    outdated,
    read_field,
    supernumerary,
    told_field,
)
from hubbub.hub.inbox.reading import RECORD, Reading
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.hub.inbox.values import (
    ID_TAG,
    TO_TAG,
    Acknowledgement,
    Page,
    Sent,
    device_of,
    has_inbox,
    inbox_of,
    is_message,
    sender_of,
)
from hubbub.model import ClientInfo, Kind, Position, UserId

SENDERS_LIMIT = 1000
"""Senders whose messages are read up to a place of their own."""

_json = msgspec.json.Encoder().encode
_RESERVED = frozenset({ID_TAG, TO_TAG})


class Inbox(Reading):
    """Keep the inboxes of all users.

    Args:
        hub: whose channels they are. settings: the bounds. clock: the time.
    """

    def __init__(self, hub: Hub, settings: InboxSettings, clock: Clock) -> None:
        super().__init__(hub, settings)
        self._clock = clock
        self.due: Callable[[UserId], Awaitable[None]] | None = None
        """Called before a message is stored, where the application wants to know what nobody acknowledges."""

    # ── sending ─────────────────────────────────────────────────────────────────────────────────

    async def send(
        self,
        user: UserId,
        data: bytes,
        kind: Kind = Kind.JSON,
        *,
        sender: ClientInfo | None = None,
        key: str = "",
        tags: dict[str, str] | None = None,
    ) -> Sent:
        """Put a message into a user's inbox; return when the broker has it, whoever is there.

        Args:
            data: the payload; valid JSON where `kind` says so. sender: who speaks.
            key: the message's name; the same one of the same sender, within 5 minutes, is the same message.
            tags: short strings beside it.

        Raises Refused (107), or BrokerUnavailable: then sending again with the same key is safe.
        """
        channel, who = inbox_of(user), sender.user if sender is not None else ""
        if _RESERVED & (tags or {}).keys():
            raise Refused(BAD_REQUEST_ERROR, f"the tags {ID_TAG} and {TO_TAG} are the server's")
        self._hub.namespaces.resolve(channel).check_data(data, kind)
        id = key or secrets.token_hex(8)
        once = _once(who, key) if key else ""
        if self.due is not None:
            await self.due(user)
        said = {**(tags or {}), ID_TAG: id}
        storing = [self._hub.publish(channel, data, kind, sender=sender, tags=said, key=once)]
        if sender is not None and self.keeps_copy(who, user):
            # In the same turn: the broker has it behind the message, and a retry mends what is missing.
            storing.append(
                self._hub.publish(
                    inbox_of(who),
                    data,
                    kind,
                    sender=sender,
                    tags={**said, TO_TAG: user},
                    exclude=sender.session,
                    key=f"{once} {user}" if once else "",
                )
            )
        stored, *_ = await asyncio.gather(*storing)
        return Sent(id, stored.position, stored.duplicate)

    def keeps_copy(self, sender: UserId, user: UserId) -> bool:
        """Tell whether what a user sends to another one is put into the sender's own inbox as well."""
        return self.settings.copies and has_inbox(sender) and sender != user

    # ── cursors ─────────────────────────────────────────────────────────────────────────────────

    async def acknowledge(
        self,
        user: UserId,
        device: str = "",
        *,
        upto: int = 0,
        offsets: Sequence[int] = (),
        epoch: str = "",
    ) -> Acknowledgement:
        """Note that a device has received all messages up to `upto`, and the single ones at `offsets`.

        Doing it twice, or in another order, changes nothing. `epoch` is the life of the inbox that offsets
        belong to, where the device knows it.

        Raises Refused (107) for what is not in the inbox yet, (112) for another epoch, (106) for too many
        single ones, and BrokerUnavailable.
        """
        known, fields, top = await self.known(inbox_of(user), epoch)
        if max(upto, *offsets, 0) > top.offset or min(upto, *offsets, 0) < 0:
            raise Refused(BAD_REQUEST_ERROR, f"the inbox ends at offset {top.offset}")
        before = known.device(device_of(device))
        now = before.taking(upto, offsets)
        if len(now.ahead) > self.settings.ahead:
            raise Refused(LIMIT_EXCEEDED, "acknowledge older messages first, up to an offset")
        record = RECORD + user
        writes: list[Awaitable[object]] = []
        for offset in now.ahead - before.ahead:
            field = ahead_field(top.epoch, device, offset)
            writes.append(self._records.put(record, field, b"1", WITH_CHANNEL))
        if now.upto:
            field = device_field(top.epoch, device)
            writes.append(self._records.raise_to(record, field, now.upto, WITH_CHANNEL))
            fields[field] = b"%d" % now.upto
        await asyncio.gather(*writes)
        gone = outdated(fields, top.epoch)
        if device not in known.devices:
            for name in supernumerary(known, device, self.settings.devices):
                gone.append(device_field(top.epoch, name))
                gone += [ahead_field(top.epoch, name, each) for each in known.device(name).ahead]
        crowd = crowded_out(known, device, len(now.ahead), self.settings.ahead)
        gone += [ahead_field(top.epoch, name, offset) for name, offset in crowd]
        await self._tidy(record, gone)
        return Acknowledgement(now.upto, len(now.ahead), top)

    async def read(
        self, user: UserId, upto: int, sender: UserId | None = None, epoch: str = ""
    ) -> Position:
        """Note that the user has read all messages up to `upto`, or (with `sender`) those of one sender.

        Returns the inbox's top. Raises as `acknowledge` does.
        """
        known, fields, top = await self.known(inbox_of(user), epoch)
        if not 0 <= upto <= top.offset:
            raise Refused(BAD_REQUEST_ERROR, f"the inbox ends at offset {top.offset}")
        if sender is not None:
            inbox_of(sender or "x")
            if sender not in known.read_of and len(known.read_of) >= SENDERS_LIMIT:
                raise Refused(LIMIT_EXCEEDED, "read up to an offset, without a sender")
        field = read_field(top.epoch, sender)
        now = await self._records.raise_to(RECORD + user, field, upto, WITH_CHANNEL)
        if now > number_of(fields.get(field)):
            self._show(user, now, sender)
        await self._tidy(RECORD + user, outdated(fields | {field: b"%d" % now}, top.epoch))
        return top

    def _show(self, user: UserId, upto: int, sender: UserId | None) -> None:
        """Let the user's devices know what is read; one that misses it asks for the counts some time."""
        data = _json({"offset": upto} if sender is None else {"offset": upto, "sender": sender})
        now = self._clock.epoch_ms()
        said = Published(data, Kind.JSON, None, {KIND: Notice.READ}, "", now, made=True)
        announced = self._hub.broker.feed.announce(inbox_of(user), encode(said))
        announced.add_done_callback(_forget)

    async def forget(self, user: UserId, device: str) -> None:
        """Forget a device, such as one that was logged out for ever."""
        known, _, top = await self.known(inbox_of(user))
        ahead = known.device(device).ahead
        names = [ahead_field(top.epoch, device, offset) for offset in ahead]
        await self._tidy(RECORD + user, [device_field(top.epoch, device), *names])

    # ── looking ─────────────────────────────────────────────────────────────────────────────────

    async def pull(
        self,
        user: UserId,
        limit: int,
        *,
        since: int | None = None,
        device: str | None = None,
        take: bool = False,
    ) -> Page:
        """Return what the user has not read, or what a `device` has not acknowledged; the oldest first.

        Args:
            limit: messages at most. since: the offset behind which to look, for the next page.
            take: whether what is returned counts as read from now on, or as acknowledged by the `device`;
                the next page needs no `since` then.

        Raises Refused (107) for `take` beside `since`, and BrokerUnavailable.
        """
        channel = inbox_of(user)
        if take and since is not None:
            raise Refused(BAD_REQUEST_ERROR, "take goes without since: nothing may be passed over")
        known, _, top = await self.known(channel)
        received = known.device(device_of(device)) if device is not None else None
        start = received.upto if received is not None else known.read
        page = await self.page(channel, start if since is None else since, limit, top)
        messages = [
            message
            for message in page.messages
            if is_message(message)
            and not (
                received.has(message.offset)
                if received is not None
                else known.is_read(message.offset, sender_of(message))
            )
        ]
        if take and page.upto > start:
            if device is None:
                await self.read(user, page.upto, epoch=top.epoch)
            await self.acknowledge(user, device or "", upto=page.upto, epoch=top.epoch)
        return Page(messages, page.upto, page.more, page.lost, top)

    async def told(self, user: UserId, upto: int, epoch: str) -> None:
        """Note that the application was told of what is overdue up to an offset."""
        await self._records.raise_to(RECORD + user, told_field(epoch), upto, WITH_CHANNEL)

    async def _tidy(self, record: str, fields: Sequence[str]) -> None:
        if fields:
            await self._records.remove(record, list(dict.fromkeys(fields)))


def _forget(announced: asyncio.Future[None]) -> None:
    """Let a notice be lost: the cursor is in the record."""
    if not announced.cancelled():
        announced.exception()


def _once(sender: UserId, key: str) -> str:
    """Return an idempotency key that is this sender's own."""
    return blake2b(f"{sender}\n{key}".encode(), digest_size=16).hexdigest()
