"""Presence of an engine that lives in one process: entries under leases, and which channels are occupied."""

from __future__ import annotations

from collections.abc import Sequence

from hubbub.brokers.contract import Ghost, Occupancy
from hubbub.clock import Clock
from hubbub.model import ChannelName, SessionId


class Leases:
    """Remember presence entries, each under the lease of the node that wrote it."""

    __slots__ = ("_channels", "_clock", "_nodes", "_until", "_watch", "lease_s")

    def __init__(self, clock: Clock, lease_s: float) -> None:
        self._clock = clock
        self.lease_s = lease_s
        self._until: dict[str, float] = {}
        self._channels: dict[ChannelName, dict[SessionId, tuple[str, bytes]]] = {}
        self._nodes: dict[str, set[tuple[ChannelName, SessionId]]] = {}
        self._watch = Watch(clock)

    def renew(self, node: str) -> None:
        """Extend a node's lease from now, or give it one."""
        self._until[node] = self._clock.monotonic() + self.lease_s

    def give_up(self, node: str) -> None:
        """End a node's lease now; its entries are ghosts until somebody reaps them."""
        self._until.pop(node, None)

    def enter(
        self, node: str, channel: ChannelName, session: SessionId, member: bytes, watched: bool
    ) -> Occupancy | None:
        """Write an entry; one that another node wrote for the same session is taken over.

        Returns that a watched channel became occupied, if it did.
        """
        sessions = self._channels.setdefault(channel, {})
        former = sessions.get(session)
        if former is not None and former[0] != node:
            self._forget(former[0], channel, session)
        sessions[session] = (node, member)
        self._nodes.setdefault(node, set()).add((channel, session))
        return self._watch.enter(channel) if watched else None

    def leave(self, node: str, channel: ChannelName, session: SessionId) -> None:
        """Remove an entry if this node wrote it: a session that moved on is not the node's to remove."""
        self._remove(node, channel, session)
        self._forget(node, channel, session)

    def vacate(self, linger_s: float) -> Sequence[Occupancy]:
        """Return the watched channels that have been empty for `linger_s`, and watch them no more."""
        return self._watch.vacate(linger_s)

    def members(self, channel: ChannelName) -> dict[SessionId, bytes]:
        """Return the entries of nodes whose lease is alive."""
        now = self._clock.monotonic()
        alive = {node for node, until in self._until.items() if until > now}
        return {
            session: member
            for session, (node, member) in self._channels.get(channel, {}).items()
            if node in alive
        }

    def reap(self, reaper: str) -> Sequence[Ghost]:
        """Remove and return the entries of all dead nodes; who reaps is alive, whatever its lease says."""
        now = self._clock.monotonic()
        dead = [node for node in self._nodes if self._until.get(node, now) <= now]
        return [ghost for node in dead if node != reaper for ghost in self.bury(node)]

    def bury(self, node: str) -> Sequence[Ghost]:
        """End a node's lease, and remove and return its entries."""
        self.give_up(node)
        return [
            Ghost(channel, session, self._remove(node, channel, session))
            for channel, session in self._nodes.pop(node, ())
        ]

    def _remove(self, node: str, channel: ChannelName, session: SessionId) -> bytes:
        sessions = self._channels.get(channel, {})
        owner, member = sessions.get(session, ("", b""))
        if owner != node:
            return b""
        del sessions[session]
        if not sessions:
            del self._channels[channel]
            self._watch.leave(channel)
        return member

    def _forget(self, node: str, channel: ChannelName, session: SessionId) -> None:
        written = self._nodes.get(node)
        if written is not None:
            written.discard((channel, session))
            if not written:
                del self._nodes[node]


class NodePresence:
    """Write presence entries under the lease of one node."""

    __slots__ = ("_leases", "lease_s", "node")

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self.lease_s = leases.lease_s
        self.node = ""

    async def enter(
        self, channel: ChannelName, session: SessionId, member: bytes, *, watched: bool = False
    ) -> Occupancy | None:
        """Write a session's entry."""
        return self._leases.enter(self.node, channel, session, member, watched)

    async def leave(
        self, channel: ChannelName, session: SessionId, *, watched: bool = False
    ) -> None:
        """Remove a session's entry."""
        self._leases.leave(self.node, channel, session)

    async def members(self, channel: ChannelName) -> dict[SessionId, bytes]:
        """Return the entries of nodes whose lease is alive."""
        return self._leases.members(channel)

    async def renew(self) -> None:
        """Extend this node's lease."""
        self._leases.renew(self.node)

    async def reap(self) -> Sequence[Ghost]:
        """Remove and return the entries of dead nodes."""
        return self._leases.reap(self.node)

    async def bury(self, node: str) -> Sequence[Ghost]:
        """End the lease of another node, and remove and return its entries."""
        return self._leases.bury(node) if node != self.node else ()

    async def vacate(self, linger_s: float) -> Sequence[Occupancy]:
        """Return the watched channels that have been empty for so long."""
        return self._leases.vacate(linger_s)


class Watch:
    """Remember which watched channels are occupied, and which of them have nobody just now."""

    __slots__ = ("_clock", "_empty", "_number", "_occupied")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._empty: dict[ChannelName, float] = {}
        self._number = 0
        self._occupied: set[ChannelName] = set()

    def enter(self, channel: ChannelName) -> Occupancy | None:
        """Learn that somebody is in a channel; return that it became occupied, if it did."""
        self._empty.pop(channel, None)
        if channel in self._occupied:
            return None
        self._occupied.add(channel)
        return Occupancy(channel, occupied=True, number=self._next())

    def leave(self, channel: ChannelName) -> None:
        """Learn that a channel has nobody."""
        if channel in self._occupied:
            self._empty[channel] = self._clock.monotonic()

    def vacate(self, linger_s: float) -> Sequence[Occupancy]:
        """Return the channels that have been empty for `linger_s`, and forget them."""
        before = self._clock.monotonic() - linger_s
        vacated: list[Occupancy] = []
        for channel, since in list(self._empty.items()):
            if since > before:
                break  # the longest empty come first
            del self._empty[channel]
            self._occupied.remove(channel)
            vacated.append(Occupancy(channel, occupied=False, number=self._next()))
        return vacated

    def _next(self) -> int:
        self._number = max(self._number + 1, self._clock.epoch_ms() * 1000)
        return self._number
