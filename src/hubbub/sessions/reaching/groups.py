"""Groups of sessions and users, kept in the broker, so that every node knows them and none can lose them.

A member is a session, as long as that lasts, or a user: then it is all sessions that the user has at the
moment in which the group is meant. A group exists from when it is created or first joined. One that was
created stays until it is destroyed, another one until its last member leaves.

The record in the broker is the truth, and nothing in it expires. What a node notes of its sessions serves to
take them back when they end. Where that fails (the node dies), whoever meets a member that is gone takes it
back; each node goes through all groups, some a minute.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec
import structlog
from msgspec import Struct

from hubbub.brokers.records import KEPT, Records
from hubbub.errors import BAD_REQUEST_ERROR, LIMIT_EXCEEDED, BrokerUnavailable, Refused
from hubbub.hub.chores import Chores
from hubbub.hub.nodes.control import TIMEOUT_S, Control
from hubbub.hub.nodes.orders import NodeGone, NodeSilent
from hubbub.model import SessionId, UserId
from hubbub.names import is_legible
from hubbub.sessions.addresses import node_of
from hubbub.sessions.reaching.gleaning import Gleaning
from hubbub.sessions.reaching.reach import Deed, Fate, Reach, Reached, Target
from hubbub.sessions.registry import Registry
from hubbub.sessions.users import is_user_name

_log = structlog.get_logger(__name__)

MOVE, FORGET = "groups.move", "groups.forget"
"""The names of orders: to let a session join or leave, and to forget who is in a group."""

NAME_LIMIT = 128
"""Characters of a group's name."""
JOINED_LIMIT = 100
"""Groups that one session may be in."""

AT_ONCE = 500
"""Memberships that are written again together."""

_PREFIX = "group:"
"""Stands before a group's name in the name of its record."""
_CREATED = "+"
_SESSION, _USER = "s:", "u:"
"""What the fields of a record say: that it was created, and who is a member."""


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a group."""

    sessions: list[SessionId] = field(default_factory=list)
    users: list[UserId] = field(default_factory=list)


class _Move(Struct, frozen=True, array_like=True):
    """Let a session of the node that is told join a group, or leave it."""

    group: str
    session: SessionId
    joins: bool


class Groups:
    """Create and destroy groups, and say who is in them.

    Args:
        records: where they are kept. control: the way to the nodes of sessions. reach: what is done to them.
        registry: the sessions of this node.

    All methods that wait raise BrokerUnavailable, and Refused (107) for what can be no name.
    """

    __slots__ = ("_chores", "_control", "_joined", "_reach", "_records", "_registry", "tick")

    def __init__(
        self, records: Records, control: Control, reach: Reach, registry: Registry
    ) -> None:
        self._records = records
        self._control = control
        self._reach = reach
        self._registry = registry
        self._chores = Chores()
        self._joined = registry.groups
        self.tick = Gleaning(self.names, self.members, self._chores).tick
        """Called about once a second."""
        registry.departed = self._depart
        control.restored = self._restore
        control.on(MOVE, self._carry_out)
        control.on(FORGET, self._forget_all)

    # ── groups ──────────────────────────────────────────────────────────────────────────────────

    async def create(self, group: str) -> None:
        """Let a group exist until it is destroyed, whoever is in it; one that exists stays as it is."""
        await self._records.put(_record(group), _CREATED, b"", KEPT)

    async def destroy(self, group: str) -> bool:
        """End a group, and with it all memberships; return whether there was one."""
        found = await self._records.get(_record(group))
        await self._records.drop(_record(group))
        await self._control.tell_all(FORGET, group.encode())
        return bool(found)

    def _forget_all(self, payload: bytes) -> bytes:
        group = payload.decode()
        for session in [each for each, joined in self._joined.items() if group in joined]:
            self._forget(session, group)
        return b""

    async def names(self, prefix: str = "", after: str = "", limit: int = 100) -> list[str]:
        """Return the names of groups in their order, `limit` at most, those behind `after`."""
        start = _PREFIX + after if after else ""
        found = await self._records.names(_PREFIX + prefix, start, limit)
        return [name.removeprefix(_PREFIX) for name in found]

    async def members(self, group: str) -> Members | None:
        """Return who is in a group, without sessions whose node is no more; None where there is no group."""
        found = await self._records.get(_record(group))
        if not found:
            return None
        members, living = _members(found), await self._control.nodes()
        dead = [each for each in members.sessions if node_of(each) not in living]
        await self._take_back(group, dead)
        here = [each for each in members.sessions if node_of(each) in living]
        return Members(sorted(here), sorted(members.users))

    def of(self, session: SessionId) -> list[str]:
        """Return the groups that a session of this node joined."""
        return sorted(self._joined.get(session, ()))

    # ── members ─────────────────────────────────────────────────────────────────────────────────

    async def join(self, group: str, *, session_id: SessionId = "", user: UserId = "") -> bool:
        """Let a session, or a user, be in a group; return False where there is no such session any more.

        Raises NodeSilent where it is not known, and Refused (106) for a session in too many groups.
        """
        record = _record(group)
        if user or not session_id:
            await self._records.put(record, _user_field(user), b"", KEPT)
            return True
        return await self._move(_Move(group, session_id, joins=True))

    async def leave(self, group: str, *, session_id: SessionId = "", user: UserId = "") -> None:
        """Let a session, or a user, be in a group no more. Raises NodeSilent as well."""
        record = _record(group)
        if user or not session_id:
            await self._records.remove(record, [_user_field(user)])
        elif not await self._move(_Move(group, session_id, joins=False)):
            await self._take_back(group, [session_id])

    async def _move(self, move: _Move) -> bool:
        node = node_of(move.session)
        if node == self._control.node:
            return await self._move_here(move)
        if not node:
            return False
        try:
            answer = await self._control.call(node, MOVE, _encode(move), TIMEOUT_S)
        except NodeSilent:
            raise
        except NodeGone:
            return False
        if answer == _FULL:
            raise _too_many()
        return answer == _DONE

    async def _carry_out(self, payload: bytes) -> bytes:
        try:
            return _DONE if await self._move_here(_MOVE.decode(payload)) else _NOBODY
        except Refused:
            return _FULL

    async def _move_here(self, move: _Move) -> bool:
        record, name = _record(move.group), _SESSION + move.session
        if self._registry.get(move.session) is None:
            return False
        if not move.joins:
            self._forget(move.session, move.group)
            await self._records.remove(record, [name])
            return True
        joined = self._joined.setdefault(move.session, set())
        if len(joined) >= JOINED_LIMIT and move.group not in joined:
            raise _too_many()
        joined.add(move.group)
        await self._records.put(record, name, b"", KEPT)
        if move.session in self._joined:
            return True
        await self._records.remove(record, [name])  # it ended meanwhile
        return False

    def _forget(self, session: SessionId, group: str) -> None:
        joined = self._joined.get(session, set())
        joined.discard(group)
        if not joined:
            self._joined.pop(session, None)

    # ── what is done to them ────────────────────────────────────────────────────────────────────

    async def do(self, group: str, deed: Deed, timeout_s: float = TIMEOUT_S) -> Reached:
        """Do something to all sessions that are in a group; `gone` where there is no such group.

        Raises as `Reach.do` does.
        """
        found = await self._records.get(_record(group))
        if not found:
            return Reached(Fate.GONE)
        members = _members(found)
        target = Target(tuple(members.sessions), tuple(members.users))
        reached = await self._reach.do(target, deed, timeout_s)
        if reached.gone:
            self._chores.begin(self._take_back(group, list(reached.gone)))
        if reached.fate is Fate.GONE:
            return Reached(Fate.OFFLINE, 0, reached.gone, reached.missing)
        return reached

    # ── sessions that end ───────────────────────────────────────────────────────────────────────

    def _depart(self, session: SessionId) -> None:
        for group in self._joined.pop(session, ()):
            self._chores.begin(self._take_back(group, [session]))

    async def _take_back(self, group: str, sessions: list[SessionId]) -> None:
        if not sessions:
            return
        try:
            await self._records.remove(_record(group), [_SESSION + each for each in sessions])
        except BrokerUnavailable as fault:  # whoever meets them next does it
            _log.debug("members that are gone stay for now", group=group, fault=str(fault))

    def _restore(self) -> None:
        """Write again who of this node is in what: the broker may have lost it, or the node its lease."""
        if self._joined:
            self._chores.begin(self._write_again())

    async def _write_again(self) -> None:
        lost = [(group, each) for each, joined in self._joined.items() for group in joined]
        try:
            for first in range(0, len(lost), AT_ONCE):
                await asyncio.gather(
                    *(
                        self._records.put(_record(group), _SESSION + session, b"", KEPT)
                        for group, session in lost[first : first + AT_ONCE]
                        if group in self._joined.get(session, ())
                    )
                )
        except BrokerUnavailable as fault:  # when it is there again, all is written again
            _log.warning("memberships of groups could not be written again", fault=str(fault))

    async def close(self) -> None:
        """Break off what is under way."""
        await self._chores.close()


def _record(group: str) -> str:
    if not 0 < len(group) <= NAME_LIMIT or not is_legible(group):
        detail = f"the name of a group has 1 to {NAME_LIMIT} printable characters"
        raise Refused(BAD_REQUEST_ERROR, detail)
    return _PREFIX + group


def _user_field(user: UserId) -> str:
    if not user or not is_user_name(user):
        raise Refused(BAD_REQUEST_ERROR, "name a session or a user as the member")
    return _USER + user


def _members(fields: dict[str, bytes]) -> Members:
    return Members(
        [name.removeprefix(_SESSION) for name in fields if name.startswith(_SESSION)],
        [name.removeprefix(_USER) for name in fields if name.startswith(_USER)],
    )


def _too_many() -> Refused:
    return Refused(LIMIT_EXCEEDED, f"a session is in {JOINED_LIMIT} groups at most")


_DONE, _NOBODY, _FULL = b"done", b"nobody", b"full"
_encode = msgspec.msgpack.Encoder().encode
_MOVE = msgspec.msgpack.Decoder(_Move)
