"""Following channels: subscriptions that a client asks for, and those that the server makes for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hubbub.dialects import contract as say
from hubbub.dialects.contract import Renderer
from hubbub.errors import (
    ALREADY_SUBSCRIBED,
    BAD_REQUEST_ERROR,
    CHANNEL_LIMIT,
    EXPIRED_ERROR,
    LIMIT_EXCEEDED,
    PERMISSION_DENIED,
    ProtocolViolation,
    Refused,
)
from hubbub.hub.contract import Attachment
from hubbub.hub.permissions.namespaces import USER_BOUNDARY, WILDCARD, Namespace
from hubbub.hub.stepping import start
from hubbub.model import ChannelName, Position
from hubbub.sessions.follower import Follower
from hubbub.sessions.hooks import SubscribeGrant
from hubbub.sessions.session import Session
from hubbub.sessions.subscription import PLAIN_GRANT, Subscription, ordinary


def subscribe(session: Session, command: say.Subscribe) -> asyncio.Future[None]:
    """Follow a channel because the client asks for it."""
    limits, following = session.services.limits, session.following
    namespace = session.services.hub.namespaces.resolve(command.channel)
    if command.channel in following:
        known = following[command.channel]
        if command.beside is None or known is None:
            raise Refused(ALREADY_SUBSCRIBED)
        return start(_subscribe_beside(session, command, known, command.beside))
    if len(following) >= limits.channels:
        raise Refused(LIMIT_EXCEEDED, f"at most {limits.channels} channels at once")
    if namespace.is_pattern(command.channel):
        patterns = sum([name.endswith(WILDCARD) for name in following])
        if patterns >= limits.patterns:
            raise Refused(LIMIT_EXCEEDED, f"at most {limits.patterns} patterns at once")
    if command.filter is not None and not namespace.filters:
        raise Refused(BAD_REQUEST_ERROR, "this channel takes no filters")
    following[command.channel] = None
    return start(_subscribe(session, command, namespace))


async def _subscribe(session: Session, command: say.Subscribe, namespace: Namespace) -> None:
    channel, services = command.channel, session.services
    try:
        grant = await services.gate.open_channel(
            command, namespace, session, session.standing(channel)
        )
        by_token = bool(command.token)
        ttl_s = _left_s(session, grant)
        follow = _Following(grant, ttl_s if by_token else None, by_token=by_token)
        subscription = follow.subscription(session, namespace, command)
        since = command.since if command.recent else await _place(session, channel, command.since)
        await services.hub.attach(
            session,
            Attachment(
                channel,
                subscription.encoding,
                partial(_arrived, session, command, subscription, follow),
                since,
                command.recent,
                command.reject_unrecovered,
            ),
        )
    except BaseException:
        session.following.pop(channel, None)
        raise
    if subscription.grant.expire_at:
        services.expiry.note(session)


def _arrived(
    session: Session,
    command: say.Subscribe,
    subscription: Subscription,
    follow: _Following,
    reply: say.Subscribed,
) -> bool:
    # The reply is written before the hub adds the session to the audience: nothing overtakes it.
    session.reply(command, follow.say(reply))
    if session.dialect.replays:
        _replay(session, subscription, reply)
    if session.gone:
        return False
    session.following[command.channel] = subscription
    return True


def _replay(session: Follower, subscription: Subscription, reply: say.Subscribed) -> None:
    """Show what was missed, where the reply had no room for it."""
    if reply.publications and not session.gone:
        data = subscription.encoding.render(reply.channel, reply.publications)
        if data:  # not everything can be shown in every protocol
            session.write(data)


async def _subscribe_beside(
    session: Session, command: say.Subscribe, known: Subscription, beside: Renderer
) -> None:
    """Show a channel that the client follows already by another name too."""
    channel, services = command.channel, session.services
    namespace = services.hub.namespaces.resolve(channel)
    grant = await services.gate.open_channel(command, namespace, session, session.standing(channel))
    follow = _Following(grant)
    first = follow.subscription(session, namespace, command)

    def arrived(reply: say.Subscribed) -> bool:
        if session.following.get(channel) is not known:
            raise Refused(PERMISSION_DENIED, "the channel is not followed any more")
        session.reply(command, follow.say(reply))
        _replay(session, first, reply)
        show(session, channel, beside)
        return False

    await services.hub.attach(
        session,
        Attachment(
            channel,
            first.encoding,
            arrived,
            command.since,
            command.recent,
            command.reject_unrecovered,
        ),
    )


def show(session: Session, channel: ChannelName, renderer: Renderer) -> None:
    """Show a followed channel by another renderer from now on."""
    subscription = session.following.get(channel)
    if subscription is None or session.gone:
        return
    services, old = session.services, subscription.encoding
    new = services.encodings.of(renderer, session.connection.frame, old.joins, old.filter)
    services.hub.recode(session, channel, old, new)
    session.following[channel] = subscription.shown_by(new)


@dataclass(frozen=True, slots=True)
class _Following:
    """What was granted, and what the client is told of it."""

    grant: SubscribeGrant
    ttl_s: int | None = None
    by_token: bool = False
    server_side: bool = False

    def subscription(
        self, session: Follower, namespace: Namespace, command: say.Subscribe
    ) -> Subscription:
        """Return the subscription, in the encoding that it asks for."""
        override = self.grant.override
        joins = namespace.join_leave if override.join_leave is None else override.join_leave
        push = override.force_push_join_leave
        if push is None:
            push = namespace.push_join_leave
        encoding = session.services.encodings.of(
            command.renderer or session.dialect.renderer,
            session.connection.frame,
            joins and (command.join_leave or push),
            command.filter,
            delta=command.delta and namespace.delta,
        )
        if self.grant == PLAIN_GRANT and not (self.server_side or self.by_token):
            return ordinary(encoding)
        return Subscription(encoding, self.grant, self.server_side, self.by_token)

    def say(self, reply: say.Subscribed) -> say.Subscribed:
        """Return what the client is told."""
        if self.ttl_s is None and not self.grant.data:
            return reply
        return say.Subscribed(
            reply.channel,
            reply.position,
            reply.recoverable,
            reply.asked,
            reply.recovered,
            reply.reason,
            reply.publications,
            self.ttl_s,
            self.grant.data,
            reply.delta,
        )


def _left_s(session: Follower, grant: SubscribeGrant) -> int | None:
    """Return the seconds that a grant lasts. Raises Refused (110) for one that is over."""
    if not grant.expire_at:
        return None
    left = session.services.expiry.left_s(grant.expire_at)
    if left <= 0:
        raise Refused(EXPIRED_ERROR)
    return left


async def _place(
    session: Follower, channel: ChannelName, since: Position | None
) -> Position | None:
    """Return from where a session follows a channel.

    A device that knows no place in its inbox goes on behind what it has acknowledged.
    """
    user, device = session.info.user, session.device
    if since is None and device is not None and user and channel == f"{USER_BOUNDARY}{user}":
        return await session.services.inbox.position(user, device)
    return since


async def enter(
    session: Follower,
    channel: ChannelName,
    grant: SubscribeGrant,
    since: Position | None = None,
    tell: Callable[[say.Subscribed], None] | None = None,
    part: str = "",
    renderer: Renderer | None = None,
) -> None:
    """Let a session follow a channel because the server wants it to.

    Args:
        tell: what is done with the news, in the moment in which the session becomes live; without it the
            client is told by a push.
        part, renderer: the part of the application for which it is, and the variant that shows it there.

    Raises Refused, BrokerUnavailable, or ProtocolViolation (3505) where the session follows too many.
    """
    services = session.services
    namespace = services.hub.namespaces.resolve(channel)
    if session.gone or channel in session.following:
        return
    if len(session.following) >= services.limits.channels:
        raise ProtocolViolation(CHANNEL_LIMIT)
    _left_s(session, grant)
    follow = _Following(grant, server_side=True)
    command = say.Subscribe(channel, since=since, renderer=renderer)
    subscription = follow.subscription(session, namespace, command)

    def arrived(reply: say.Subscribed) -> bool:
        if tell is not None:
            tell(follow.say(reply))
        else:
            session.push(say.Entered(follow.say(reply), part))
            _replay(session, subscription, reply)  # no push has room for them
        if session.gone:
            return False
        session.following[channel] = subscription
        return True

    session.following[channel] = None
    try:
        place = await _place(session, channel, since)
        await services.hub.attach(
            session, Attachment(channel, subscription.encoding, arrived, place)
        )
    except BaseException:
        session.following.pop(channel, None)
        raise
    if grant.expire_at:
        services.expiry.note(session)


def unsubscribe(session: Session, command: say.Unsubscribe) -> None:
    """Stop following a channel because the client asks for it; one that is not followed is no error."""
    if command.rest is not None:
        show(session, command.channel, command.rest)
    else:
        session.leave(command.channel)
    session.reply(command, say.Unsubscribed(command.channel))
