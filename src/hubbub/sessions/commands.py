"""What each command does: one short function per command, and the table that finds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any

import msgspec

from hubbub.brokers.contract import Stored
from hubbub.dialects import contract as say
from hubbub.errors import (
    ALREADY_SUBSCRIBED,
    BAD_REQUEST_ERROR,
    LIMIT_EXCEEDED,
    NOT_AVAILABLE,
    BrokerUnavailable,
    Refused,
)
from hubbub.hub.contract import Attachment
from hubbub.hub.encoding import Encoding
from hubbub.hub.grants import Operation, allow
from hubbub.hub.namespaces import Namespace
from hubbub.hub.stepping import start
from hubbub.model import ChannelName, ClientInfo, Kind
from hubbub.sessions.auth import identify
from hubbub.sessions.session import Session

CANCELLED = BrokerUnavailable("it was closed before it answered")


def connect(session: Session, command: say.Connect) -> None:
    """Introduce the client."""
    services = session.services
    user = identify(command, trusting=services.trusting)
    session.info = ClientInfo(user, session.id)
    services.registry.greeting.pop(session.id, None)
    ping_s = int(services.limits.ping_interval_s) if session.dialect.pings else 0
    if session.connection.says_close:
        session.reply(command, say.Connected(session.id, ping_s))
    else:  # a stream: what the client says comes beside it
        secret = services.seal.secret(session.id)
        session.reply(command, say.Connected(session.id, ping_s, node=services.node, secret=secret))


def subscribe(session: Session, command: say.Subscribe) -> asyncio.Future[None]:
    """Follow a channel."""
    services, channel = session.services, command.channel
    following = session.following
    namespace = _granted(session, channel, Operation.SUBSCRIBE)
    if channel in following:
        raise Refused(ALREADY_SUBSCRIBED)
    if len(following) >= services.limits.channels:
        raise Refused(LIMIT_EXCEEDED, f"at most {services.limits.channels} channels at once")
    joins = command.join_leave and namespace.join_leave
    if command.filter is not None and not namespace.filters:
        raise Refused(BAD_REQUEST_ERROR, "this channel takes no filters")
    encoding = services.encodings.of(
        session.dialect.renderer, session.connection.frame, joins, command.filter
    )
    following[channel] = None
    wish = Attachment(
        channel,
        encoding,
        partial(_arrived, session, command, encoding),
        command.since,
        command.recent,
        command.reject_unrecovered,
    )
    return start(_attach(session, wish))


async def _attach(session: Session, wish: Attachment) -> None:
    try:
        await session.services.hub.attach(session, wish)
    except BaseException:
        session.following.pop(wish.channel, None)
        raise


def _arrived(
    session: Session, command: say.Subscribe, encoding: Encoding, reply: say.Subscribed
) -> bool:
    # The reply is written before the hub adds the session to the audience: nothing overtakes it.
    session.reply(command, reply)
    if session.dialect.replays and not session.gone and reply.publications:
        session.write(encoding.render(command.channel, reply.publications))
    if session.gone:
        return False
    session.following[command.channel] = encoding
    return True


def unsubscribe(session: Session, command: say.Unsubscribe) -> None:
    """Stop following a channel; one that is not followed is no error."""
    encoding = session.following.pop(command.channel, None)
    if encoding is not None:
        session.services.hub.detach(session, command.channel, encoding)
    session.reply(command, say.Unsubscribed(command.channel))


def publish(session: Session, command: say.Publish) -> asyncio.Future[None] | None:
    """Publish to a channel; the reply comes when the broker has it, and publishing goes on meanwhile."""
    namespace = _granted(session, command.channel, Operation.PUBLISH)
    stored = session.services.hub.publish(
        command.channel,
        command.data,
        command.kind,
        sender=session.info,
        key=command.key or _key(session, command, namespace),
    )
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


def _published(session: Session, command: say.Publish, stored: asyncio.Future[Stored]) -> None:
    fault = CANCELLED if stored.cancelled() else stored.exception()
    if fault is not None:
        session.fail(command, fault)
    else:
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


def history(session: Session, command: say.History) -> asyncio.Future[None]:
    """Read a page of history, after this session's own publications."""
    _granted(session, command.channel, Operation.HISTORY)
    return start(_history(session, command))


async def _history(session: Session, command: say.History) -> None:
    hub = session.services.hub
    page = await hub.history(command.channel, command.limit, command.since, command.reverse)
    session.reply(command, page)


def presence(session: Session, command: say.Presence) -> asyncio.Future[None]:
    """Tell who, or how many, are in a channel."""
    _granted(session, command.channel, Operation.PRESENCE)
    return start(_presence(session, command))


async def _presence(session: Session, command: say.Presence) -> None:
    members = await session.services.hub.members(command.channel)
    if command.counts_only:
        users = {info.user for info in members.values()}
        session.reply(command, say.Counts(command.channel, len(members), len(users)))
    else:
        session.reply(command, say.Members(command.channel, members))


def pong(session: Session, command: say.Pong) -> None:
    """Take a sign of life; the session has noted it on arrival."""


def unsupported(session: Session, command: say.Unsupported) -> None:
    """Answer that this server does not offer it."""
    raise Refused(command.error)


def not_offered(session: Session, command: say.Refresh | say.SubRefresh | say.Rpc) -> None:
    """Answer that nothing here could say yes."""
    raise Refused(NOT_AVAILABLE)


def _granted(session: Session, channel: ChannelName, operation: Operation) -> Namespace:
    namespace = session.services.hub.namespaces.resolve(channel)
    subscribed = session.following.get(channel) is not None
    allow(namespace, operation, session.info.user, subscribed)
    return namespace


HANDLERS: dict[type[say.Command], Callable[[Session, Any], asyncio.Future[None] | None]] = {
    say.Connect: connect,
    say.Subscribe: subscribe,
    say.Unsubscribe: unsubscribe,
    say.Publish: publish,
    say.History: history,
    say.Presence: presence,
    say.Refresh: not_offered,
    say.SubRefresh: not_offered,
    say.Rpc: not_offered,
    say.Pong: pong,
    say.Unsupported: unsupported,
}


def handle(session: Session, command: say.Command) -> asyncio.Future[None] | None:
    """Run a command; return a future when it waits. Raises what `Session.fail` can answer."""
    return HANDLERS[type(command)](session, command)
