"""How a word of the application reaches sessions on whatever node, and what came of it.

A push is no publication: it has no offset, nobody can catch up on it, and it reaches whoever is there now. In
return its answer is true. `delivered` means that it was written to the connections of so many sessions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

import msgspec
from msgspec import Raw, Struct

from hubbub.dialects.contract import Emit, Renderer
from hubbub.dialects.payloads import as_json
from hubbub.errors import FORCE_DISCONNECT, Close, Refused
from hubbub.hub.encoding import Frame
from hubbub.hub.nodes.control import TIMEOUT_S, Control
from hubbub.hub.nodes.orders import NodeGone, NodeSilent, OrderFailed
from hubbub.model import Kind, Packets, SessionId, UserId
from hubbub.sessions.addresses import node_of
from hubbub.sessions.services import Services
from hubbub.sessions.session import Session

ORDER = "reach"
"""The name of these orders between nodes."""


class Fate(StrEnum):
    """What became of something that sessions were meant to get."""

    DELIVERED = "delivered"
    """It was written to the connection of one session at least."""
    KICKED = "kicked"
    TAGGED = "tagged"
    OFFLINE = "offline"
    """Nobody of those meant is there."""
    GONE = "gone"
    """What was named is no more: the session or its node, or the group."""
    UNKNOWN = "unknown"
    """A node that may have such sessions lives and did not answer in time."""


class Say(Struct, frozen=True, array_like=True, tag="say"):
    """Say something to sessions; `event` "" is something without a name."""

    done: ClassVar = Fate.DELIVERED

    event: str
    data: bytes
    kind: Kind = Kind.JSON


class Kick(Struct, frozen=True, array_like=True, tag="kick"):
    """End sessions."""

    done: ClassVar = Fate.KICKED

    code: int = FORCE_DISCONNECT.code
    reason: str = FORCE_DISCONNECT.reason


class Mark(Struct, frozen=True, array_like=True, tag="mark"):
    """Give tags to sessions, and take others away."""

    done: ClassVar = Fate.TAGGED

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


Deed: TypeAlias = Say | Kick | Mark


class Target(Struct, frozen=True, array_like=True):
    """Which sessions are meant: each of them once, however often it is named."""

    sessions: tuple[SessionId, ...] = ()
    users: tuple[UserId, ...] = ()
    tag: str = ""
    everybody: bool = False

    @property
    def is_anywhere(self) -> bool:
        """Tell whether any node may have such sessions, and not only those that the ids name."""
        return bool(self.users or self.tag or self.everybody)


class _Errand(Struct, frozen=True, array_like=True):
    target: Target
    deed: Deed


class Tally(Struct, frozen=True, array_like=True):
    """To how many sessions of a node it was done, and which of those named are no more."""

    sessions: int = 0
    gone: tuple[SessionId, ...] = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of it.

    Args:
        fate: in a word. sessions: how many it was done to. gone: those that were named and are no more.
        missing: living nodes that did not answer: it may have been done there as well.
    """

    fate: Fate
    sessions: int = 0
    gone: tuple[SessionId, ...] = ()
    missing: tuple[str, ...] = ()


class Reach:
    """Do something to sessions on all nodes, and what others want done to those of this one.

    Args:
        services: the sessions of this node. control: the way to the others.
    """

    __slots__ = ("_control", "_services")

    def __init__(self, services: Services, control: Control) -> None:
        self._services = services
        self._control = control
        control.on(ORDER, self._carry_out)

    async def do(self, target: Target, deed: Deed, timeout_s: float = TIMEOUT_S) -> Reached:
        """Do something to sessions, wherever they are; `timeout_s` is what a node has to answer.

        Raises OrderFailed where it cannot be asked (too big, too many under way), and BrokerUnavailable.
        """
        if target.is_anywhere:
            tallies, missing = await self._ask_all(target, deed, timeout_s)
        else:
            tallies, missing = await self._ask_some(target, deed, timeout_s)
        sessions = sum(tally.sessions for tally in tallies)
        gone = tuple(each for tally in tallies for each in tally.gone)
        if sessions:
            fate = deed.done
        elif missing:
            fate = Fate.UNKNOWN
        else:
            named = not target.is_anywhere and bool(target.sessions)
            fate = Fate.GONE if named and len(gone) == len(target.sessions) else Fate.OFFLINE
        return Reached(fate, sessions, gone, tuple(sorted(missing)))

    async def _ask_all(
        self, target: Target, deed: Deed, timeout_s: float
    ) -> tuple[list[Tally], list[str]]:
        answers = await self._control.ask_all(ORDER, _encode(_Errand(target, deed)), timeout_s)
        tallies, missing = answers.read(_TALLY)
        known = {*answers.by_node, *missing}
        lost = tuple(each for each in target.sessions if node_of(each) not in known)
        return [*tallies, Tally(gone=lost)], missing

    async def _ask_some(
        self, target: Target, deed: Deed, timeout_s: float
    ) -> tuple[list[Tally], list[str]]:
        by_node: dict[str, list[SessionId]] = {}
        for session in dict.fromkeys(target.sessions):
            by_node.setdefault(node_of(session), []).append(session)
        asked = [
            self._ask(node, Target(tuple(sessions)), deed, timeout_s)
            for node, sessions in by_node.items()
        ]
        answers = await asyncio.gather(*asked)
        tallies = [each for each in answers if isinstance(each, Tally)]
        return tallies, [each for each in answers if isinstance(each, str)]

    async def _ask(self, node: str, target: Target, deed: Deed, timeout_s: float) -> Tally | str:
        """Return what a node did, or its name where it does not say."""
        if node == self._control.node:
            return self._do_here(target, deed)
        if not node:
            return Tally(gone=target.sessions)
        errand = _encode(_Errand(target, deed))
        try:
            return _TALLY.decode(await self._control.call(node, ORDER, errand, timeout_s))
        except NodeSilent:
            return node
        except NodeGone:
            return Tally(gone=target.sessions)
        except OrderFailed as fault:
            if fault.node == self._control.node:
                raise
            return node

    # ── on this node ────────────────────────────────────────────────────────────────────────────

    def _carry_out(self, payload: bytes) -> bytes:
        errand = _ERRAND.decode(payload)
        return _encode(self._do_here(errand.target, errand.deed))

    def _do_here(self, target: Target, deed: Deed) -> Tally:
        sessions, gone = self._meant(target)
        if isinstance(deed, Say):
            return Tally(self._say(sessions, deed), gone)
        if isinstance(deed, Mark):
            return Tally(sum(self._mark(session, deed) for session in sessions), gone)
        for session in sessions:
            session.end(Close(deed.code, deed.reason))
        return Tally(len(sessions), gone)

    def _mark(self, session: Session, deed: Mark) -> bool:
        try:
            self._services.registry.tags.change(session.id, session, deed.add, deed.remove)
        except Refused:  # it would have too many
            return False
        return True

    def _meant(self, target: Target) -> tuple[list[Session], tuple[SessionId, ...]]:
        """Return the sessions of this node that are meant, and the ids of its own that are no more."""
        registry, here = self._services.registry, self._control.node
        named = {each: registry.get(each) for each in target.sessions if node_of(each) == here}
        found: dict[SessionId, object] = {id: each for id, each in named.items() if each}
        for user in target.users:
            found.update((each.id, each) for each in registry.of_user(user))
        if target.tag:
            found.update((each.id, each) for each in registry.tags.holders(target.tag))
        if target.everybody:
            found.update((each.id, each) for each in registry)
        sessions = [each for each in found.values() if isinstance(each, Session) and not each.gone]
        return sessions, tuple(id for id, each in named.items() if each is None)

    def _say(self, sessions: Iterable[Session], deed: Say) -> int:
        """Write to those who were let in, the same bytes to all who share a protocol; return to how many."""
        data = deed.data if deed.kind is Kind.BINARY else Raw(as_json(deed.data, deed.kind))
        emit = Emit(deed.event, (data,))
        registry = self._services.registry
        made: dict[tuple[Renderer, Frame], bytes] = {}
        written = 0
        for session in sessions:
            if session.id in registry.congested:
                session.relieve(registry.now)
            if session.gone or session.held is not None:
                continue
            key = (session.dialect.renderer, session.connection.frame)
            packet = made.get(key)
            if packet is None:
                packet = made[key] = _framed(key[0].emitted(emit), key[1])
            written += _write(session, packet)
        self._services.hub.statistics.delivered += written
        return written


def _framed(packets: Packets | None, frame: Frame) -> bytes:
    if packets is None:
        return b""
    return b"".join(map(frame, packets)) if isinstance(packets, list) else frame(packets)


def _write(session: Session, data: bytes) -> bool:
    if not data:
        return False
    try:
        session.write(data)
    except (RuntimeError, OSError):  # it closed in this very turn
        return False
    return True


_encode = msgspec.msgpack.Encoder().encode
_ERRAND = msgspec.msgpack.Decoder(_Errand)
_TALLY = msgspec.msgpack.Decoder(Tally)
