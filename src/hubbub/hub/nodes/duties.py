"""What this node does on the order of others: find who is responsible, run it, and say what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from hubbub.errors import HubbubError
from hubbub.hub.nodes.orders import FAULT_LIMIT, PAYLOAD_LIMIT, Answer, Order, OrderFailed

_log = structlog.get_logger(__name__)

UNDER_WAY = 10_000
"""Orders that a node may be at, at the same time."""

Handler: TypeAlias = Callable[[bytes], Awaitable[bytes] | bytes]
Tell: TypeAlias = Callable[[Answer], None]


class Duties:
    """Carry out orders by their names; no failure of one touches another."""

    __slots__ = ("_handlers", "_node", "_under_way", "carried_out", "failed")

    def __init__(self, node: str) -> None:
        self._node = node
        self._handlers: dict[str, Handler] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self.carried_out = 0
        self.failed = 0

    def assign(self, order: str, handler: Handler) -> None:
        """Let `handler` carry out the orders of a name."""
        self._handlers[order] = handler

    def take_up(self, order: Order, tell: Tell) -> None:
        """Carry out an order, now or in a task where its handler waits, and tell what came of it."""
        try:
            outcome = self._find(order)(order.payload)
            if isinstance(outcome, bytes):
                answer = self._answer(order, outcome)
            else:
                task = asyncio.get_running_loop().create_task(self._finish(order, outcome, tell))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
                return
        except Exception as fault:  # noqa: BLE001 - whatever it was, it is that one order's
            answer = self._excuse(order, fault)
        tell(answer)

    async def _finish(self, order: Order, outcome: Awaitable[bytes], tell: Tell) -> None:
        try:
            answer = self._answer(order, await outcome)
        except Exception as fault:  # noqa: BLE001 - as above
            answer = self._excuse(order, fault)
        tell(answer)

    def _find(self, order: Order) -> Handler:
        handler = self._handlers.get(order.name)
        if handler is None:
            raise OrderFailed(self._node, f"it knows no order {order.name!r}")
        if len(self._under_way) >= UNDER_WAY:
            raise OrderFailed(self._node, "too many orders are under way")
        return handler

    def _answer(self, order: Order, payload: bytes) -> Answer:
        if len(payload) > PAYLOAD_LIMIT:
            raise OrderFailed(self._node, f"its answer has more than {PAYLOAD_LIMIT} bytes")
        self.carried_out += 1
        return Answer(self._node, order.number, payload)

    def _excuse(self, order: Order, fault: Exception) -> Answer:
        self.failed += 1
        if isinstance(fault, OrderFailed):
            said = fault.detail
        elif isinstance(fault, HubbubError):
            said = str(fault)
        else:
            _log.error("order failed", order=order.name, sender=order.sender, exc_info=fault)
            said = "an internal error, of which its log tells"
        return Answer(self._node, order.number, b"", said[:FAULT_LIMIT] or "it failed")

    async def close(self) -> None:
        """Break off what is under way."""
        await asyncio.sleep(
            0
        )  # what has just come must begin, to be broken off without a complaint
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
