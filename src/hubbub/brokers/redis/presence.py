"""Who is in a channel, in Redis: entries under their node's lease, and a reaper for dead nodes.

Every start of a node has an identity of its own, so that what an earlier process of the same name left
behind is reaped as a dead node's, and not taken for alive.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from hubbub.brokers.contract import Ghost
from hubbub.brokers.redis import lua
from hubbub.brokers.redis.connection import Commands
from hubbub.brokers.redis.keys import Layout
from hubbub.brokers.redis.link import pack
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.errors import BrokerUnavailable
from hubbub.model import ChannelName, SessionId

_REAPED_KEPT_MS = 60_000


class RedisPresence:
    """Remember who is in a channel, under this node's lease."""

    __slots__ = (
        "_commands",
        "_layout",
        "_lease",
        "_lease_ms",
        "_node",
        "_on_lost",
        "_reap_limit",
    )

    def __init__(self, commands: Commands, layout: Layout, settings: RedisSettings) -> None:
        self._commands = commands
        self._layout = layout
        self._lease = b""
        self._lease_ms = int(settings.node_lease_s * 1000)
        self._node = ""
        self._on_lost: Callable[[], None] = _ignore
        self._reap_limit = settings.bounds.reap_entries

    async def begin(self, node: str, on_lost: Callable[[], None]) -> None:
        """Take the lease of a node.

        `on_lost` is called when a renewal finds that the lease had run out: other nodes may have
        removed this node's entries, and they must be written again.
        """
        # A slash would end the node's name in an entry too early.
        self._node = f"{node.replace('/', '-')}.{secrets.token_hex(4)}"
        self._lease = self._layout.lease_root() + self._node.encode()
        self._on_lost = on_lost
        await self.take_lease()

    async def enter(self, channel: ChannelName, session: SessionId, member: bytes) -> None:
        """Write a session's entry under this node's lease."""
        keys = (self._layout.members(channel), self._entries(), self._layout.nodes())
        entry = b"%b/%b" % (self._node.encode(), member)
        arguments = (session, entry, _place(channel, session), self._node)
        command = pack(("EVALSHA", lua.ENTER.digest, 3, *keys, *arguments))
        await self._commands.send(command, int, weight=len(member))

    async def leave(self, channel: ChannelName, session: SessionId) -> None:
        """Remove a session's entry."""
        keys = (self._layout.members(channel), self._entries())
        arguments = (session, _place(channel, session), self._node + "/")
        await self._commands.send(pack(("EVALSHA", lua.LEAVE.digest, 2, *keys, *arguments)), int)

    async def members(self, channel: ChannelName) -> dict[SessionId, bytes]:
        """Return the entries of nodes whose lease is alive."""
        arguments = (self._layout.members(channel), self._layout.lease_root())
        return await self._commands.send(
            pack(("EVALSHA", lua.MEMBERS.digest, 1, *arguments)), _members
        )

    async def renew(self) -> None:
        """Extend this node's lease, or take it again when it has run out."""
        extended = await self._commands.send(pack(("PEXPIRE", self._lease, self._lease_ms)), int)
        if not extended:
            await self.take_lease()
            self._on_lost()

    async def reap(self) -> Sequence[Ghost]:
        """Remove the entries of dead nodes; each ghost is returned to one caller in the cluster only."""
        ghosts: list[Ghost] = []
        more = 1
        while more:
            keys = (self._layout.nodes(), self._layout.reaped(secrets.token_hex(8)))
            roots = (
                self._layout.lease_root(),
                self._layout.entries_root(),
                self._layout.members_root(),
            )
            limits = (self._reap_limit, _REAPED_KEPT_MS)
            command = pack(("EVALSHA", lua.REAP.digest, 2, *keys, *roots, *limits))
            try:
                more, found = await self._commands.send(command, _reaped)
            except BrokerUnavailable:
                if ghosts:
                    # What was removed must be told; the rest is found the next time.
                    return ghosts
                raise
            ghosts += found
        return ghosts

    def take_lease(self) -> asyncio.Future[bool]:
        """Write this node's lease anew, before whatever is sent after this call."""
        return self._commands.send(pack(("SET", self._lease, "1", "PX", self._lease_ms)), bool)

    async def give_up(self) -> None:
        """End this node's lease; entries that are left are ghosts from now on."""
        await self._commands.send(pack(("DEL", self._lease)), int)

    def _entries(self) -> bytes:
        return self._layout.entries_root() + self._node.encode()


def _ignore() -> None:
    """Have nobody to tell."""


def _place(channel: ChannelName, session: SessionId) -> bytes:
    """Return channel and session as one name that can be taken apart again, whatever is in them."""
    name = channel.encode()
    return b"%d:%b%b" % (len(name), name, session.encode())


def _members(reply: Sequence[bytes]) -> dict[SessionId, bytes]:
    return {
        session.decode(): member for session, member in zip(reply[::2], reply[1::2], strict=True)
    }


def _reaped(reply: Sequence[Any]) -> tuple[int, list[Ghost]]:
    more, flat = reply
    triples = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
    ghosts = [
        Ghost(channel.decode(), session.decode(), member) for channel, session, member in triples
    ]
    return more, ghosts
