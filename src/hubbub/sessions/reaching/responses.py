"""The way of an answer to the client that asked, on whatever node: by an address that this client gave away.

An address is a session's id under a seal of its node. It says which node that is, and nobody can make one of
a session's id, which is public. An answer is no publication: who is gone does not get it.
"""

from __future__ import annotations

import asyncio

import msgspec
from msgspec import Struct

from hubbub.dialects import contract as say
from hubbub.errors import LIMIT_EXCEEDED, Refused
from hubbub.hub.nodes.control import Control
from hubbub.hub.nodes.orders import NodeGone, OrderFailed
from hubbub.hub.stepping import start
from hubbub.model import SessionId
from hubbub.sessions.addresses import node_of
from hubbub.sessions.registry import Registry
from hubbub.sessions.seal import Seal

ORDER = "respond"
"""The name of these orders between nodes."""


class _Errand(Struct, frozen=True, array_like=True):
    address: str
    response: say.Response


class Responses:
    """Bring answers to the sessions that asked.

    Args:
        registry: the sessions of this node. control: the way to the others.
    """

    __slots__ = ("_control", "_registry", "_seal")

    def __init__(self, registry: Registry, control: Control) -> None:
        self._registry = registry
        self._control = control
        self._seal = Seal()
        control.on(ORDER, self._carry_out)

    def address(self, session: SessionId) -> str:
        """Return the address of a session of this node."""
        return self._seal.secret(session)

    def bring(self, address: str, response: say.Response) -> asyncio.Future[None] | None:
        """Bring an answer; return a future where that takes time.

        Raises (or the future does) Refused (106) where this node asks others too much, and BrokerUnavailable.
        """
        errand = _Errand(address, response)
        if node_of(address) == self._control.node:
            self._bring_here(errand)
            return None
        return start(self._bring_there(errand))

    async def _bring_there(self, errand: _Errand) -> None:
        try:
            await self._control.call(node_of(errand.address), ORDER, _encode(errand))
        except NodeGone:
            return
        except OrderFailed as fault:
            if fault.node == self._control.node:
                raise Refused(LIMIT_EXCEEDED, fault.detail) from None

    def _carry_out(self, payload: bytes) -> bytes:
        self._bring_here(_ERRAND.decode(payload))
        return b""

    def _bring_here(self, errand: _Errand) -> None:
        session = self._seal.session(errand.address)
        asker = self._registry.get(session) if session else None
        if asker is not None:
            if session in self._registry.congested:
                asker.relieve(self._registry.now)
            asker.push(errand.response)


_encode = msgspec.msgpack.Encoder().encode
_ERRAND = msgspec.msgpack.Decoder(_Errand)
