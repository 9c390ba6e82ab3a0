"""Users whom a message mentions find that in their inbox, whether or not they are there.

The namespace says which member of a JSON object lists them. What they find says where the message is, and not
what it says: a deleted message stays so. Only those are mentioned who may see the channel. Nobody knows which
tokens somebody has who is away: where a name alone does not let in, they have been let in before.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any, Final

import msgspec
import structlog
from msgspec import Struct

from hubbub.brokers.contract import Stored
from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.hub.chats.people import People
from hubbub.hub.chats.receipts import Receipts
from hubbub.hub.hub import Hub
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.permissions.grants import Standing, may, users_of
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.permissions.permission import Operation
from hubbub.hub.stepping import start
from hubbub.model import ChannelName, ClientInfo, Kind, Position, UserId

_log = structlog.get_logger(__name__)

MENTIONS_LIMIT: Final = 20
"""Users whom one message mentions."""
TAG: Final = "mention"
"""The tag that a mention has in the inbox: its channel."""

NOBODY: Final[frozenset[UserId]] = frozenset()

_encode = msgspec.json.Encoder().encode


class Mention(Struct, omit_defaults=True):
    """Say where somebody is mentioned, and by whom ("" : by nobody with a name)."""

    channel: ChannelName
    offset: int
    epoch: str
    user: UserId = ""


def mentioned(
    namespace: Namespace, channel: ChannelName, data: bytes, kind: Kind, sender: ClientInfo | None
) -> frozenset[UserId]:
    """Return the users whom a message mentions, but for its sender.

    A channel that its name limits to users mentions none but them. What is no list of names mentions nobody.
    Raises Refused (107) for too many.
    """
    names = named(namespace, data, kind)
    if len(names) > MENTIONS_LIMIT:
        raise Refused(BAD_REQUEST_ERROR, f"a message mentions {MENTIONS_LIMIT} users at most")
    limited, own = users_of(channel), sender.user if sender is not None else ""
    return frozenset(
        name for name in names if name and name != own and (not limited or name in limited)
    )


def named(namespace: Namespace, data: bytes, kind: Kind) -> frozenset[UserId]:
    """Return all names that a message lists as mentioned, however many."""
    if not namespace.mentions or kind is not Kind.JSON or data.lstrip()[:1] != b"{":
        return NOBODY
    try:
        return frozenset(_decoder(namespace.mentions).decode(data).names)
    except (msgspec.DecodeError, RecursionError):
        return NOBODY


class Mentions:
    """Put mentions into inboxes.

    Args:
        inbox: those of all users. hub: the channels. people, receipts: who was in channels.
    """

    __slots__ = ("_hub", "_inbox", "_people", "_receipts")

    def __init__(self, inbox: Inbox, hub: Hub, people: People, receipts: Receipts) -> None:
        self._hub = hub
        self._inbox = inbox
        self._people = people
        self._receipts = receipts

    def after(
        self,
        stored: asyncio.Future[Stored],
        users: frozenset[UserId],
        channel: ChannelName,
        sender: ClientInfo | None,
    ) -> asyncio.Future[Stored]:
        """Return a future that is done when a message is stored, and each of `users` has the mention."""
        return start(self._after(stored, users, channel, sender)) if users else stored

    async def _after(
        self,
        stored: asyncio.Future[Stored],
        users: frozenset[UserId],
        channel: ChannelName,
        sender: ClientInfo | None,
    ) -> Stored:
        result = await stored
        await self.tell(users, channel, result.position, sender)
        return result

    async def tell(
        self,
        users: frozenset[UserId],
        channel: ChannelName,
        at: Position,
        sender: ClientInfo | None,
    ) -> None:
        """Put the mention of a message into the inboxes of users who may see it, once however often.

        Raises BrokerUnavailable: then it may be done again.
        """
        if not at.offset:
            return  # it is nowhere to be found
        user = sender.user if sender is not None else ""
        data = _encode(Mention(channel, at.offset, at.epoch, user))
        key = f"{at.epoch}.{at.offset}.{channel}"
        seeing = await self._seeing(users, channel)
        await asyncio.gather(*(self._send(each, data, key, channel) for each in seeing))

    async def _seeing(self, users: frozenset[UserId], channel: ChannelName) -> frozenset[UserId]:
        """Return those of some users who may see a channel."""
        namespace = self._hub.namespaces.resolve(channel)
        if namespace.subscribe_hook:  # who is away cannot be asked about
            welcome: frozenset[UserId] = NOBODY
        else:
            welcome = frozenset(
                user
                for user in users
                if may(namespace, channel, Operation.SUBSCRIBE, Standing(user))
            )
        if welcome == users:
            return users
        return welcome | (users & await self._let_in(namespace, channel))

    async def _let_in(self, namespace: Namespace, channel: ChannelName) -> set[UserId]:
        """Return the users who are in a channel, or are known to have been."""
        known: set[UserId] = set()
        if namespace.people:  # members are among them
            known.update(await self._people.of(channel))
        elif namespace.presence:
            known.update(each.user for each in (await self._hub.members(channel)).values())
        if namespace.receipts:
            known.update(await self._receipts.of(channel))
        return known

    async def _send(self, user: UserId, data: bytes, key: str, channel: ChannelName) -> None:
        try:
            # Without a sender: whoever mentions somebody has no copy in an inbox.
            await self._inbox.send(user, data, key=key, tags={TAG: channel})
        except Refused as refused:
            _log.debug("nobody is mentioned", user=user, fault=str(refused))


@lru_cache(maxsize=64)
def _decoder(member: str) -> msgspec.json.Decoder[Any]:
    """Return a decoder that reads one member of a JSON object as `names`."""
    fields: list[tuple[str, Any, Any]] = [("names", list[str], msgspec.field(default_factory=list))]
    return msgspec.json.Decoder(msgspec.defstruct("Names", fields, rename={"names": member}))
