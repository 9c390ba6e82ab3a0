"""Publishing: what a client may, what the application makes of it, and what makes a retry harmless."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any, Final

import msgspec

from hubbub.brokers.contract import Stored
from hubbub.dialects import contract as say
from hubbub.errors import NOT_AVAILABLE, BrokerUnavailable, Refused
from hubbub.hub.chats.mentions import mentioned
from hubbub.hub.permissions.grants import allow
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.permissions.permission import Operation
from hubbub.hub.stepping import apart, start
from hubbub.model import Kind
from hubbub.sessions.hooks import PublishAsk, PublishGrant
from hubbub.sessions.session import Session

CANCELLED = BrokerUnavailable("it was closed before it answered")

_AS_SAID: Final = PublishGrant()


def publish(session: Session, command: say.Publish) -> asyncio.Future[None] | None:
    """Publish to a channel; the reply comes when the broker has it, and publishing goes on meanwhile."""
    try:
        namespace = permitted(session, command)
        if namespace.publish_hook:
            return start(_ask_and_publish(session, command, namespace))
        return _publish(session, command, namespace, _AS_SAID)
    except Refused as fault:
        if not session.pending:
            raise
        return start(_refuse(session, fault))


def permitted(session: Session, command: say.Publish) -> Namespace:
    """Return the options of a channel to which a session may publish, as far as no hook is asked.

    Raises Refused.
    """
    namespace = session.services.hub.namespaces.resolve(command.channel)
    if not namespace.publish_hook:
        allow(namespace, command.channel, Operation.PUBLISH, session.standing(command.channel))
    elif session.services.hooks.publish is None:
        raise Refused(NOT_AVAILABLE, "the application has no publish hook")
    return namespace


async def _refuse(session: Session, fault: Exception) -> None:
    """Raise a fault when the publications before it are answered, so that answers keep their order."""
    await session.answered()
    raise fault


async def _ask_and_publish(session: Session, command: say.Publish, namespace: Namespace) -> None:
    ask = session.services.hooks.publish
    question = PublishAsk(session.client(), command.channel, command.data, command.kind)
    try:
        if ask is None:
            raise Refused(NOT_AVAILABLE, "the application has no publish hook")
        grant = await apart(ask(question))
        working = None if session.gone else _publish(session, command, namespace, grant)
    except Exception as fault:  # noqa: BLE001 - whoever asked is told, in turn
        await _refuse(session, fault)
        return
    if working is not None:
        await working


def _publish(
    session: Session, command: say.Publish, namespace: Namespace, grant: PublishGrant
) -> asyncio.Future[None] | None:
    changed = grant.data is not None
    data, kind = (grant.data or b"", grant.kind) if changed else (command.data, command.kind)
    namespace.check_data(data, kind)
    channel, sender = command.channel, session.info_in(command.channel)
    users = mentioned(namespace, channel, data, kind, sender)
    stored = session.services.hub.publish(
        channel,
        data,
        kind,
        sender=sender,
        tags=grant.tags if grant.tags is not None else command.tags,
        key=command.key or grant.key or _key(session, command, namespace),
        skip_history=grant.skip_history,
    )
    stored = session.services.chat.mentions.after(stored, users, channel, sender)
    if stored.done():
        _published(session, command, stored)
        return None
    weight = 1 + len(command.data) // 1024
    session.pending += weight
    stored.add_done_callback(partial(_settled, session, command, weight))
    if session.pending < session.services.limits.pending:
        return None
    return start(_wait_for(stored))


def _settled(
    session: Session, command: say.Publish, weight: int, stored: asyncio.Future[Stored]
) -> None:
    session.pending -= weight
    _published(session, command, stored)
    if session.settling is not None and not session.pending:
        settling, session.settling = session.settling, None
        if not settling.done():
            settling.set_result(None)


def _published(session: Session, command: say.Publish, stored: asyncio.Future[Stored]) -> None:
    fault = CANCELLED if stored.cancelled() else stored.exception()
    if fault is not None:
        session.fail(command, fault)
    else:
        services = session.services
        services.chat.said(command.channel, session.info)
        session.reply(command, say.Published(command.channel, stored.result().position))


async def _wait_for(stored: asyncio.Future[Stored]) -> None:
    await asyncio.wait([stored])


def _key(session: Session, command: say.Publish, namespace: Namespace) -> str:
    """Return the idempotency key of a message that carries a name, or "".

    It is made of all that was said and of who said it: a retry repeats every byte, while two messages that
    differ are never one, whatever their members are called.
    """
    if not namespace.message_id or command.kind is not Kind.JSON or command.data[:1] != b"{":
        return ""
    try:
        name = _named(namespace.message_id)(command.data).name
    except msgspec.DecodeError:
        return ""
    if not isinstance(name, str) or not name:
        return ""
    said = session.info.user.encode() + b"\n" + command.data  # no name has a newline
    return blake2b(said, digest_size=16).hexdigest()


@lru_cache(maxsize=64)
def _named(member: str) -> Callable[[bytes], Any]:
    """Return a decoder that reads one member of a JSON object as `name`."""
    shape = msgspec.defstruct("Named", [("name", Any, None)], rename={"name": member})
    return msgspec.json.Decoder(shape).decode
