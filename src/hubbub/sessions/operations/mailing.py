"""The ready-made operations of inboxes: what a user may do with the own one and others', and the answers.

They are the same for a session and for a request over HTTP that shows whose it is.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec
from msgspec import Struct, structs

from hubbub.dialects import contract as say
from hubbub.dialects.inbox import Acknowledge, CountUnread, InboxCommand, MarkRead, Pull, Send
from hubbub.errors import NOT_AVAILABLE, PERMISSION_DENIED, Refused
from hubbub.hub.inbox import answers
from hubbub.hub.inbox.inbox import Inbox
from hubbub.hub.inbox.values import inbox_of
from hubbub.hub.permissions.namespaces import Audience
from hubbub.hub.permissions.permission import Operation
from hubbub.hub.stepping import apart, start
from hubbub.model import ChannelName, ClientInfo, UserId
from hubbub.sessions.gate import Gate
from hubbub.sessions.hooks import Client, PublishAsk
from hubbub.sessions.identity import Identity
from hubbub.sessions.session import Session

PULL_LIMIT = 300
"""Messages that a client pulls at once."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Who uses an inbox.

    Args:
        info: who it is to others. identity: who it is, and what it was granted. client: how hooks see it.
        device: which of the user's devices it is.
    """

    info: ClientInfo
    identity: Identity
    client: Client
    device: str = ""

    @property
    def user(self) -> UserId:
        """Return whose inbox it is. Raises Refused (103) for somebody without a name."""
        if not self.info.user:
            raise Refused(PERMISSION_DENIED, "whoever has an inbox has a name")
        return self.info.user


async def answer(inbox: Inbox, gate: Gate, who: Correspondent, command: InboxCommand) -> Struct:
    """Do what is asked, and return the answer. Raises Refused, BrokerUnavailable, and what a hook raises."""
    match command:
        case Send():
            return await _send(inbox, gate, who, command)
        case Acknowledge(_, upto, offsets, device, epoch):
            known = who.device if device is None else device
            done = await inbox.acknowledge(who.user, known, upto=upto, offsets=offsets, epoch=epoch)
            return answers.acknowledged(done)
        case MarkRead(upto, _, sender, epoch):
            return answers.position(await inbox.read(who.user, upto, sender, epoch))
        case CountUnread():
            return answers.unread(await inbox.unread(who.user))
        case Pull(_, limit, since, device, take):
            most = min(limit or PULL_LIMIT, PULL_LIMIT)
            page = await inbox.pull(who.user, most, since=since, device=device, take=take)
            return answers.pulled(page)


async def _send(inbox: Inbox, gate: Gate, who: Correspondent, command: Send) -> Struct:
    channel, tags, key = inbox_of(command.user), None, command.key
    permit(inbox, gate, who, channel)
    if inbox.settings.send_hook and gate.hooks.publish is not None:
        ask = PublishAsk(who.client, channel, command.data, command.kind)
        grant = await apart(gate.hooks.publish(ask))
        if grant.data is not None:
            command = structs.replace(command, data=grant.data, kind=grant.kind)
        tags, key = grant.tags, command.key or grant.key
    sent = await inbox.send(
        command.user, command.data, command.kind, sender=who.info, key=key, tags=tags
    )
    return answers.sent(sent)


def permit(inbox: Inbox, gate: Gate, who: Correspondent, channel: ChannelName) -> None:
    """Return where somebody may send to an inbox, as far as no hook is asked. Raises Refused."""
    if inbox.settings.send_hook:
        if gate.hooks.publish is None:
            raise Refused(NOT_AVAILABLE, "the application has no publish hook")
    elif not _may_send(inbox, gate, who, channel):
        raise Refused(PERMISSION_DENIED, "sending to users is not for you")


def _may_send(inbox: Inbox, gate: Gate, who: Correspondent, channel: ChannelName) -> bool:
    audience = inbox.settings.senders(is_open=gate.trusting)
    if audience is Audience.EVERYONE or (audience is Audience.USERS and who.info.user):
        return True
    return any(each.covers(channel, Operation.PUBLISH) for each in who.identity.permissions)


# ── sessions ────────────────────────────────────────────────────────────────────────────────────


def correspondent(session: Session) -> Correspondent:
    """Return who a session is to inboxes."""
    return Correspondent(session.info, session.identity, session.client(), session.device or "")


def mail(session: Session, command: InboxCommand) -> asyncio.Future[None]:
    """Do what a client asks about inboxes."""
    return start(_mail(session, command))


async def _mail(session: Session, command: InboxCommand) -> None:
    services = session.services
    said = await answer(services.inbox, services.gate, correspondent(session), command)
    session.reply(command, say.Answered(_encode(said)))
