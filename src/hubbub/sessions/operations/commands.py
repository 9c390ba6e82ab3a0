"""What each command does: one short function per command, and the table that finds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hubbub.dialects import chat, inbox, queues
from hubbub.dialects import contract as say
from hubbub.errors import (
    BAD_REQUEST,
    EXPIRED_ERROR,
    NORMAL,
    NOT_AVAILABLE,
    PERMISSION_DENIED,
    ProtocolViolation,
    Refused,
)
from hubbub.hub.permissions.grants import allow
from hubbub.hub.permissions.permission import Operation
from hubbub.hub.stepping import apart, start
from hubbub.model import ChannelName
from hubbub.sessions.hooks import RpcAsk, RpcHook
from hubbub.sessions.operations import chatting, consuming
from hubbub.sessions.operations.caller import caller
from hubbub.sessions.operations.connecting import connect, vouch
from hubbub.sessions.operations.following import subscribe, unsubscribe
from hubbub.sessions.operations.mailing import mail
from hubbub.sessions.operations.publishing import publish
from hubbub.sessions.operations.vetting import vet
from hubbub.sessions.session import Session
from hubbub.sessions.subscription import Subscription


def opened(session: Session, command: say.Opened) -> None:
    """Tell a client, before it has said anything, what its connection is known as."""
    services = session.services
    limits = services.limits
    name = services.seal.secret(session.id)
    pong_s = max(1.0, limits.idle_s - limits.ping_interval_s)
    session.reply(command, say.Greeting(name, limits.ping_interval_s, pong_s))


def goodbye(session: Session, command: say.Goodbye) -> None:
    """Let a client go."""
    session.end(NORMAL)


def refresh(session: Session, command: say.Refresh) -> asyncio.Future[None]:
    """Take a newer token for the connection."""
    return start(_refresh(session, command))


async def _refresh(session: Session, command: say.Refresh) -> None:
    services = session.services
    identity = await services.gate.renew(session.identity, command.token, session)
    if session.gone:
        return
    session.become(identity)
    ttl_s = services.expiry.left_s(identity.expires_at) if identity.expires_at else None
    session.reply(command, say.Refreshed(session.id, ttl_s))


def sub_refresh(session: Session, command: say.SubRefresh) -> asyncio.Future[None]:
    """Take a newer token for a subscription."""
    subscription = session.following.get(command.channel)
    if subscription is None:
        raise Refused(PERMISSION_DENIED, "the channel is not followed")
    if not subscription.by_token:
        raise Refused(NOT_AVAILABLE, "this subscription did not begin with a token")
    return start(_sub_refresh(session, command, subscription))


async def _sub_refresh(
    session: Session, command: say.SubRefresh, subscription: Subscription
) -> None:
    services = session.services
    grant = await services.gate.by_subscription_token(command.channel, command.token, session)
    ttl_s = services.expiry.left_s(grant.expire_at) if grant.expire_at else None
    if ttl_s is not None and ttl_s <= 0:
        raise Refused(EXPIRED_ERROR)
    if session.following.get(command.channel) is not subscription:
        raise Refused(PERMISSION_DENIED, "the channel is not followed any more")
    session.prolong(command.channel, grant.expire_at, grant.info)
    session.reply(command, say.SubRefreshed(command.channel, ttl_s))


def history(session: Session, command: say.History) -> asyncio.Future[None]:
    """Read a page of history, after this session's own publications."""
    _allow(session, command.channel, Operation.HISTORY)
    return start(_history(session, command))


async def _history(session: Session, command: say.History) -> None:
    hub = session.services.hub
    page = await hub.history(command.channel, command.limit, command.since, command.reverse)
    session.reply(command, page)


def presence(session: Session, command: say.Presence) -> asyncio.Future[None]:
    """Tell who, or how many, are in a channel."""
    _allow(session, command.channel, Operation.PRESENCE)
    return start(_presence(session, command))


async def _presence(session: Session, command: say.Presence) -> None:
    members = await session.services.hub.members(command.channel)
    if command.counts_only:
        users = {info.user for info in members.values()}
        session.reply(command, say.Counts(command.channel, len(members), len(users)))
    else:
        session.reply(command, say.Members(command.channel, members))


def rpc(session: Session, command: say.Rpc) -> asyncio.Future[None]:
    """Let the application answer."""
    ask = session.services.hooks.rpc
    if ask is None:
        raise Refused(NOT_AVAILABLE, "the application answers no calls")
    return start(_rpc(session, command, ask))


async def _rpc(session: Session, command: say.Rpc, ask: RpcHook) -> None:
    answer = await apart(
        ask(RpcAsk(caller(session, command), command.method, command.data, command.kind))
    )
    session.reply(command, say.Answered(answer.data, answer.kind))


def respond(session: Session, command: say.Respond) -> asyncio.Future[None] | None:
    """Answer another client."""
    info = session.info
    response = say.Response(command.name, command.data, command.kind, command.tags, info.user)
    working = session.services.responses.bring(command.address, response)
    if working is not None:
        return start(_respond(session, command, working))
    session.reply(command, say.Settled())
    return None


async def _respond(session: Session, command: say.Respond, working: asyncio.Future[None]) -> None:
    await working
    session.reply(command, say.Settled())


def settle(session: Session, command: say.Settle) -> None:
    """Tell that all that was said before is done, as it is whenever a command has its turn."""
    session.reply(command, say.Settled())


def together(session: Session, command: say.Together) -> asyncio.Future[None]:
    """Do several commands one by one, unless one of them is sure to be refused."""
    vet(session, command.commands)
    return start(_together(session, command))


async def _together(session: Session, command: say.Together) -> None:
    for each in command.commands:
        if session.gone:
            return
        try:
            working = handle(session, each)
            if working is not None:
                await working
        except Exception as fault:  # noqa: BLE001 - whoever asked is told, as for any command
            session.fail(each, fault)
    await session.answered()
    session.reply(command, say.Settled())


def acknowledged(session: Session, command: say.Acknowledged) -> None:
    """Take an answer that came in turn; those come before it, and the session has handed them on."""


def pong(session: Session, command: say.Pong) -> None:
    """Take a sign of life; the session has noted it on arrival."""


def unsupported(session: Session, command: say.Unsupported) -> None:
    """Answer that this server does not offer it."""
    raise Refused(command.error)


def _allow(session: Session, channel: ChannelName, operation: Operation) -> None:
    namespace = session.services.hub.namespaces.resolve(channel)
    allow(namespace, channel, operation, session.standing(channel))


HANDLERS: dict[type[say.Command], Callable[[Session, Any], asyncio.Future[None] | None]] = {
    say.Opened: opened,
    say.Connect: connect,
    say.Vouch: vouch,
    say.Goodbye: goodbye,
    say.Refresh: refresh,
    say.Subscribe: subscribe,
    say.SubRefresh: sub_refresh,
    say.Unsubscribe: unsubscribe,
    say.Publish: publish,
    say.History: history,
    say.Presence: presence,
    say.Rpc: rpc,
    say.Respond: respond,
    say.Settle: settle,
    say.Together: together,
    say.Acknowledged: acknowledged,
    say.Pong: pong,
    say.Unsupported: unsupported,
    queues.Consume: consuming.consume,
    queues.Judge: consuming.judge,
    queues.Retire: consuming.retire,
    chat.Typing: chatting.typing,
    chat.Amend: chatting.amend,
    chat.Mark: chatting.mark,
    chat.Receipts: chatting.receipts,
    chat.Rooms: chatting.rooms,
    chat.People: chatting.people,
    chat.Describe: chatting.describe,
    inbox.Send: mail,
    inbox.Acknowledge: mail,
    inbox.MarkRead: mail,
    inbox.CountUnread: mail,
    inbox.Pull: mail,
}

_AT_FIRST = frozenset({say.Opened, say.Connect, say.Vouch, say.Pong, say.Goodbye})
"""What may be said by somebody who was not let in (yet)."""


def handle(session: Session, command: say.Command) -> asyncio.Future[None] | None:
    """Run a command; return a future when it waits. Raises what `Session.fail` can answer."""
    if session.held is not None and type(command) not in _AT_FIRST:
        # What came with or behind an introduction was read before that was refused.
        raise ProtocolViolation(BAD_REQUEST, "connect was refused; open another connection")
    if session.pending and _is_in_turn(command):
        return start(_behind(session, command))
    return HANDLERS[type(command)](session, command)


async def _behind(session: Session, command: say.Command) -> None:
    """Run a command when the publications before it are answered, so that answers keep their order."""
    await session.answered()
    if not session.gone:
        working = HANDLERS[type(command)](session, command)
        if working is not None:
            await working


def _is_in_turn(command: say.Command) -> bool:
    """Tell whether a command has an answer that must not overtake those to publications before it."""
    if isinstance(command, say.Publish | say.Pong | say.Acknowledged):
        return False
    return command.id > 0
