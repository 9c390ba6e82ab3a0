"""The ready-made operations of chats: what a client may do, and what it is answered."""

from __future__ import annotations

import asyncio

import msgspec
from msgspec import Struct, structs

from hubbub.brokers.contract import Stored
from hubbub.dialects import contract as say
from hubbub.dialects.chat import Amend, Typing
from hubbub.dialects.kinds import Act, tags_of
from hubbub.dialects.positions import format_position
from hubbub.errors import NOT_AVAILABLE, PERMISSION_DENIED, Refused
from hubbub.hub.amendments import Amender, require_act
from hubbub.hub.grants import allow, may
from hubbub.hub.namespaces import Namespace
from hubbub.hub.permission import Operation
from hubbub.hub.stepping import apart, start
from hubbub.sessions.hooks import PublishAsk
from hubbub.sessions.session import Session

_encode = msgspec.json.Encoder().encode
_DONE = say.Answered(b"{}")


class _Amended(Struct):
    offset: int
    epoch: str
    position: str


def typing(session: Session, command: Typing) -> None:
    """Show the others in a channel that the client's user is writing something, or no more."""
    services, channel = session.services, command.channel
    namespace = services.hub.namespaces.resolve(channel)
    standing = session.standing(channel)
    if not standing.subscribed:
        raise Refused(PERMISSION_DENIED, "who writes in a channel follows it")
    if not namespace.publish_hook:  # that one is asked when it is written
        allow(namespace, channel, Operation.PUBLISH, standing)
    services.chat.typing(channel, session.info_in(channel), on=command.on)
    session.reply(command, _DONE)


def amend(session: Session, command: Amend) -> asyncio.Future[None]:
    """Edit or delete a message, or react to it; answered when the broker has that."""
    channel = command.channel
    namespace = session.services.hub.namespaces.resolve(channel)
    require_act(namespace, command.act)
    standing = session.standing(channel)
    moderates = command.act is Act.DELETE and may(namespace, channel, Operation.MODERATE, standing)
    if not (moderates or namespace.publish_hook):
        allow(namespace, channel, Operation.PUBLISH, standing)
    return start(_amend(session, command, namespace, moderates=moderates))


async def _amend(
    session: Session, command: Amend, namespace: Namespace, *, moderates: bool
) -> None:
    if namespace.publish_hook:
        said = await _asked(session, command)
        if session.gone:
            return
    else:
        said = command
    amender = Amender(session.info_in(command.channel), moderates)
    stored = await session.services.chat.amendments.amend(said, amender)
    session.reply(command, say.Answered(_encode(_amended(stored))))


async def _asked(session: Session, command: Amend) -> Amend:
    """Ask the application, which may have an edit read otherwise."""
    ask = session.services.hooks.publish
    if ask is None:
        raise Refused(NOT_AVAILABLE, "the application has no publish hook")
    tags = tags_of(command.act, command.about)
    question = PublishAsk(session.client(), command.channel, command.data, command.kind, tags)
    grant = await apart(ask(question))
    if grant.data is None or command.act is not Act.EDIT:
        return command
    return structs.replace(command, data=grant.data, kind=grant.kind)


def _amended(stored: Stored) -> _Amended:
    at = stored.position
    return _Amended(at.offset, at.epoch, format_position(at))
