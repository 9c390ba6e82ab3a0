"""The ready-made operations of chats: what a client may do, and what it is answered."""

from __future__ import annotations

import asyncio

import msgspec
from msgspec import Struct, structs

from hubbub.brokers.contract import Stored
from hubbub.dialects import contract as say
from hubbub.dialects.chat import Amend, Describe, Mark, People, Receipts, Rooms, Typing
from hubbub.dialects.kinds import Act, tags_of
from hubbub.dialects.positions import format_position
from hubbub.errors import NOT_AVAILABLE, PERMISSION_DENIED, Refused
from hubbub.hub.chats.amendments import Amender, require_act
from hubbub.hub.chats.people import Status, described
from hubbub.hub.permissions.grants import allow, may
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.permissions.permission import Operation
from hubbub.hub.stepping import apart, start
from hubbub.model import ChannelName
from hubbub.sessions.hooks import PublishAsk
from hubbub.sessions.session import Session

_encode = msgspec.json.Encoder().encode
_DONE = say.Answered(b"{}")


class _Cursor(Struct):
    read: int
    received: int


class _Room(Struct):
    unread: int
    more: bool
    read: int
    offset: int
    epoch: str


class _Why(Struct):
    code: int
    message: str


class _Refusal(Struct):
    error: _Why


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
    stored = await session.services.chat.amend(said, amender)
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


def mark(session: Session, command: Mark) -> asyncio.Future[None]:
    """Note up to where the client's user has received and read a channel."""
    _require_reader(session, command.channel)
    return start(_mark(session, command))


async def _mark(session: Session, command: Mark) -> None:
    channel, chat = command.channel, session.services.chat
    info = session.info_in(channel)
    now = await chat.mark(channel, info, read=command.read, received=command.received)
    session.reply(command, say.Answered(_encode(_Cursor(now.read, now.received))))


def receipts(session: Session, command: Receipts) -> asyncio.Future[None]:
    """Tell up to where the users of a channel have received and read it."""
    _require_reader(session, command.channel)
    return start(_receipts(session, command))


async def _receipts(session: Session, command: Receipts) -> None:
    found = await session.services.chat.receipts.of(command.channel)
    users = {user: _Cursor(each.read, each.received) for user, each in found.items()}
    session.reply(command, say.Answered(_encode({"users": users})))


def rooms(session: Session, command: Rooms) -> asyncio.Future[None]:
    """Tell how much the client's user has not read of some channels."""
    if not session.info.user:
        raise Refused(PERMISSION_DENIED, "who has no name is not remembered")
    return start(_rooms(session, command))


async def _rooms(session: Session, command: Rooms) -> None:
    told: dict[str, object] = {}
    asked: list[ChannelName] = []
    for channel, name in command.channels.items():
        try:
            _require_reader(session, channel)
            asked.append(channel)
        except Refused as refused:
            told[name] = _Refusal(_Why(refused.error.code, str(refused)))
    found = await session.services.chat.receipts.rooms(session.info.user, asked)
    for channel, room in zip(asked, found, strict=True):
        name = command.channels[channel]
        if isinstance(room, Refused):
            told[name] = _Refusal(_Why(room.error.code, str(room)))
        else:
            top = room.top
            told[name] = _Room(room.unread, room.more, room.read, top.offset, top.epoch)
    session.reply(command, say.Answered(_encode({"rooms": told})))


def people(session: Session, command: People) -> asyncio.Future[None]:
    """Tell who is in a channel or was."""
    services, channel = session.services, command.channel
    services.chat.people.require(channel)
    namespace = services.hub.namespaces.resolve(channel)
    allow(namespace, channel, Operation.PRESENCE, session.standing(channel))
    return start(_people(session, command))


async def _people(session: Session, command: People) -> None:
    found = await session.services.chat.people.of(command.channel)
    users = {user: described(person) for user, person in found.items()}
    session.reply(command, say.Answered(_encode({"users": users})))


def describe(session: Session, command: Describe) -> asyncio.Future[None]:
    """Give the client's user a status in a channel that it follows."""
    if not session.standing(command.channel).subscribed:
        raise Refused(PERMISSION_DENIED, "who has a status in a channel follows it")
    return start(_describe(session, command))


async def _describe(session: Session, command: Describe) -> None:
    status = Status(command.state, command.text)
    info = session.info_in(command.channel)
    await session.services.chat.describe(command.channel, info, status)
    session.reply(command, _DONE)


def _require_reader(session: Session, channel: ChannelName) -> None:
    """Return when the client sees what is published in a channel. Raises Refused (103, 108)."""
    services = session.services
    namespace = services.hub.namespaces.resolve(channel)
    services.chat.receipts.require(channel)
    standing = session.standing(channel)
    if not standing.subscribed:
        allow(namespace, channel, Operation.HISTORY, standing)


def _amended(stored: Stored) -> _Amended:
    at = stored.position
    return _Amended(at.offset, at.epoch, format_position(at))
