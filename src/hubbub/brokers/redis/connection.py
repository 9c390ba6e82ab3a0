"""The command connection: many callers, one socket, one write per loop turn, and no lost order.

A command waits in `_waiting` until the end of the loop turn, is written together with the others of the
turn, and then waits in `_written` for its reply; replies come in order. When the connection breaks,
what was written but not answered goes back to the front of the queue and is sent again on the next
connection, in the old order, in the way that its `again` says. Nothing is ever cancelled: who gives up
waiting leaves its command in the queue.

Before anything is repeated, the old connection is killed on the server. Otherwise bytes that were stuck
in its socket could be executed after their repetition.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar, cast

from structlog import get_logger

from hubbub.brokers.redis import lua
from hubbub.brokers.redis.address import Address
from hubbub.brokers.redis.claims import settle
from hubbub.brokers.redis.command import Again, Claim, Command
from hubbub.brokers.redis.failures import ErrorReply, Remedy, explain
from hubbub.brokers.redis.lifeline import Lifeline
from hubbub.brokers.redis.link import Link, Unreachable, ask
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import Clock
from hubbub.errors import Barred, BrokerUnavailable

log = get_logger()

T = TypeVar("T")

EXPIRY_CHECK_S = 0.1


class Commands:
    """Send commands to Redis and give each a future of its decoded reply.

    `executed_ms` is a time, by the server's clock, when an answered command of this connection was
    executed. What is not answered yet was not executed before it.
    """

    __slots__ = (
        "_address",
        "_bounds",
        "_clock",
        "_closed",
        "_flushing",
        "_lifeline",
        "_link",
        "_loop",
        "_server",
        "_started_ms",
        "_timeout_s",
        "_timer",
        "_waiting",
        "_weight",
        "_written",
        "executed_ms",
    )

    def __init__(self, address: Address, settings: RedisSettings, clock: Clock) -> None:
        self._address = address
        self._bounds = settings.bounds
        self._clock = clock
        self._closed = True
        self._flushing = False
        self._lifeline = Lifeline(address, settings, self)
        self._link: Link | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: tuple[str, int] | None = None
        self._started_ms = 0
        self._timeout_s = settings.command_timeout_s
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: deque[Command[Any]] = deque()
        self._weight = 0
        self._written: deque[Command[Any]] = deque()
        self.executed_ms = 0

    @property
    def reason(self) -> str:
        """Return why there is no connection, or nothing when there is one."""
        return self._lifeline.reason

    async def open(self, name: str) -> None:
        """Connect under a name for CLIENT LIST; raises BrokerUnavailable when that fails."""
        await self._lifeline.open(name)
        self._closed = False

    def drop(self, reason: str) -> None:
        """Give up the connection and make another one; nothing that waits is lost."""
        self._lifeline.drop(reason)

    async def close(self, flush_s: float = 0.0) -> None:
        """Wait up to `flush_s` for the answers still missing, then end; the rest fails."""
        missing = [command.future for command in (*self._written, *self._waiting)]
        if missing and flush_s > 0 and self._link is not None:
            await asyncio.wait(missing, timeout=flush_s)
        self._closed = True
        await self._lifeline.close()
        if self._timer is not None:
            self._timer.cancel()
        for command in (*self._written, *self._waiting):
            command.fail(self.reason)
        self._written.clear()
        self._waiting.clear()

    def send(
        self,
        packed: bytes,
        decode: Callable[[Any], T],
        again: Again | Claim = Again.SAME,
        weight: int = 0,
    ) -> asyncio.Future[T]:
        """Queue a command; commands of one node are executed in the order of these calls.

        `decode` makes the result from a reply that is not an error; what it raises reaches the future as
        BrokerUnavailable. `weight` is the size of the payload in bytes.

        The future raises BrokerUnavailable when Redis refuses, does not answer in time, or when too
        much waits.
        """
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        refusal = self._refusal(weight)
        if refusal:
            future.set_exception(BrokerUnavailable(refusal))
            return future
        deadline = self._clock.monotonic() + self._timeout_s
        self._waiting.append(Command(packed, decode, again, weight, deadline, future))
        self._weight += weight
        if not self._flushing:
            self._flushing = True
            loop.call_soon(self._flush)
        if self._timer is None:
            self._timer = loop.call_later(EXPIRY_CHECK_S, self._expire)
        return future

    def _refusal(self, weight: int) -> str:
        if self._closed:
            return self.reason
        queued = len(self._waiting) + len(self._written)
        full = queued >= self._bounds.queue_commands
        if full or self._weight + weight > self._bounds.queue_bytes:
            why = self.reason or "it is too slow"
            return f"{queued} commands already wait for Redis at {self._address}: {why}"
        return ""

    # ── the life of the connection ──────────────────────────────────────────

    async def greet(self, link: Link) -> None:
        """Load the scripts, and see to it that the last connection does nothing any more."""
        loads = [("SCRIPT", "LOAD", script.source) for script in lua.ALL]
        info, number, time, *loaded = await ask(
            link, [("INFO", "server"), ("CLIENT", "ID"), ("TIME",), *loads]
        )
        for reply in (time, *loaded):
            if isinstance(reply, ErrorReply):
                raise Unreachable(explain(reply).sentence)
        server = _identity(info, number)
        if server and self._server and server[0] == self._server[0]:
            # A node without the right to do this runs the small risk told at the top.
            await ask(link, [("CLIENT", "KILL", "ID", self._server[1])])
        self._weight -= await settle(link, self._waiting)
        self._server = server
        self._started_ms = _milliseconds(time)

    def on_up(self, link: Link) -> None:
        """Send what waits."""
        self._link = link
        self.executed_ms = self._started_ms
        self._flush()

    def on_down(self) -> None:
        """Put everything that was not answered back to the front of the queue."""
        self._link = None
        while self._written:
            command = self._written.pop()
            if command.future.done() and not command.future.cancelled():
                self._weight -= command.weight
            elif command.again is Again.NEVER:
                self._weight -= command.weight
                command.fail(f"{self.reason}, before it answered")
            else:
                command.since_ms = self.executed_ms
                self._waiting.appendleft(command)

    def on_reply(self, reply: object) -> None:
        """Give the oldest command its reply."""
        if not self._written:
            self.drop("it sent a reply that nobody asked for")
            return
        command = self._written.popleft()
        if isinstance(reply, ErrorReply):
            failure = explain(reply)
            if failure.remedy is Remedy.RECONNECT:
                self._written.appendleft(command)
                self.drop(failure.sentence)
                return
            command.fail(f"Redis at {self._address}: {failure.sentence}")
        elif not command.future.done():
            try:
                command.future.set_result(command.decode(reply))
            except (BrokerUnavailable, Barred) as error:
                command.future.set_exception(error)
            except (TypeError, ValueError, LookupError, AttributeError):
                log.exception("redis reply not understood")
                command.fail(f"Redis at {self._address} gave a reply that makes no sense")
            self._lifeline.proven()
        self._weight -= command.weight

    # ── writing and waiting ─────────────────────────────────────────────────

    def _flush(self) -> None:
        self._flushing = False
        link = self._link
        if link is None or not link.is_open:
            return
        if self._waiting:
            link.write(b"".join([command.packed for command in self._waiting]))
            self._written.extend(self._waiting)
            self._waiting.clear()

    def _expire(self) -> None:
        """Fail what has waited too long; deadlines grow along the queue, so only its head is seen."""
        self._timer = None
        now = self._clock.monotonic()
        for command in self._written:
            if command.deadline > now:
                break
            # It keeps its place, because its reply may still come.
            command.fail(self._overdue())
        while self._waiting and self._waiting[0].deadline <= now:
            command = self._waiting.popleft()
            self._weight -= command.weight
            command.fail(self._overdue())
        if self._written or self._waiting:
            self._timer = asyncio.get_running_loop().call_later(EXPIRY_CHECK_S, self._expire)

    def _overdue(self) -> str:
        return (
            self.reason or f"Redis at {self._address}: it did not answer in {self._timeout_s:g} s"
        )


def _milliseconds(time: object) -> int:
    """Return TIME's seconds and microseconds in milliseconds."""
    seconds, micros = cast(list[bytes], time)
    return int(seconds) * 1000 + int(micros) // 1000


def _identity(info: object, client: object) -> tuple[str, int] | None:
    """Return which run of which server this is, and our number there; None when it does not tell."""
    if not isinstance(info, bytes) or not isinstance(client, int):
        return None
    for line in info.split(b"\r\n"):
        if line.startswith(b"run_id:"):
            return line[7:].decode(), client
    return None
