"""A dialect within Engine.IO 4: its handshake, its heartbeat, and its packets around those of the dialect."""

from __future__ import annotations

from collections.abc import Sequence

from hubbub.dialects.contract import Command, Dialect, Goodbye, Greeting, Ping, Pong, Push, Reply
from hubbub.errors import BAD_REQUEST, Close, ProtocolViolation
from hubbub.framings import engineio
from hubbub.framings.engineio import Type
from hubbub.framings.framed import Framed
from hubbub.model import Packet, Packets

NEVER_S = 1_000_000.0
"""How long a client is told to wait for a ping where there are none: near what its timer can hold."""


class EngineIo(Framed):
    """Hold one connection's side of Engine.IO, and within it a dialect.

    Args:
        dialect: what is spoken. upgrades: transports that may take the connection over.
        limit: bytes of a payload.
    """

    __slots__ = ("_limit", "_upgrades")

    pings: bool = True
    pongs: bool = True

    def __init__(self, dialect: Dialect, upgrades: tuple[str, ...], limit: int) -> None:
        super().__init__(dialect, engineio.wrap)
        self._upgrades = upgrades
        self._limit = limit

    def receive(self, packet: Packet) -> Sequence[Command]:
        """Return the commands of a packet. Raises ProtocolViolation (3501), and what the dialect raises."""
        message = engineio.read(packet)
        if message.type is Type.MESSAGE:
            return self.heard(Packet(message.data, message.binary))
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
        return super().reply(command, reply)

    def push(self, push: Push) -> Packets | Close | None:
        """Ping, or render what the dialect says."""
        return engineio.PING if isinstance(push, Ping) else super().push(push)
