"""Who is in a channel: written on entering and leaving only, under the node's lease.

A write that the broker did not take is owed, and paid when it is back, so that nobody becomes a ghost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

import structlog

from hubbub.brokers.contract import Broker
from hubbub.errors import BrokerUnavailable
from hubbub.hub.envelope import Joined, Left, UnreadableEnvelope, encode, open_member
from hubbub.hub.namespaces import Namespace, Namespaces
from hubbub.hub.stepping import start
from hubbub.model import ChannelName, ClientInfo, SessionId

_log = structlog.get_logger(__name__)


class Membership:
    """Keep the broker's presence true, and tell channels of joins and leaves."""

    __slots__ = ("_broker", "_namespaces", "_owed", "_working")

    def __init__(self, broker: Broker, namespaces: Namespaces) -> None:
        self._broker = broker
        self._namespaces = namespaces
        self._owed: dict[tuple[ChannelName, SessionId], tuple[ClientInfo, bool]] = {}
        self._working: set[asyncio.Future[None]] = set()

    def enter(self, channel: ChannelName, namespace: Namespace, info: ClientInfo) -> None:
        """Remember that `info` is in a channel now, and announce it where the namespace wants that."""
        if namespace.presence:
            self._work(self._change(channel, namespace, info, present=True))

    def leave(self, channel: ChannelName, namespace: Namespace, info: ClientInfo) -> None:
        """Forget `info` in a channel, and announce it where the namespace wants that."""
        if namespace.presence:
            self._work(self._change(channel, namespace, info, present=False))

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
        """Write all entries of this node again, after the broker may have lost them."""
        await self._broker.presence.renew()
        for channel, info in list(present):
            await self._broker.presence.enter(channel, info.session, encode(info))

    async def tend(self) -> None:
        """Renew the lease, pay what is owed, and take the entries of dead nodes away."""
        try:
            await self._broker.presence.renew()
            owed, self._owed = self._owed, {}
            for (channel, _), (info, present) in owed.items():
                namespace = self._namespaces.resolve(channel)
                await self._change(channel, namespace, info, present=present)
            for ghost in await self._broker.presence.reap():
                self._bury(ghost.channel, ghost.member)
        except BrokerUnavailable as fault:
            _log.debug("presence waits for the broker", fault=str(fault))

    def _bury(self, channel: ChannelName, member: bytes) -> None:
        try:
            info = open_member(member)
        except UnreadableEnvelope:
            return
        if self._namespaces.resolve(channel).join_leave:
            self._announce(channel, Left(info))

    async def _change(
        self, channel: ChannelName, namespace: Namespace, info: ClientInfo, *, present: bool
    ) -> None:
        try:
            if present:
                await self._broker.presence.enter(channel, info.session, encode(info))
            else:
                await self._broker.presence.leave(channel, info.session)
        except BrokerUnavailable:
            self._owed[channel, info.session] = (info, present)
            return
        if namespace.join_leave:
            self._announce(channel, Joined(info) if present else Left(info))

    def _announce(self, channel: ChannelName, said: Joined | Left) -> None:
        # At most once by promise: a lost notice is mended by the next look at the members.
        self._broker.feed.announce(channel, encode(said)).add_done_callback(_forget)

    def _work(self, change: Coroutine[Any, Any, None]) -> None:
        work = start(change)
        if not work.done():
            self._working.add(work)
            work.add_done_callback(self._working.discard)

    async def close(self) -> None:
        """Wait for the changes that are on their way."""
        await asyncio.gather(*self._working, return_exceptions=True)


def _forget(announced: asyncio.Future[None]) -> None:
    if not announced.cancelled():
        announced.exception()
