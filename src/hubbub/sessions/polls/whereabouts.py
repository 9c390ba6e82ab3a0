"""On which node a session lives that its client has named: told by presence, so that dead nodes have none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from hubbub.brokers.contract import Entry
from hubbub.hub.permissions.namespaces import RESERVED
from hubbub.hub.stepping import start
from hubbub.model import ChannelName

_log = structlog.get_logger(__name__)

NAME = f"{RESERVED}sessions"
"""What interruptions are told under; nothing else is."""


class Presence(Protocol):
    """The part of the broker's presence that is needed here."""

    async def members(self, channel: ChannelName) -> dict[str, bytes]:
        """Return the entries of living nodes. Raises BrokerUnavailable."""
        ...

    async def enter(self, channel: ChannelName, session: str, member: bytes) -> object:
        """Write an entry under this node's lease. Raises BrokerUnavailable."""
        ...

    async def leave(self, channel: ChannelName, session: str) -> None:
        """Remove an entry. Raises BrokerUnavailable."""
        ...


class Whereabouts:
    """Say where sessions are, and find those of other nodes (a `brokers.contract.Receiver`).

    Each session's key is an internal channel, whose one member is its node.

    Args:
        node: this node's name. presence: the broker's.
    """

    __slots__ = ("_here", "_node", "_presence", "_work")

    names: Sequence[ChannelName] = (NAME,)

    def __init__(self, node: str, presence: Presence) -> None:
        self._node = node
        self._presence = presence
        self._here: set[str] = set()
        self._work: set[asyncio.Future[None]] = set()

    async def find(self, key: str) -> list[str]:
        """Return the other nodes that say they have a session. Raises BrokerUnavailable."""
        found = await self._presence.members(_channel(key))
        return [node for node in found if node != self._node]

    async def settle(self, key: str) -> None:
        """Say that a session is here. Raises BrokerUnavailable."""
        self._here.add(key)
        try:
            await self._presence.enter(_channel(key), self._node, b"")
        except BaseException:
            self.leave(key)  # it may have been written all the same
            raise

    def leave(self, key: str) -> None:
        """Say that it is not here any more; where the broker is away, it ends with this node's lease."""
        self._here.discard(key)
        self._do(start(self._presence.leave(_channel(key), self._node)))

    def on_entry(self, channel: ChannelName, entry: Entry) -> None:
        """Skip it: nothing is said in these channels."""

    def on_announcement(self, channel: ChannelName, payload: bytes) -> None:
        """Skip it, likewise."""

    def on_restored(self) -> None:
        """Say it all again: the broker may have come back empty."""
        self._do(start(self._say_again()))

    async def _say_again(self) -> None:
        for key in list(self._here):
            if key in self._here:
                await self._presence.enter(_channel(key), self._node, b"")

    def _do(self, work: asyncio.Future[None]) -> None:
        self._work.add(work)
        work.add_done_callback(self._done)

    def _done(self, work: asyncio.Future[None]) -> None:
        self._work.discard(work)
        fault = None if work.cancelled() else work.exception()
        if fault is not None:
            _log.info("the broker could not be told where sessions are", fault=str(fault))


def _channel(key: str) -> ChannelName:
    return f"{RESERVED}session.{key}"
