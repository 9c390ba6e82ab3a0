"""A dialect within Engine.IO 4: its handshake, its heartbeat, and its packets around those of the dialect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from hubbub.dialects.contract import (
    Command,
    Dialect,
    Emit,
    Goodbye,
    Greeting,
    Opened,
    Ping,
    Pong,
    Push,
    Renderer,
    Reply,
    reframed,
)
from hubbub.errors import BAD_REQUEST, Close, ProtocolViolation
from hubbub.framings import engineio
from hubbub.framings.engineio import Type
from hubbub.model import ChannelName, ClientInfo, Packet, Packets, Publication

NEVER_S = 1_000_000.0
"""How long a client is told to wait for a ping where there are none: near what its timer can hold."""


@dataclass(frozen=True, slots=True)
class EngineIoRenderer:
    """Put what another renderer makes into Engine.IO packets."""

    inner: Renderer

    @property
    def name(self) -> str:
        """Return what the variant is called: as without the framing."""
        return self.inner.name

    @property
    def joins(self) -> bool:
        """Return whether joins can be shown."""
        return self.inner.joins

    @property
    def deltas(self) -> None:
        """Return no variant of changes: no dialect in this framing has one."""
        return

    def publication(self, channel: ChannelName, publication: Publication) -> Packets:
        """Render one publication of a channel."""
        return _wrapped(self.inner.publication(channel, publication))

    def emitted(self, emit: Emit) -> Packets | None:
        """Render what the application says."""
        said = self.inner.emitted(emit)
        return None if said is None else _wrapped(said)

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packets:
        """Render that somebody joined."""
        return _wrapped(self.inner.joined(channel, info))

    def left(self, channel: ChannelName, info: ClientInfo) -> Packets:
        """Render that somebody left."""
        return _wrapped(self.inner.left(channel, info))


@lru_cache(maxsize=1024)
def framed(inner: Renderer) -> EngineIoRenderer:
    """Return what frames a renderer; those of equal renderers are equal."""
    return EngineIoRenderer(inner)


class EngineIo:
    """Hold one connection's side of Engine.IO, and within it a dialect.

    Args:
        dialect: what is spoken. upgrades: transports that may take the connection over.
        limit: bytes of a payload.
    """

    __slots__ = ("_dialect", "_limit", "_upgrades")

    pings: bool = True
    pongs: bool = True

    def __init__(self, dialect: Dialect, upgrades: tuple[str, ...], limit: int) -> None:
        self._dialect = dialect
        self._upgrades = upgrades
        self._limit = limit

    @property
    def renderer(self) -> Renderer:
        """Return what frames the dialect's variant."""
        return framed(self._dialect.renderer)

    @property
    def replays(self) -> bool:
        """Return what holds for the dialect."""
        return self._dialect.replays

    @property
    def acknowledges(self) -> bool:
        """Return what holds for the dialect."""
        return self._dialect.acknowledges

    @property
    def ends_on_resync(self) -> bool:
        """Return what holds for the dialect."""
        return self._dialect.ends_on_resync

    @property
    def says_farewell(self) -> bool:
        """Return what holds for the dialect."""
        return self._dialect.says_farewell

    @property
    def asks_at_first(self) -> bool:
        """Return what holds for the dialect."""
        return self._dialect.asks_at_first

    def open(self) -> Sequence[Command]:
        """Ask for the name that the handshake tells, before anything else."""
        return (Opened(), *self._dialect.open())

    def receive(self, packet: Packet) -> Sequence[Command]:
        """Return the commands of a packet. Raises ProtocolViolation (3501), and what the dialect raises."""
        message = engineio.read(packet)
        if message.type is Type.MESSAGE:
            found = self._dialect.receive(Packet(message.data, message.binary))
            return [reframed(command, framed) for command in found]
        if message.type is Type.PONG:
            return (Pong(),)
        if message.type is Type.CLOSE:
            return (Goodbye(),)
        if message.type in {Type.NOOP, Type.UPGRADE}:
            return ()
        raise ProtocolViolation(BAD_REQUEST, f"a client sends no {message.type.name}")

    def reply(self, command: Command, reply: Reply) -> Packets | None:
        """Greet, or render what the dialect answers."""
        if isinstance(reply, Greeting):
            ping_s = reply.ping_s or NEVER_S
            return engineio.opened(reply.name, self._upgrades, ping_s, reply.pong_s, self._limit)
        answer = self._dialect.reply(command, reply)
        return None if answer is None else _wrapped(answer)

    def push(self, push: Push) -> Packets | Close | None:
        """Ping, or render what the dialect says."""
        if isinstance(push, Ping):
            return engineio.PING
        said = self._dialect.push(push)
        return said if said is None or isinstance(said, Close) else _wrapped(said)

    def farewell(self, close: Close) -> Packets | None:
        """Render the dialect's farewell."""
        farewell = self._dialect.farewell(close)
        return None if farewell is None else _wrapped(farewell)


def _wrapped(packets: Packets) -> Packets:
    if isinstance(packets, list):
        return [engineio.wrap(packet) for packet in packets]
    return engineio.wrap(packets)
