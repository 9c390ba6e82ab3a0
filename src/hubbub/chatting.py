"""How a program that has an app takes part in chats: it edits, deletes and reacts, and is seen to write."""

from __future__ import annotations

import asyncio

from hubbub.brokers.contract import Stored
from hubbub.dialects.chat import Amend
from hubbub.dialects.kinds import Act
from hubbub.dialects.operations import reaction_data
from hubbub.errors import Refused
from hubbub.hooks.returns import payload
from hubbub.hub.chats.amendments import Amender
from hubbub.hub.chats.chat import Chat
from hubbub.hub.chats.people import Person, Status
from hubbub.hub.chats.receipts import Cursor, Room
from hubbub.model import ClientInfo, Kind


class Chatter:
    """Do in channels what chats are made of; permissions are not asked: the application decides.

    Each raises Refused: 108 where the namespace does not have it or the message is not there, 107 for what is
    no message. `user` is who is shown to have done it ("" : nobody).
    """

    chat: Chat
    """What people do in channels beside publishing."""

    async def edit(
        self,
        channel: str,
        offset: int,
        data: object,
        kind: Kind = Kind.JSON,
        *,
        user: str = "",
        key: str = "",
    ) -> Stored:
        """Edit the message at an offset, whoever published it. `data` is what `publish` takes."""
        said, kind = payload(data, kind)
        amend = Amend(channel, Act.EDIT, offset, data=said, kind=kind, key=key)
        return await self._amend(amend, user)

    async def delete(self, channel: str, offset: int, *, user: str = "") -> Stored:
        """Delete the message at an offset, whoever published it."""
        return await self._amend(Amend(channel, Act.DELETE, offset), user)

    async def react(
        self, channel: str, offset: int, reaction: str, *, user: str = "", removed: bool = False
    ) -> Stored:
        """React to the message at an offset, or take that back."""
        data = reaction_data(reaction, removed=removed)
        return await self._amend(Amend(channel, Act.REACTION, offset, data=data), user)

    def typing(self, channel: str, user: str, *, on: bool = True) -> None:
        """Show the others in a channel that a user is writing something, or no more."""
        asyncio.get_running_loop()
        self.chat.typing(channel, ClientInfo(user, ""), on=on)

    async def mark(self, channel: str, user: str, *, read: int = 0, received: int = 0) -> Cursor:
        """Note up to where a user has read and received a channel, and show it to the others there."""
        return await self.chat.mark(channel, ClientInfo(user, ""), read=read, received=received)

    async def receipts(self, channel: str) -> dict[str, Cursor]:
        """Return up to where each user has read and received a channel."""
        return await self.chat.receipts.of(channel)

    async def rooms(self, user: str, *channels: str) -> dict[str, Room | Refused]:
        """Return how much of each channel a user has not read, or why that cannot be told."""
        found = await self.chat.receipts.rooms(user, channels)
        return dict(zip(channels, found, strict=True))

    async def people(self, channel: str) -> dict[str, Person]:
        """Return who is in a channel and who was, when, and with which status; over all devices."""
        return await self.chat.people.of(channel)

    async def status(self, channel: str, user: str, *, state: str = "", text: str = "") -> None:
        """Give a user a status in a channel, and show it to the others there."""
        await self.chat.describe(channel, ClientInfo(user, ""), Status(state, text))

    async def _amend(self, amend: Amend, user: str) -> Stored:
        info = ClientInfo(user, "") if user else None
        return await self.chat.amend(amend, Amender(info, program=True))
