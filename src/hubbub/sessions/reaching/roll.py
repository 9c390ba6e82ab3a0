"""The roll of all sessions: who is connected, on which node, over what; every node is asked for its part."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import add
from typing import TypeVar

import msgspec
from msgspec import Struct

from hubbub.hub.nodes.control import Control
from hubbub.hub.paging import Part, merged, part_of
from hubbub.hub.permissions.permission import ANY, matches
from hubbub.model import ChannelName, SessionId, UserId
from hubbub.sessions.services import Services
from hubbub.sessions.session import Session

SESSIONS = "roll.sessions"
USERS = "roll.users"
"""The orders by which nodes ask each other."""

STRIDE = 2000
"""Sessions that are looked at before others get a turn."""

T = TypeVar("T")


class Wanted(Struct, frozen=True, array_like=True):
    """Which sessions or users are wanted: those behind `after` that fit all that is said; the first `limit`.

    `user` is a pattern; `client` the id of one session, of which more is told; `channel` what it follows;
    `tag` what it has.
    """

    user: str
    client: SessionId
    channel: ChannelName
    after: str
    limit: int
    tag: str = ""

    def fits(self, session: Session) -> bool:
        """Tell whether a session is wanted."""
        return (
            session.id > self.after
            and (not self.user or matches(self.user, session.info.user))
            and (not self.channel or session.following.get(self.channel) is not None)
        )


class Seen(Struct, frozen=True, array_like=True):
    """A session as an operator sees it; `following` is told where one session was asked for.

    `age_s` are the seconds since it opened, `backlog` the bytes that its client has yet to read.
    """

    user: UserId
    node: str
    dialect: str
    transport: str
    peer: str
    age_s: int
    backlog: int
    channels: int
    following: tuple[ChannelName, ...] = ()
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


_encode = msgspec.msgpack.Encoder().encode
_WANTED = msgspec.msgpack.Decoder(Wanted)
_SESSIONS: msgspec.msgpack.Decoder[Part[Seen]] = msgspec.msgpack.Decoder(Part[Seen])
_USERS: msgspec.msgpack.Decoder[Part[int]] = msgspec.msgpack.Decoder(Part[int])


@dataclass(frozen=True, slots=True)
class Sessions:
    """A page of sessions by their ids. `missing` names the living nodes that did not answer."""

    sessions: dict[SessionId, Seen]
    cursor: str
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Users:
    """A page of users, with how many sessions each has. `missing` is as above."""

    users: dict[UserId, int]
    cursor: str
    missing: list[str] = field(default_factory=list)


class Roll:
    """Know who is connected, on all nodes.

    Args:
        services: the sessions of this node. control: the way to the others.
    """

    __slots__ = ("_control", "_services")

    def __init__(self, services: Services, control: Control) -> None:
        self._services = services
        self._control = control
        control.on(SESSIONS, self._tell_sessions)
        control.on(USERS, self._tell_users)

    async def sessions(self, wanted: Wanted) -> Sessions:
        """Return a page of sessions. Raises OrderFailed, BrokerUnavailable."""
        answers = await self._control.ask_all(SESSIONS, _encode(wanted))
        parts, missing = answers.read(_SESSIONS)
        return Sessions(*merged(parts, wanted.limit, _latest), missing)

    async def users(self, wanted: Wanted) -> Users:
        """Return a page of the users who have sessions. Raises OrderFailed, BrokerUnavailable."""
        answers = await self._control.ask_all(USERS, _encode(wanted))
        parts, missing = answers.read(_USERS)
        return Users(*merged(parts, wanted.limit, add), missing)

    async def _tell_sessions(self, payload: bytes) -> bytes:
        wanted = _WANTED.decode(payload)
        found = await _first(self._candidates(wanted), wanted.fits, _id_of, wanted.limit)
        full = bool(wanted.client)
        return _encode(part_of([(each.id, self._seen(each, full)) for each in found], wanted.limit))

    def _candidates(self, wanted: Wanted) -> list[Session]:
        """Return all that may be wanted, by the shortest way."""
        registry = self._services.registry
        if wanted.client:
            some: Iterable[object] = (registry.get(wanted.client),)
        elif wanted.user and ANY not in wanted.user:
            some = registry.of_user(wanted.user)
        elif wanted.tag:
            some = registry.tags.holders(wanted.tag)
        else:
            some = registry
        return [
            each
            for each in some
            if isinstance(each, Session)
            and (not wanted.tag or wanted.tag in registry.tags.of(each.id))
        ]

    def _seen(self, session: Session, full: bool) -> Seen:
        registry = self._services.registry
        following = [name for name, how in session.following.items() if how is not None]
        return Seen(
            session.info.user,
            self._services.node,
            session.dialect.renderer.name,
            session.carrier,
            session.peer,
            int(registry.now - session.opened_at),
            session.connection.backlog(),
            len(following),
            tuple(sorted(following)) if full else (),
            tuple(sorted(registry.tags.of(session.id))),
            tuple(sorted(registry.groups.get(session.id, ()))),
        )

    async def _tell_users(self, payload: bytes) -> bytes:
        wanted = _WANTED.decode(payload)

        def fits(row: tuple[UserId, int]) -> bool:
            return row[0] > wanted.after and (not wanted.user or matches(wanted.user, row[0]))

        found = await _first(self._services.registry.crowd(), fits, _name_of, wanted.limit)
        return _encode(part_of(found, wanted.limit))


async def _first(
    rows: list[T], fits: Callable[[T], bool], name: Callable[[T], str], limit: int
) -> list[T]:
    """Return the first rows that fit, one more than `limit`, by their names."""
    first: list[T] = []
    for at in range(0, len(rows), STRIDE):
        found = [row for row in rows[at : at + STRIDE] if fits(row)]
        first = sorted(first + found, key=name)[: limit + 1]
        await asyncio.sleep(0)
    return first


def _id_of(session: Session) -> str:
    return session.id


def _name_of(row: tuple[UserId, int]) -> str:
    return row[0]


def _latest(one: Seen, other: Seen) -> Seen:
    """Keep one of two: no id is on two nodes."""
    return other
