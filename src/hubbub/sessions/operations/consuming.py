"""Queues: what a session takes from them, and what it says of that."""

from __future__ import annotations

import asyncio
from functools import partial

from hubbub.dialects import contract as say
from hubbub.dialects.queues import Consume, Judge, Retire
from hubbub.dialects.renderer import Renderer
from hubbub.errors import EXPIRED_ERROR, LIMIT_EXCEEDED, Refused
from hubbub.hub.queues.consumer import Consumer
from hubbub.hub.stepping import start
from hubbub.model import ChannelName, Publication
from hubbub.sessions.session import Session
from hubbub.sessions.subscription import Consumption

BACKLOG_LIMIT = 64 * 1024
"""Bytes that a client may leave unread before it is given no more messages of queues."""


def consume(session: Session, command: Consume) -> asyncio.Future[None]:
    """Take messages from a queue; the answer comes before them."""
    limits = session.services.limits
    if len(session.following) + len(session.consuming or ()) >= limits.channels:
        raise Refused(LIMIT_EXCEEDED, f"at most {limits.channels} channels at once")
    return start(_consume(session, command))


async def _consume(session: Session, command: Consume) -> None:
    services, channel = session.services, command.channel
    namespace = services.hub.namespaces.resolve(channel)
    asked = say.Subscribe(channel, token=command.token)
    grant = await services.gate.open_channel(asked, namespace, session, session.standing(channel))
    if grant.expire_at and services.expiry.left_s(grant.expire_at) <= 0:
        raise Refused(EXPIRED_ERROR)
    queue = await services.queues.open(channel)
    if session.gone:
        return
    consumer = Consumer(
        partial(_show, session, channel, command.renderer),
        partial(_is_ready, session),
        acks=command.acks,
        prefetch=command.prefetch,
    )
    if session.consuming is None:
        session.consuming = {}
    session.consuming[command.key] = Consumption(channel, consumer, grant.expire_at)
    services.expiry.note(session)
    session.reply(command, say.Settled())
    services.queues.add(queue, consumer)


def _show(
    session: Session, channel: ChannelName, renderer: Renderer, publication: Publication
) -> None:
    encoding = session.services.encodings.of(renderer, session.connection.frame, joins=False)
    session.write(encoding.render(channel, [publication]))


def _is_ready(session: Session) -> bool:
    return not session.gone and session.connection.backlog() < BACKLOG_LIMIT


def judge(session: Session, command: Judge) -> asyncio.Future[None]:
    """Note what became of messages; nothing happens where the client does not have them any more."""
    return start(_judge(session, command))


async def _judge(session: Session, command: Judge) -> None:
    taking, queues = (session.consuming or {}).get(command.key), session.services.queues
    if taking is not None and taking.consumer.has(command.offset, command.tag):
        decide = queues.acknowledge if command.done else queues.refuse
        await decide(taking.consumer, command.offset, alone=command.alone)
    session.reply(command, say.Settled())


def retire(session: Session, command: Retire) -> None:
    """Take no more messages from a queue."""
    taking = session.consuming.pop(command.key, None) if session.consuming else None
    if taking is not None:
        session.services.queues.part([taking.consumer])
    session.reply(command, say.Settled())
