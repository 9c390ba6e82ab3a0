"""Guesses at the admin page are slowed down on all nodes together: each tells the others of a wrong one."""

from __future__ import annotations

import time

import msgspec
import structlog

from hubbub.errors import BrokerUnavailable
from hubbub.http.admin.throttle import Throttle
from hubbub.hub.nodes.control import Control
from hubbub.hub.nodes.orders import OrderFailed
from hubbub.sessions.entries import TELL_S

_log = structlog.get_logger(__name__)

ORDER = "admin.guess"
"""What nodes tell each other: who guessed wrongly, at which of them."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, str]).decode


class Guard:
    """Count attempts to log in, at this node and at the others.

    Args:
        control: the way to the other nodes.
    """

    __slots__ = ("_control", "_throttle", "_told_at")

    def __init__(self, control: Control) -> None:
        self._control = control
        self._throttle = Throttle()
        self._told_at = -TELL_S
        control.on(ORDER, self._hear)

    def allow(self, address: str) -> bool:
        """Tell whether an attempt may be made, and count it; log once a minute of too many."""
        now = time.monotonic()
        allowed = self._throttle.allow(address, now)
        if not allowed and now - self._told_at >= TELL_S:
            self._told_at = now
            _log.warning("too many logins to the admin page", peer=address)
        return allowed

    def forgive(self, address: str) -> None:
        """Give an attempt back, because it was right."""
        self._throttle.forgive(address, time.monotonic())

    async def tell(self, address: str) -> None:
        """Have the other nodes count an attempt that was wrong; one that cannot be told counts here."""
        try:
            await self._control.tell_all(ORDER, _encode((self._control.node, address)))
        except (BrokerUnavailable, OrderFailed) as fault:
            _log.info("a wrong login could not be told to the other nodes", fault=str(fault))

    def _hear(self, payload: bytes) -> bytes:
        node, address = _decode(payload)
        if node != self._control.node:
            self._throttle.allow(address, time.monotonic())
        return b""
