"""What clients say beside connections that only the server can write to, brought to their sessions.

The request may come to any node: it names the node of its session, and goes there.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from hubbub.hub.nodes.control import Control
from hubbub.hub.nodes.orders import NodeGone
from hubbub.model import Packet
from hubbub.sessions.registry import Registry
from hubbub.sessions.seal import Seal

ORDER = "emulate"
"""What another node is told to do."""
TIMEOUT_S = 5.0
"""How long the session's node may take. An SDK waits as long for the answer to a command."""


class Said(msgspec.Struct, frozen=True, array_like=True):
    """A message of a client: `secret` names its session to its `node`, and to nobody else."""

    node: str
    secret: str
    data: bytes
    binary: bool = False

    def __repr__(self) -> str:
        return f"Said(node={self.node!r}, {len(self.data)} bytes)"


class Outcome(IntEnum):
    """What became of it."""

    TAKEN = 0
    NOBODY = 1
    """There is no such node, or it never had such a session."""
    GONE = 2
    """The session has ended; why, its connection says, which may be on its way still."""
    BUSY = 3
    """So much of this client waits already that no more is taken."""


class Emulation:
    """Take what clients say to this node.

    Args:
        registry: the sessions that are here. seal: what their secrets are made with.
        control: the way to the other nodes.
    """

    __slots__ = ("_control", "_registry", "_seal")

    def __init__(self, registry: Registry, seal: Seal, control: Control) -> None:
        self._registry = registry
        self._seal = seal
        self._control = control
        control.on(ORDER, self._carry_out)

    async def bring(self, said: Said) -> Outcome:
        """Hand a message to its session. Raises OrderFailed or BrokerUnavailable where its node cannot."""
        if said.node == self._control.node:
            return self._hand_over(said)
        try:
            answer = await self._control.call(said.node, ORDER, _encode(said), TIMEOUT_S)
        except NodeGone:
            return Outcome.NOBODY
        return Outcome(answer[0])

    def _carry_out(self, payload: bytes) -> bytes:
        return bytes((self._hand_over(_decode(payload)),))

    def _hand_over(self, said: Said) -> Outcome:
        known = self._seal.session(said.secret)
        if known is None:
            return Outcome.NOBODY
        session = self._registry.get(known)
        if session is None:
            return Outcome.GONE
        if session.is_busy():
            return Outcome.BUSY
        session.received(Packet(said.data, said.binary))
        return Outcome.TAKEN


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Said).decode
