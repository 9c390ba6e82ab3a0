"""What nodes are ordered to do with sessions: end them, renew them, let them follow a channel or leave it.

Whoever gives an order hears when every node has carried it out, and may give it again: what was done twice
is as if done once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec
from msgspec import Struct

from hubbub.errors import (
    FORCE_DISCONNECT,
    INTERNAL,
    LIMIT_EXCEEDED,
    SERVER_UNSUBSCRIBED,
    BrokerUnavailable,
    Close,
    ErrorCode,
    ProtocolViolation,
    Refused,
)
from hubbub.hub.nodes.control import Control
from hubbub.hub.permissions.options import Override
from hubbub.hub.stepping import start
from hubbub.model import ChannelName, Position, SessionId, UserId
from hubbub.sessions.hooks import RefreshGrant, SubscribeGrant
from hubbub.sessions.operations.following import enter
from hubbub.sessions.services import Services
from hubbub.sessions.session import Session

ORDER = "sessions"
"""The name of these orders between nodes."""


class Whom(Struct, frozen=True, array_like=True):
    """Which sessions are meant: those of a user, or one of them, by its public id or by its secret one.

    With an id, the user may be left out.
    """

    user: UserId = ""
    client: SessionId = ""
    session: str = ""

    def __bool__(self) -> bool:
        return bool(self.user or self.client or self.session)


class Disconnect(Struct, frozen=True, array_like=True, tag="disconnect"):
    """End sessions, but for those in `whitelist`."""

    whom: Whom
    code: int = FORCE_DISCONNECT.code
    reason: str = FORCE_DISCONNECT.reason
    whitelist: tuple[SessionId, ...] = ()


class Unsubscribe(Struct, frozen=True, array_like=True, tag="unsubscribe"):
    """Let sessions follow a channel no more; "" is every channel."""

    whom: Whom
    channel: ChannelName = ""


class Follow(Struct, frozen=True, array_like=True, tag="follow"):
    """Let sessions follow a channel.

    `info` and `data` are raw JSON, or empty; see `SubscribeGrant`. `since` has what they missed sent to them.
    """

    whom: Whom
    channel: ChannelName
    expire_at: int = 0
    info: bytes = b""
    data: bytes = b""
    since: Position | None = None
    override: Override = Override()


class Refresh(Struct, frozen=True, array_like=True, tag="refresh"):
    """Let sessions last until another time (unix seconds; 0: for ever), or end because it is over."""

    whom: Whom
    expired: bool = False
    expire_at: int = 0
    info: bytes = b""


Order: TypeAlias = Disconnect | Unsubscribe | Follow | Refresh


class Outcome(Struct, frozen=True, array_like=True):
    """How many sessions a node met, and what went wrong with one of them (`code` 0: nothing)."""

    met: int
    code: int = 0
    message: str = ""
    detail: str = ""


_encode = msgspec.msgpack.Encoder().encode
_ORDER: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(Order)
_OUTCOME = msgspec.msgpack.Decoder(Outcome)


@dataclass(frozen=True, slots=True)
class Met:
    """How many sessions there were, and the living nodes that did not answer."""

    sessions: int
    missing: list[str] = field(default_factory=list)


class Orders:
    """Give orders to all nodes, and carry out theirs.

    Args:
        services: the sessions of this node. control: the way to the others.
    """

    __slots__ = ("_control", "_services")

    def __init__(self, services: Services, control: Control) -> None:
        self._services = services
        self._control = control
        control.on(ORDER, self._carry_out)

    async def give(self, order: Order) -> Met:
        """Have an order carried out on all nodes.

        Raises Refused with what went wrong anywhere, OrderFailed for an order that is too big, and
        BrokerUnavailable.
        """
        answers = await self._control.ask_all(ORDER, _encode(order))
        outcomes, missing = answers.read(_OUTCOME)
        for outcome in outcomes:
            if outcome.code:
                raise Refused(ErrorCode(outcome.code, outcome.message), outcome.detail)
        return Met(sum(outcome.met for outcome in outcomes), missing)

    async def _carry_out(self, payload: bytes) -> bytes:
        order = _ORDER.decode(payload)
        sessions = self._meant(order.whom)
        if isinstance(order, Follow):
            return _encode(await _follow(order, sessions))
        if isinstance(order, Disconnect):
            sessions = [each for each in sessions if each.id not in order.whitelist]
        for session in sessions:
            if isinstance(order, Disconnect):
                session.end(Close(order.code, order.reason))
            elif isinstance(order, Unsubscribe):
                for channel in (order.channel,) if order.channel else tuple(session.following):
                    session.drop(channel, SERVER_UNSUBSCRIBED)
                taken = {each.channel for each in (session.consuming or {}).values()}
                if order.channel in taken or (taken and not order.channel):
                    session.end(
                        FORCE_DISCONNECT
                    )  # who takes from a queue can be told in no other way
            else:
                session.renew(RefreshGrant(order.expired, order.expire_at, order.info))
        return _encode(Outcome(len(sessions)))

    def _meant(self, whom: Whom) -> list[Session]:
        registry, found = self._services.registry, list[object]()
        named = {whom.client} if whom.client else set()
        if whom.session:
            named.add(self._services.seal.session(whom.session) or "")
        if not named:
            found += registry.of_user(whom.user)
        elif len(named) == 1:
            found.append(registry.get(*named))
        return [
            each
            for each in found
            if isinstance(each, Session) and (not whom.user or each.info.user == whom.user)
        ]


async def _follow(order: Follow, sessions: list[Session]) -> Outcome:
    grant = SubscribeGrant(order.expire_at, order.info, order.data, order.override)
    waiting = [start(enter(each, order.channel, grant, order.since)) for each in sessions]
    faults = [each for each in await asyncio.gather(*waiting, return_exceptions=True) if each]
    for fault in faults:
        return _excuse(len(sessions) - len(faults), fault)
    return Outcome(len(sessions))


def _excuse(met: int, fault: BaseException) -> Outcome:
    """Return what went wrong with a session, in a program's words."""
    if isinstance(fault, Refused):
        return Outcome(met, fault.error.code, fault.error.message, fault.detail)
    if isinstance(fault, ProtocolViolation):  # for its session alone it would be the end
        return Outcome(met, LIMIT_EXCEEDED.code, LIMIT_EXCEEDED.message, fault.close.reason)
    if isinstance(fault, BrokerUnavailable):
        return Outcome(met, INTERNAL.code, INTERNAL.message, str(fault))
    raise fault
