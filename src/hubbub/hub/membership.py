"""Who is in a channel: written on entering and leaving only, under the node's lease.

From the same writes follows whether a channel is occupied at all, in the whole cluster.

A write that the broker did not take is owed, and paid when it is back, so that nobody becomes a ghost. The
newest word about a session in a channel counts: whatever is owed or fails after it is void.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

import structlog

from hubbub.brokers.contract import Broker, Ghost, Occupancy
from hubbub.errors import BrokerUnavailable, Refused
from hubbub.hub.envelope import Joined, Left, UnreadableEnvelope, encode, open_member
from hubbub.hub.permissions.namespaces import Namespace, Namespaces
from hubbub.hub.stepping import start
from hubbub.model import ChannelName, ClientInfo, SessionId

_log = structlog.get_logger(__name__)

AT_ONCE = 500
"""Owed writes that are on their way to the broker together."""


class _Word(NamedTuple):
    """What is true of somebody in a channel, and whether the channel is told where its options say so."""

    channel: ChannelName
    namespace: Namespace
    info: ClientInfo
    present: bool
    told: bool = True

    @property
    def about(self) -> tuple[ChannelName, SessionId]:
        return self.channel, self.info.session


Told = Callable[[Occupancy], None]
Buried = Callable[[ChannelName, ClientInfo], None]
Moved = Callable[[ChannelName, ClientInfo, bool], None]


class Membership:
    """Keep the broker's presence true, and tell channels of joins and leaves.

    `occupancy_changed` is called with each change of a watched channel that the broker tells this node of,
    `buried` with each member whose node died and whom this node takes out, and `moved` with each who came or
    left where channels remember their people.
    """

    __slots__ = (
        "_broker",
        "_namespaces",
        "_newest",
        "_owed",
        "_paying",
        "_vacating",
        "_working",
        "buried",
        "moved",
        "occupancy_changed",
    )

    def __init__(self, broker: Broker, namespaces: Namespaces) -> None:
        self._broker = broker
        self._namespaces = namespaces
        self._newest: dict[tuple[ChannelName, SessionId], _Word] = {}
        self._owed: dict[tuple[ChannelName, SessionId], _Word] = {}
        self._paying = False
        self._vacating = False
        self._working: set[asyncio.Future[bool]] = set()
        self.buried: Buried = _unmourned
        self.moved: Moved = _unseen
        self.occupancy_changed: Told = _unheard

    @property
    def lease_s(self) -> float:
        """Return for how long a silent node counts as alive."""
        return self._broker.presence.lease_s

    def enter(self, channel: ChannelName, namespace: Namespace, info: ClientInfo) -> None:
        """Remember that `info` is in a channel now, and announce it where the namespace wants that."""
        if namespace.enters:
            self._say(_Word(channel, namespace, info, present=True))

    def leave(self, channel: ChannelName, namespace: Namespace, info: ClientInfo) -> None:
        """Forget `info` in a channel, and announce it where the namespace wants that."""
        if namespace.enters:
            self._say(_Word(channel, namespace, info, present=False))

    async def members(self, channel: ChannelName) -> dict[SessionId, ClientInfo]:
        """Return who is in a channel, on all living nodes."""
        found: dict[SessionId, ClientInfo] = {}
        for session, member in (await self._broker.presence.members(channel)).items():
            if not member:
                continue  # it counts, but nobody may know who it is
            try:
                found[session] = open_member(member)
            except UnreadableEnvelope as fault:
                _log.warning("unreadable presence entry", channel=channel, fault=str(fault))
        return found

    async def restore(self, present: Iterable[tuple[ChannelName, Namespace, ClientInfo]]) -> None:
        """Write all entries of this node again, after the broker may have lost them; nobody is told."""
        for channel, namespace, info in present:
            word = _Word(channel, namespace, info, present=True, told=False)
            self._owed.setdefault(word.about, word)
        await self.tend(reap=False)

    async def tend(self, *, reap: bool = True) -> None:
        """Renew the lease, pay what is owed, and take the entries of dead nodes away, if `reap`."""
        presence = self._broker.presence
        try:
            await presence.renew()
            await self._pay()
            ghosts = await presence.reap() if reap else ()
        except BrokerUnavailable as fault:
            _log.debug("presence waits for the broker", fault=str(fault))
            return
        self._lay_out(ghosts)

    async def bury(self, node: str) -> None:
        """Take the entries of a node away that is known to be dead."""
        try:
            self._lay_out(await self._broker.presence.bury(node))
        except BrokerUnavailable as fault:
            _log.debug("a dead node waits for the end of its lease", node=node, fault=str(fault))

    async def vacate(self, linger_s: float) -> None:
        """Find the watched channels that have been empty for so long, where any are watched."""
        if self._vacating or not self._namespaces.watched:
            return
        self._vacating = True
        try:
            vacated = await self._broker.presence.vacate(linger_s)
        except BrokerUnavailable as fault:
            _log.debug("occupancy waits for the broker", fault=str(fault))
            return
        finally:
            self._vacating = False
        for change in vacated:
            self.occupancy_changed(change)

    async def _pay(self) -> None:
        """Write what is owed until the broker does not take it; leases are renewed meanwhile."""
        if self._paying:
            return
        self._paying = True
        try:
            while self._owed:
                about = list(islice(self._owed, AT_ONCE))
                written = [start(self._write(self._owed.pop(each))) for each in about]
                if not all(await asyncio.gather(*written)):
                    return
        finally:
            self._paying = False

    def _lay_out(self, ghosts: Iterable[Ghost]) -> None:
        for ghost in ghosts:
            self._take_leave(ghost.channel, ghost.member)

    def _take_leave(self, channel: ChannelName, member: bytes) -> None:
        try:
            namespace = self._namespaces.resolve(channel)
            info = open_member(member) if member else None
        except (UnreadableEnvelope, Refused) as fault:
            # It is internal, or a node of another version or with other namespaces wrote it.
            _log.debug("nobody is told of a ghost", channel=channel, fault=str(fault))
            return
        if info is not None:
            if namespace.people:
                self.moved(channel, info, False)
            if namespace.join_leave:
                self._announce(channel, Left(info))
            self.buried(channel, info)

    def _say(self, word: _Word) -> None:
        self._owed.pop(word.about, None)
        work = start(self._write(word))
        if not work.done():
            self._working.add(work)
            work.add_done_callback(self._working.discard)

    async def _write(self, word: _Word) -> bool:
        """Write a word and whatever newer one comes meanwhile; tell whether the broker took them.

        There is one writer at a time about a session in a channel, so that no broker can mistake the order.
        """
        about = word.about
        written = self._newest.get(about)
        self._newest[about] = word
        if written is not None:
            return True  # its writer goes on with this word
        try:
            while word is not written:
                written = word
                await self._tell_broker(word)
                word = self._newest[about]
        except BrokerUnavailable:
            self._owed[about] = self._newest[about]
            return False
        finally:
            del self._newest[about]
        return True

    async def _tell_broker(self, word: _Word) -> None:
        channel, namespace, info, present, told = word
        presence, watched = self._broker.presence, namespace.occupancy_hooks
        if present:
            # Where only their number counts, it is nobody's business who they are.
            member = encode(info) if namespace.presence else b""
            change = await presence.enter(channel, info.session, member, watched=watched)
            if change is not None:
                self.occupancy_changed(change)
        else:
            await presence.leave(channel, info.session, watched=watched)
        if told and namespace.people and namespace.presence:
            self.moved(channel, info, present)
        if told and namespace.join_leave and namespace.presence:
            self._announce(channel, Joined(info) if present else Left(info))

    def _announce(self, channel: ChannelName, said: Joined | Left) -> None:
        # At most once by promise: a lost notice is mended by the next look at the members.
        self._broker.feed.announce(channel, encode(said)).add_done_callback(_forget)

    async def close(self) -> None:
        """Wait for the changes that are on their way."""
        while self._working:
            await asyncio.gather(*self._working, return_exceptions=True)


def _forget(announced: asyncio.Future[None]) -> None:
    if not announced.cancelled():
        announced.exception()


def _unmourned(channel: ChannelName, info: ClientInfo) -> None:
    """Take no notice of a member's end where nobody wants to know of it."""


def _unheard(change: Occupancy) -> None:
    """Drop a change where nobody wants to know of it."""


def _unseen(channel: ChannelName, info: ClientInfo, present: bool) -> None:
    """Drop that somebody came or left, where nobody wants to know of it."""
