"""Who is in a channel, in Redis: entries under their node's lease, and a reaper for dead nodes.

Every start of a node has an identity of its own, so that what an earlier process of the same name left
behind is reaped as a dead node's, and not taken for alive.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from hubbub.brokers.contract import Ghost, Occupancy
from hubbub.brokers.redis import lua
from hubbub.brokers.redis.connection import Commands
from hubbub.brokers.redis.keys import Layout
from hubbub.brokers.redis.link import Argument, pack
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.errors import BrokerUnavailable
from hubbub.model import ChannelName, SessionId

T = TypeVar("T")

LIFE_BYTES = 4
"""Random bytes that tell a start of a node from an earlier process of the same name."""

_TOLD_KEPT_MS = 60_000


class RedisPresence:
    """Remember who is in a channel, under this node's lease."""

    __slots__ = (
        "_at_once",
        "_commands",
        "_layout",
        "_lease",
        "_lease_ms",
        "_node",
        "_on_lost",
        "_unanswered",
        "lease_s",
    )

    def __init__(self, commands: Commands, layout: Layout, settings: RedisSettings) -> None:
        self._at_once = settings.bounds.presence_at_once
        self._commands = commands
        self._layout = layout
        self._lease = b""
        self.lease_s = settings.node_lease_s
        self._lease_ms = int(self.lease_s * 1000)
        self._node = ""
        self._on_lost: Callable[[], None] = _ignore
        self._unanswered: dict[bytes, bytes] = {}

    async def begin(self, node: str, on_lost: Callable[[], None]) -> None:
        """Take the lease of a node.

        `on_lost` is called when a renewal finds that the lease had run out: other nodes may have
        removed this node's entries, and they must be written again.
        """
        self._node = _life_of(node) + secrets.token_hex(LIFE_BYTES)
        self._lease = self._layout.lease_root() + self._node.encode()
        self._on_lost = on_lost
        await self.take_lease()

    async def enter(
        self, channel: ChannelName, session: SessionId, member: bytes, *, watched: bool = False
    ) -> Occupancy | None:
        """Write a session's entry under this node's lease."""
        layout, place = self._layout, _place(channel, session)
        keys: list[Argument] = [layout.members(channel), self._entries(), layout.nodes()]
        entry = b"%b/%b" % (self._node.encode(), member)
        arguments: list[Argument] = [session, entry, place, self._node]
        told = self._told(place)
        if watched:
            keys += [layout.occupied(), layout.occupied_last(), told]
            arguments += [channel, _TOLD_KEPT_MS]
        command = pack(("EVALSHA", lua.ENTER.digest, len(keys), *keys, *arguments))
        try:
            number = await self._commands.send(command, int, weight=len(member))
        except BrokerUnavailable:
            self._unanswered[place] = told
            raise
        return Occupancy(channel, occupied=True, number=number) if number else None

    async def leave(
        self, channel: ChannelName, session: SessionId, *, watched: bool = False
    ) -> None:
        """Remove a session's entry."""
        place = _place(channel, session)
        self._unanswered.pop(place, None)
        keys = (self._layout.members(channel), self._entries(), self._layout.occupied())
        arguments = (session, place, self._node + "/", channel, int(watched))
        await self._commands.send(pack(("EVALSHA", lua.LEAVE.digest, 3, *keys, *arguments)), int)

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
        return await self._reap()

    async def bury(self, node: str) -> Sequence[Ghost]:
        """End the lease of another node, whichever start of it has one, and remove its entries."""
        life = _life_of(node)
        return () if self._node.startswith(life) else await self._reap(life)

    async def _reap(self, buried: str = "") -> Sequence[Ghost]:
        layout = self._layout
        roots = (layout.lease_root(), layout.entries_root(), layout.members_root())

        def command(told: bytes) -> bytes:
            keys = (layout.nodes(), told, layout.occupied())
            limits = (self._at_once, _TOLD_KEPT_MS)
            which = (buried, len(buried) + 2 * LIFE_BYTES)
            return pack(("EVALSHA", lua.REAP.digest, 3, *keys, *roots, *limits, *which))

        return await self._all(b"reap", command, _ghosts)

    async def vacate(self, linger_s: float) -> Sequence[Occupancy]:
        """Return the watched channels that have been empty for so long, each to one caller only."""
        layout = self._layout
        linger_ms = int(linger_s * 1000)

        def command(told: bytes) -> bytes:
            keys = (layout.occupied(), layout.occupied_last(), told)
            arguments = (linger_ms, layout.members_root(), self._at_once, _TOLD_KEPT_MS)
            return pack(("EVALSHA", lua.VACATE.digest, 3, *keys, *arguments))

        return await self._all(b"vacate", command, _vacated)

    async def _all(
        self,
        about: bytes,
        command: Callable[[bytes], bytes],
        decode: Callable[[Sequence[Any]], list[T]],
    ) -> list[T]:
        """Run a script again and again, as long as it says that there may be more."""
        told: list[T] = []
        more = 1
        while more:
            place = self._told(about)
            try:
                more, found = await self._commands.send(command(place), partial(_part, decode))
            except BrokerUnavailable:
                self._unanswered[about] = place
                if told:
                    # What was removed must be told; the rest is found the next time.
                    return told
                raise
            told += found
        return told

    def take_lease(self) -> asyncio.Future[bool]:
        """Write this node's lease anew, before whatever is sent after this call."""
        return self._commands.send(pack(("SET", self._lease, "1", "PX", self._lease_ms)), bool)

    async def give_up(self) -> None:
        """End this node's lease; entries that are left are ghosts from now on."""
        await self._commands.send(pack(("DEL", self._lease)), int)

    def _entries(self) -> bytes:
        return self._layout.entries_root() + self._node.encode()

    def _told(self, about: bytes) -> bytes:
        """Return where a run keeps what it tells only once: at the place of the last one, if that failed.

        So what Redis did although nobody waited for it any more, is told to the next one who asks.
        """
        return self._unanswered.pop(about, b"") or self._layout.told(secrets.token_hex(8))


def _life_of(node: str) -> str:
    """Return what all lives of a node begin with; a slash would end its name in an entry too early."""
    return f"{node.replace('/', '-')}."


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


def _part(decode: Callable[[Sequence[Any]], list[T]], reply: Sequence[Any]) -> tuple[int, list[T]]:
    more, flat = reply
    return more, decode(flat)


def _ghosts(flat: Sequence[bytes]) -> list[Ghost]:
    triples = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
    return [
        Ghost(channel.decode(), session.decode(), member) for channel, session, member in triples
    ]


def _vacated(flat: Sequence[Any]) -> list[Occupancy]:
    pairs = zip(flat[::2], flat[1::2], strict=True)
    return [Occupancy(channel.decode(), occupied=False, number=number) for channel, number in pairs]
