"""The introduction: who the client is, and what it follows from the start."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from hubbub.dialects import contract as say
from hubbub.errors import (
    CHANNEL_LIMIT,
    CONNECTION_LIMIT,
    DISCONNECTED,
    EXPIRED_ERROR,
    PERMISSION_DENIED,
    UNKNOWN_CHANNEL,
    ErrorCode,
    ProtocolViolation,
    Refused,
    Reject,
)
from hubbub.hub.permissions.grants import allow
from hubbub.hub.permissions.namespaces import USER_BOUNDARY
from hubbub.hub.permissions.permission import Operation
from hubbub.hub.stepping import start
from hubbub.model import ChannelName
from hubbub.sessions.hooks import SubscribeGrant
from hubbub.sessions.identity import Admission
from hubbub.sessions.operations.following import enter
from hubbub.sessions.session import Session
from hubbub.sessions.subscription import PLAIN_GRANT


def connect(session: Session, command: say.Connect) -> asyncio.Future[None]:
    """Introduce the client."""
    return start(_connect(session, command))


async def _connect(session: Session, command: say.Connect) -> None:
    services = session.services
    if command.headers:
        session.emulate(command.headers)
    admission = await services.gate.admit(command, session)
    if session.gone:
        return
    expire_at = admission.identity.expires_at
    if expire_at and services.expiry.left_s(expire_at) <= 0:
        raise Refused(EXPIRED_ERROR)
    limit, user = services.limits.user_connections, admission.identity.user
    if limit and user and len(services.registry.of_user(user)) >= limit:
        raise ProtocolViolation(CONNECTION_LIMIT)
    session.become(admission.identity)
    if admission.tags:
        services.registry.tags.change(session.id, session, admission.tags)
    wanted = _wanted(session, command, admission)
    if wanted:
        await _follow_first(session, command, admission, wanted)
    else:
        _greet(session, command, admission, {})


def vouch(session: Session, command: say.Vouch) -> asyncio.Future[None]:
    """Judge a client once more, which must be who it was before."""
    return start(_vouch(session, command))


async def _vouch(session: Session, command: say.Vouch) -> None:
    if session.id in session.services.registry.greeting:
        raise Refused(PERMISSION_DENIED, "the client was not let in")
    introduction = say.Connect(command.id, session.identity.user, command.token, command.data)
    try:
        admission = await session.services.gate.admit(introduction, session)
    except (ProtocolViolation, Reject) as fault:  # it is not let in there, and stays where it is
        raise Refused(ErrorCode(fault.close.code, fault.close.reason)) from None
    if admission.identity.user != session.identity.user:
        raise Refused(PERMISSION_DENIED, "the client is somebody else here")
    session.reply(command, say.Connected(session.id, data=admission.data))


def _greet(
    session: Session,
    command: say.Connect,
    admission: Admission,
    subs: Mapping[ChannelName, say.Subscribed],
) -> None:
    services, identity = session.services, admission.identity
    ttl_s = services.expiry.left_s(identity.expires_at) if identity.by_token else 0
    # What a client says comes beside a stream, which only the server can write to.
    beside = not session.connection.says_close
    session.reply(
        command,
        say.Connected(
            session.id,
            int(services.limits.ping_interval_s) if session.dialect.pings else 0,
            ttl_s if ttl_s > 0 else None,
            admission.data,
            subs,
            services.node if beside else "",
            services.seal.secret(session.id) if beside else "",
            identity.user,
            services.responses.address(session.id),
        ),
    )
    session.introduced()


def _wanted(
    session: Session, command: say.Connect, admission: Admission
) -> dict[ChannelName, SubscribeGrant]:
    """Return what the client follows from the start, and on whose terms."""
    wanted = dict(admission.subs)
    user = admission.identity.user
    if user and session.services.gate.settings.personal_channel:
        wanted.setdefault(f"{USER_BOUNDARY}{user}", PLAIN_GRANT)
    if session.dialect.asks_at_first or command.recover:
        asked = [
            channel
            for channel in command.subs
            if channel not in wanted and _may_follow(session, channel, command.recover)
        ]
        resolve, limits = session.services.hub.namespaces.resolve, session.services.limits
        if sum([resolve(channel).is_pattern(channel) for channel in asked]) > limits.patterns:
            raise ProtocolViolation(CHANNEL_LIMIT)
        wanted |= dict.fromkeys(asked, PLAIN_GRANT)
    return wanted


def _may_follow(session: Session, channel: ChannelName, recover: bool) -> bool:
    try:
        namespace = session.services.hub.namespaces.resolve(channel)
        if namespace.subscribe_hook:
            return False
        allow(namespace, channel, Operation.SUBSCRIBE, session.standing(channel))
    except Refused as refused:
        # Who only wants to go on where it was comes in all the same.
        if recover or refused.error in {PERMISSION_DENIED, UNKNOWN_CHANNEL}:
            return False
        raise
    return True


async def _follow_first(
    session: Session,
    command: say.Connect,
    admission: Admission,
    wanted: Mapping[ChannelName, SubscribeGrant],
) -> None:
    """Follow what is wanted, and then answer with where each channel begins."""
    subs: dict[ChannelName, say.Subscribed] = {}

    def arrived(reply: say.Subscribed) -> None:
        subs[reply.channel] = reply

    entered = await asyncio.gather(
        *(
            enter(
                session,
                channel,
                grant,
                command.subs.get(channel),
                arrived,
                renderer=command.renderer if channel in command.subs else None,
            )
            for channel, grant in wanted.items()
        ),
        return_exceptions=True,
    )
    if session.gone:
        return
    for fault in entered:
        if fault is not None:
            session.leave_all(DISCONNECTED)
            raise fault
    if command.recover:
        for channel in [*subs]:
            if channel in command.subs.keys() - admission.subs and not subs[channel].recovered:
                session.leave(channel, DISCONNECTED)
                del subs[channel]
    _greet(session, command, admission, subs)
