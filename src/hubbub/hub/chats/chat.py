"""What people do in channels beside publishing: they amend what was said, and are seen to write and read."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from hubbub.brokers.contract import Stored
from hubbub.clock import Clock
from hubbub.dialects.chat import Amend
from hubbub.dialects.kinds import KIND, Act, Notice, kind_of
from hubbub.errors import NOT_AVAILABLE, PERMISSION_DENIED, TOO_MANY_REQUESTS_ERROR, Refused
from hubbub.hub.chats.amendments import Amender, Amendments
from hubbub.hub.chats.mentions import NOBODY, Mentions, mentioned, named
from hubbub.hub.chats.notices import Notices, Subject, Word
from hubbub.hub.chats.people import People, Status
from hubbub.hub.chats.receipts import Cursor, Receipts
from hubbub.hub.envelope import Published, encode
from hubbub.hub.hub import Hub
from hubbub.hub.inbox.inbox import Inbox
from hubbub.model import ChannelName, ClientInfo, Kind, Position, Publication

TYPING_S: Final = 6
"""Seconds for which somebody counts as writing who does not say so again."""

_json = msgspec.json.Encoder().encode
_TYPING: Final = _json({"typing": True, "for_s": TYPING_S})
_TYPED: Final = _json({"typing": False})
_NOTICES: Final = frozenset(each.value for each in Notice)


class Chat:
    """Let users of this node do what chats are made of.

    Args:
        hub: the channels. inbox: the inboxes, where mentions go. clock: the time.
    """

    def __init__(self, hub: Hub, inbox: Inbox, clock: Clock) -> None:
        self.receipts = Receipts(hub, hub.broker)
        self.people = People(hub, clock, self._show_online)
        self.mentions = Mentions(inbox, hub, self.people, self.receipts)
        self._amendments = Amendments(hub, hub.broker)
        self._hub = hub
        self._clock = clock
        self._notices = Notices()
        hub.delivery.heard = self._heard

    async def amend(self, amend: Amend, amender: Amender) -> Stored:
        """Amend a message, and tell whom an edit mentions. See `Amendments.amend`."""
        channel, info, users = amend.channel, amender.info, NOBODY
        namespace = self._hub.namespaces.resolve(channel)
        if amend.act is Act.EDIT:  # looked at first: what is refused must not be stored
            users = mentioned(namespace, channel, amend.data, amend.kind, info)
        stored, message = await self._amendments.amend(amend, amender)
        if users:
            users -= named(namespace, message.data, message.kind)
            at = Position(stored.position.epoch, amend.about)
            await self.mentions.tell(users, channel, at, info)
        return stored

    def typing(self, channel: ChannelName, info: ClientInfo, *, on: bool) -> None:
        """Show the others in a channel that somebody is writing something, or no more.

        Raises Refused: 108 where the namespace does not have it, 111 where too many users of this node write
        at once, in the channel or anywhere, or this one in too many channels.
        """
        if not self._hub.namespaces.of_one(channel).typing:
            raise Refused(NOT_AVAILABLE, "this channel does not show who is writing")
        subject = _subject(channel, Notice.TYPING, info)
        if on:
            self._offer(subject, Word(_TYPING, info, TYPING_S, _TYPED))
        elif subject in self._notices:
            self._offer(subject, Word(_TYPED, info))

    async def mark(
        self, channel: ChannelName, info: ClientInfo, *, read: int = 0, received: int = 0
    ) -> Cursor:
        """Note up to where somebody has read and received a channel, and show it to the others there.

        Raises as `Receipts.mark` does, and Refused (103) for somebody without a name.
        """
        if not info.user:
            raise Refused(PERMISSION_DENIED, "who has no name is not remembered")
        now, before = await self.receipts.mark(channel, info.user, read, received)
        if before is not None:
            if now.read > before.read:
                word = Word(_json({"offset": now.read}), info)
                self._show(_subject(channel, Notice.READ, info), word)
            elif now.received > before.received:  # what is read is received
                word = Word(_json({"offset": now.received}), info)
                self._show(_subject(channel, Notice.RECEIVED, info), word)
        return now

    async def describe(self, channel: ChannelName, info: ClientInfo, status: Status) -> None:
        """Keep the status that somebody gives, and show it to the others in a channel.

        Raises Refused: 103 for somebody without a name, 108 where there are none.
        """
        if not info.user:
            raise Refused(PERMISSION_DENIED, "who has no name is not remembered")
        await self.people.describe(channel, info.user, status)
        self._show(_subject(channel, Notice.STATUS, info), Word(_json(status), info))

    def said(self, channel: ChannelName, info: ClientInfo) -> None:
        """Learn that somebody published a message, upon which nobody takes them for writing any more."""
        if self._notices:
            self._notices.end(_subject(channel, Notice.TYPING, info))

    def tick(self) -> None:
        """Say what is due; called about once a second."""
        for subject, word in self._notices.due(self._clock.monotonic()):
            self._say(subject, word)
        self.people.tick()

    def _show_online(
        self, channel: ChannelName, info: ClientInfo, online: bool, seen_ms: int
    ) -> None:
        data = _json({"online": True} if online else {"online": False, "seen": seen_ms})
        self._show(_subject(channel, Notice.ONLINE, info), Word(data, info))

    def _show(self, subject: Subject, word: Word) -> None:
        # Nothing is lost where there is no room for it: it can be asked for.
        if self._notices.has_room(subject):
            self._offer(subject, word)

    def _offer(self, subject: Subject, word: Word) -> None:
        if not self._notices.has_room(subject):
            raise Refused(TOO_MANY_REQUESTS_ERROR, "too many users are writing; try again")
        if self._notices.offer(subject, word, self._clock.monotonic()):
            self._say(subject, word)

    def _heard(self, channel: ChannelName, notice: Publication) -> None:
        """Learn what was said of somebody, on this node or another one."""
        sender, kind = notice.sender, kind_of(notice)
        if sender is None or kind not in _NOTICES:
            return
        holds = notice.data == _TYPING
        word = Word(notice.data, sender, TYPING_S if holds else 0.0, _TYPED if holds else b"")
        subject = _subject(channel, Notice(kind), sender)
        self._notices.hear(subject, word, self._clock.monotonic())

    def _say(self, subject: Subject, word: Word) -> None:
        now = self._clock.epoch_ms()
        said = Published(
            word.data, Kind.JSON, word.info, {KIND: subject.notice}, "", now, made=True
        )
        announced = self._hub.broker.feed.announce(subject.channel, encode(said))
        announced.add_done_callback(_forget)


def _subject(channel: ChannelName, notice: Notice, info: ClientInfo) -> Subject:
    # Somebody without a name is known by the session; no user's name has a line break.
    return Subject(channel, notice, info.user or f"\n{info.session}")


def _forget(announced: asyncio.Future[None]) -> None:
    """Let a notice be lost: the next one says what is true then."""
    if not announced.cancelled():
        announced.exception()
