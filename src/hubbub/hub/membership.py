"""Who is in a channel: written on entering and leaving only, under the node's lease.

A write that the broker did not take is owed, and paid when it is back, so that nobody becomes a ghost. The
newest word about a session in a channel counts: whatever is owed or fails after it is void.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import structlog

from hubbub.brokers.contract import Broker
from hubbub.errors import BrokerUnavailable, Refused
from hubbub.hub.envelope import Joined, Left, UnreadableEnvelope, encode, open_member
from hubbub.hub.namespaces import Namespace, Namespaces
from hubbub.hub.stepping import start
from hubbub.model import ChannelName, ClientInfo, SessionId

_log = structlog.get_logger(__name__)

AT_ONCE = 500
"""Owed writes that are on their way to the broker together."""


class _Word(NamedTuple):
    """What is true of somebody in a channel, and whether the channel is told."""

    channel: ChannelName
    info: ClientInfo
    present: bool
    told: bool

    @property
    def about(self) -> tuple[ChannelName, SessionId]:
        return self.channel, self.info.session


class Membership:
    """Keep the broker's presence true, and tell channels of joins and leaves."""

    __slots__ = ("_broker", "_namespaces", "_newest", "_owed", "_paying", "_working")

    def __init__(self, broker: Broker, namespaces: Namespaces) -> None:
        self._broker = broker
        self._namespaces = namespaces
        self._newest: dict[tuple[ChannelName, SessionId], _Word] = {}
        self._owed: dict[tuple[ChannelName, SessionId], _Word] = {}
        self._paying = False
        self._working: set[asyncio.Future[bool]] = set()

    def enter(self, channel: ChannelName, namespace: Namespace, info: ClientInfo) -> None:
        """Remember that `info` is in a channel now, and announce it where the namespace wants that."""
        if namespace.presence:
            self._say(_Word(channel, info, present=True, told=namespace.join_leave))

    def leave(self, channel: ChannelName, namespace: Namespace, info: ClientInfo) -> None:
        """Forget `info` in a channel, and announce it where the namespace wants that."""
        if namespace.presence:
            self._say(_Word(channel, info, present=False, told=namespace.join_leave))

    async def members(self, channel: ChannelName) -> dict[SessionId, ClientInfo]:
        """Return who is in a channel, on all living nodes."""
        found: dict[SessionId, ClientInfo] = {}
        for session, member in (await self._broker.presence.members(channel)).items():
            try:
                found[session] = open_member(member)
            except UnreadableEnvelope as fault:
                _log.warning("unreadable presence entry", channel=channel, fault=str(fault))
        return found

    async def restore(self, present: Iterable[tuple[ChannelName, ClientInfo]]) -> None:
        """Write all entries of this node again, after the broker may have lost them; nobody is told."""
        for channel, info in present:
            word = _Word(channel, info, present=True, told=False)
            self._owed.setdefault(word.about, word)
        await self.tend()

    async def tend(self) -> None:
        """Renew the lease, pay what is owed, and take the entries of dead nodes away."""
        try:
            await self._broker.presence.renew()
            await self._pay()
            ghosts = await self._broker.presence.reap()
        except BrokerUnavailable as fault:
            _log.debug("presence waits for the broker", fault=str(fault))
            return
        for ghost in ghosts:
            self._bury(ghost.channel, ghost.member)

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

    def _bury(self, channel: ChannelName, member: bytes) -> None:
        try:
            info = open_member(member)
            told = self._namespaces.resolve(channel).join_leave
        except (UnreadableEnvelope, Refused) as fault:
            # A node of another version or with other namespaces wrote it.
            _log.debug("nobody is told of a ghost", channel=channel, fault=str(fault))
            return
        if told:
            self._announce(channel, Left(info))

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
        channel, info, present, told = word
        if present:
            await self._broker.presence.enter(channel, info.session, encode(info))
        else:
            await self._broker.presence.leave(channel, info.session)
        if told:
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
