"""How a program that has an app sends to users, whoever of them is there."""

from __future__ import annotations

from hubbub.hooks.returns import payload
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.inbox.values import Sent
from hubbub.model import ClientInfo, Kind, UserId
from hubbub.sessions.hooks import Client


class Sender:
    """Send through inboxes that a running hub keeps."""

    inbox: Inbox
    """The inboxes of all users: what they have received, read, and not read yet."""

    async def send(
        self,
        user: UserId,
        data: object,
        kind: Kind = Kind.JSON,
        *,
        sender: Client | UserId = "",
        key: str = "",
        tags: dict[str, str] | None = None,
    ) -> Sent:
        """Put a message into a user's inbox; return when the broker has it, whoever is there.

        Args:
            data: bytes of that `kind`, a `str` where it is a text, or else what becomes JSON.
            sender: the user who speaks, or a session; the user's other devices get a copy.
            key: the message's id; the same one of the same sender, within 5 minutes, is the same message.
            tags: short strings beside it.

        Raises Refused for a name that no inbox can have, TypeError for what is no JSON, and BrokerUnavailable
        (then sending again with the same key is safe).
        """
        said, kind = payload(data, kind)
        if isinstance(sender, Client):
            info: ClientInfo | None = ClientInfo(sender.user, sender.session, sender.info)
        else:
            info = ClientInfo(sender, "") if sender else None
        return await self.inbox.send(user, said, kind, sender=info, key=key, tags=tags)
