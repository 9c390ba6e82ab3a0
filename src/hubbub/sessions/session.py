"""One client's conversation, from the first byte to the last.

    greeting ──Connect──▶ open ──close/closed──▶ gone

Commands of one session run in order (`turns.py`), and reading pauses while many wait.
"""

from __future__ import annotations

import asyncio

import structlog

from hubbub.dialects.contract import (
    Acknowledged,
    Command,
    Dialect,
    Failed,
    Ping,
    Push,
    Reply,
    Request,
)
from hubbub.errors import (
    DISCONNECTED,
    INTERNAL,
    NO_PONG,
    SHUTDOWN,
    SLOW,
    STALE,
    TOO_MANY_REQUESTS,
    TOO_MANY_REQUESTS_ERROR,
    Close,
    ProtocolViolation,
)
from hubbub.model import Packet, Packets
from hubbub.sessions.backlog import Backlog
from hubbub.sessions.calls import Calls
from hubbub.sessions.contract import Connection
from hubbub.sessions.follower import Follower
from hubbub.sessions.hooks import EventKind
from hubbub.sessions.limits import TokenBucket
from hubbub.sessions.services import Services
from hubbub.sessions.turns import Handler, take
from hubbub.sessions.verdicts import verdict

_log = structlog.get_logger(__name__)


class Session(Follower):
    """Talk to one client.

    Args:
        services: what all sessions share.
        dialect: this client's side of its protocol.
        handle: runs one command; returns a future when it has to wait.
        request: what opened the connection.
    """

    __slots__ = (
        "_bucket",
        "_congested_at",
        "_handle",
        "_heard_at",
        "backlog",
        "calls",
        "opened_at",
        "pending",
        "settling",
    )

    def __init__(
        self,
        services: Services,
        dialect: Dialect,
        handle: Handler[Session],
        request: Request | None = None,
    ) -> None:
        super().__init__(services, dialect, request)
        self.pending = 0
        """Publications that wait for the broker, as `SessionLimits.pending` counts them."""
        self.settling: asyncio.Future[None] | None = None
        """What a command waits for that has its turn when none of them is pending; None while none does."""
        self.backlog: Backlog | None = None
        self.calls: Calls | None = None
        """What the client has yet to acknowledge; None where it was never asked to."""
        self._handle = handle
        self._bucket: TokenBucket | None = None
        self._congested_at = 0.0
        self._heard_at = self.opened_at = services.registry.now

    def is_busy(self) -> bool:
        """Tell whether so much waits that no more should be said where it cannot be held back."""
        return self.backlog is not None and self.backlog.is_full()

    # ── from the transport (sessions.contract.Conversation) ─────────────────────────────────────

    def opened(self, connection: Connection) -> None:
        """Begin: run what opening the connection implies."""
        self.connection = connection
        self.services.registry.add(self)
        try:
            commands = self.dialect.open()
        except ProtocolViolation as fault:
            self.end(fault.close)
            return
        for command in commands:
            take(self, self._handle, command, 0)

    def received(self, packet: Packet) -> None:
        """Take a message from the client."""
        registry = self.services.registry
        self._heard_at = registry.now
        if self.gone:
            return
        try:
            commands = self.dialect.receive(packet)
        except ProtocolViolation as fault:
            _log.debug("client broke its protocol", session=self.id, fault=str(fault))
            self.end(fault.close)
            return
        for command in commands:
            if isinstance(command, Acknowledged):  # not in turn: a command may wait for it
                if self.calls is not None:
                    self.calls.settle(command)
            elif self._allow():
                take(self, self._handle, command, len(packet.data))
            else:
                self._refuse(command)

    def introduced(self) -> None:
        """Learn that the client has the answer to its introduction: what was held back comes behind it."""
        if self.gone:
            return
        held, self.held = self.held, None
        self.write = self.connection.write
        self.services.registry.greeting.pop(self.id, None)
        for channel in self.following:
            self.services.hub.reroute(self, channel)
        for each in held or ():
            if not isinstance(each, bytes):
                self.push(each)
            elif not self.gone:
                self.write(each)

    def heard(self) -> None:
        """Take a sign of life."""
        self._heard_at = self.services.registry.now

    def congested(self) -> None:
        """Learn that the client reads too slowly."""
        if not self.gone:
            self._congested_at = self.services.registry.now
            self.services.registry.congested[self.id] = self

    def drained(self) -> None:
        """Learn that the client has caught up."""
        self.services.registry.congested.pop(self.id, None)

    def closed(self, close: Close) -> None:
        """Leave everything: the socket is gone."""
        self._leave(close)

    # ── commands ────────────────────────────────────────────────────────────────────────────────

    def _allow(self) -> bool:
        limits = self.services.limits
        if not limits.commands_per_s:
            return True
        now = self.services.registry.now
        if self._bucket is None:
            self._bucket = TokenBucket(limits.command_burst, now)
        return self._bucket.take(limits.commands_per_s, limits.command_burst, now)

    def _refuse(self, command: Command) -> None:
        if self._bucket is not None and self._bucket.refused > self.services.limits.strikes:
            self.end(TOO_MANY_REQUESTS)
        else:
            self.reply(command, Failed(TOO_MANY_REQUESTS_ERROR))

    async def answered(self) -> None:
        """Return when the client has the answers to all its publications; one command at a time may wait."""
        while self.pending:
            self.settling = asyncio.get_running_loop().create_future()
            await self.settling

    def fail(self, command: Command, fault: BaseException) -> None:
        """Answer a command with what went wrong."""
        told = verdict(fault)
        if told is None:
            _log.error("command failed", command=type(command).__name__, exc_info=fault)
            told = Failed(INTERNAL)
        if isinstance(told, Close):
            self.end(told)
        else:
            self.reply(command, told)

    # ── to the client ───────────────────────────────────────────────────────────────────────────

    def reply(self, command: Command, reply: Reply) -> None:
        """Answer a command in the dialect's way."""
        if self.gone:
            return
        try:
            packet = self.dialect.reply(command, reply)
        except ProtocolViolation as fault:
            self.end(fault.close)
            return
        if packet is not None:
            self._send(packet)

    def push(self, push: Push) -> None:
        """Say something to this client alone."""
        if self.gone:
            return
        if self.held is not None and not isinstance(push, Ping):
            self.held.append(push)
            return
        packet = self.dialect.push(push)
        if isinstance(packet, Close):
            self.end(packet)
        elif packet is not None:
            self._send(packet)

    def _send(self, packets: Packets) -> None:
        if isinstance(packets, list):
            for packet in packets:
                self.connection.send(packet)
        else:
            self.connection.send(packets)

    def end(self, close: Close) -> None:
        """Close the connection, and leave everything at once."""
        if self.gone:
            return
        self._leave(close)
        if self.dialect.says_farewell or not self.connection.says_close:
            farewell = self.dialect.farewell(close)
            if farewell is not None:
                self._send(farewell)
        self.connection.close(close)

    def _leave(self, close: Close) -> None:
        if self.gone:
            return
        self.gone = True
        self.backlog = None
        if self.calls is not None:
            self.calls.close()
        services = self.services
        self.leave_all(DISCONNECTED)
        services.hub.forget(self.id)
        if self.consuming:
            services.queues.part(each.consumer for each in self.consuming.values())
        services.expiry.forget(self)
        if self.id not in services.registry.greeting:
            self.tell(EventKind.DISCONNECTED, close.code, close.reason)
        services.registry.discard(self)
        services.registry.lose(self.info.user, self)

    # ── from the ticker (sessions.registry.Visited) ─────────────────────────────────────────────

    def visit(self, now: float) -> None:
        """Ping the peer, or give it up when it has been silent for too long."""
        limits = self.services.limits
        silence = now - self._heard_at
        if not limits.ping_interval_s:
            return
        if silence > limits.idle_s:
            self.end(NO_PONG)
        elif self.dialect.pings:
            self.push(Ping())
            if not self.dialect.pongs:
                self.connection.ping()
        elif silence + limits.ping_interval_s > limits.keepalive_s + 1.0:
            # By the next look it would be too late; one second is what noted times are off at most.
            self.connection.ping()

    def hurry(self, now: float) -> None:
        """End a session that has not introduced itself in time, or for which too much is held back."""
        if now - self.opened_at > self.services.limits.connect_s:
            self.end(STALE)
            return
        held = [len(each) for each in self.held or () if isinstance(each, bytes)]
        if sum(held) > self.services.backlog_limit:
            self.end(SLOW)

    def relieve(self, now: float) -> None:
        """End a session that leaves too much unread, or for too long."""
        services = self.services
        too_long = now - self._congested_at > services.backlog_age_s
        if too_long or self.connection.backlog() > services.backlog_limit:
            services.hub.statistics.slow_disconnects += 1
            self.end(SLOW)

    def dismiss(self) -> None:
        """Close because the server shuts down; the client may come back elsewhere."""
        self.end(SHUTDOWN)
