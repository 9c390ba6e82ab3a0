"""Forgetting a channel's history everywhere: at the broker, and in what every node remembers of it."""

from __future__ import annotations

from hubbub.hub.hub import Hub
from hubbub.hub.nodes.control import Control
from hubbub.model import ChannelName

LET_GO = "past.let_go"
"""The order by which nodes have each other forget."""


class Oblivion:
    """Forget, on all nodes.

    Args:
        hub: the channels of this node. control: the way to the others.
    """

    __slots__ = ("_control", "_hub")

    def __init__(self, hub: Hub, control: Control) -> None:
        self._hub = hub
        self._control = control
        control.on(LET_GO, self._let_go)

    async def forget(self, channel: ChannelName) -> list[str]:
        """Forget a channel's history, and return the living nodes that may still remember some of it.

        Raises Refused (108), OrderFailed, BrokerUnavailable.
        """
        await self._hub.past.forget(channel)
        answers = await self._control.ask_all(LET_GO, channel.encode())
        return sorted((*answers.missing, *answers.failed))

    def _let_go(self, payload: bytes) -> bytes:
        self._hub.past.let_go(payload.decode())
        return b""
