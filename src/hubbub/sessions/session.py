"""One client's conversation, from the first byte to the last.

    greeting ──Connect──▶ open ──close/closed──▶ gone

Commands of one session run in order. Most do not wait: they run to their end inside `received`. One that
waits (for the broker) makes the next ones queue behind it, and reading pauses while the queue is long.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from functools import partial

import structlog

from hubbub.dialects.contract import Command, Dialect, Failed, Ping, Push, Reply, Resync
from hubbub.errors import (
    INTERNAL,
    INTERNAL_ERROR,
    NO_PONG,
    SHUTDOWN,
    SLOW,
    STALE,
    TOO_MANY_REQUESTS,
    TOO_MANY_REQUESTS_ERROR,
    Close,
    ProtocolViolation,
)
from hubbub.hub.encoding import Encoding
from hubbub.model import ChannelName, ClientInfo, Packet, SessionId
from hubbub.sessions.contract import Connection
from hubbub.sessions.inbox import Inbox
from hubbub.sessions.limits import TokenBucket
from hubbub.sessions.services import Services
from hubbub.sessions.verdicts import verdict

_log = structlog.get_logger(__name__)

Handler = Callable[["Session", Command], asyncio.Future[None] | None]


class Session:
    """Talk to one client.

    Args:
        services: what all sessions share.
        dialect: this client's side of its protocol.
        handle: runs one command; returns a future when it has to wait.
    """

    __slots__ = (
        "_bucket",
        "_congested_at",
        "_handle",
        "_heard_at",
        "_inbox",
        "_opened_at",
        "connection",
        "dialect",
        "following",
        "gone",
        "id",
        "info",
        "pending",
        "services",
        "write",
    )

    connection: Connection
    write: Callable[[bytes], None]

    def __init__(self, services: Services, dialect: Dialect, handle: Handler) -> None:
        self.services = services
        self.dialect = dialect
        self.id: SessionId = secrets.token_urlsafe(12)
        self.info = ClientInfo("", self.id)
        self.gone = False
        """Whether nothing may be said any more."""
        self.following: dict[ChannelName, Encoding | None] = {}
        """What is followed, and in which encoding; None while it is on its way."""
        self.pending = 0
        """Publications that wait for the broker, as `SessionLimits.pending` counts them."""
        self._handle = handle
        self._inbox: Inbox | None = None
        """What waits behind a command that waits; None while none does."""
        self._bucket: TokenBucket | None = None
        self._congested_at = 0.0
        self._heard_at = self._opened_at = services.registry.now

    def is_waiting(self) -> bool:
        """Tell whether a command waits, so that the next ones must queue."""
        return self._inbox is not None

    def is_busy(self) -> bool:
        """Tell whether so much waits that no more should be said where it cannot be held back."""
        return self._inbox is not None and self._inbox.is_full()

    # ── from the transport (sessions.contract.Conversation) ─────────────────────────────────────

    def opened(self, connection: Connection) -> None:
        """Begin: run what opening the connection implies."""
        self.connection = connection
        self.write = connection.write
        self.services.registry.add(self)
        try:
            commands = self.dialect.open()
        except ProtocolViolation as fault:
            self.end(fault.close)
            return
        for command in commands:
            self._take(command, 0)

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
            if self._allow():
                self._take(command, len(packet.data))
            else:
                self._refuse(command)

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
        self._leave()

    # ── commands, in order ──────────────────────────────────────────────────────────────────────

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

    def _take(self, command: Command, size: int) -> None:
        if self._inbox is not None:
            self._inbox.put(command, size)
        else:
            self._run(command)

    def _run(self, command: Command) -> None:
        if self.gone:
            return
        try:
            work = self._handle(self, command)
        except Exception as fault:  # noqa: BLE001 - the client is told, and what is ours is logged
            self.fail(command, fault)
            return
        if work is not None and work.done():
            self._settle(command, work)
        elif work is not None:
            self._inbox = Inbox(self.connection)
            work.add_done_callback(partial(self._continue, command))

    def _settle(self, command: Command, work: asyncio.Future[None]) -> None:
        if work.cancelled():
            self.end(INTERNAL_ERROR)
        elif (fault := work.exception()) is not None:
            self.fail(command, fault)

    def _continue(self, command: Command, work: asyncio.Future[None]) -> None:
        self._settle(command, work)
        inbox, self._inbox = self._inbox, None
        while inbox is not None and not self.gone and (waiting := inbox.take()) is not None:
            self._run(waiting)
            if self.is_waiting():
                self._inbox = inbox
                return

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
            self.connection.send(packet)

    def push(self, push: Push) -> None:
        """Say something to this client alone."""
        if self.gone:
            return
        packet = self.dialect.push(push)
        if isinstance(packet, Close):
            self.end(packet)
        elif packet is not None:
            self.connection.send(packet)

    def resync(self, resync: Resync) -> None:
        """Tell that publications of a channel may be missing, as the dialect does."""
        if self.dialect.ends_on_resync:
            encoding = self.following.pop(resync.channel, None)
            if encoding is not None:
                self.services.hub.detach(self, resync.channel, encoding)
        self.push(resync)

    def end(self, close: Close) -> None:
        """Close the connection, and leave everything at once."""
        if self.gone:
            return
        self._leave()
        farewell = None if self.connection.says_close else self.dialect.farewell(close)
        if farewell is not None:
            self.connection.send(farewell)
        self.connection.close(close)

    def _leave(self) -> None:
        if self.gone:
            return
        self.gone = True
        following, self.following = self.following, {}
        self._inbox = None
        hub = self.services.hub
        for channel, encoding in following.items():
            if encoding is not None:
                hub.detach(self, channel, encoding)
        hub.forget(self.id)
        self.services.registry.discard(self)

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
        elif silence + limits.ping_interval_s > limits.keepalive_s + 1.0:
            # By the next look it would be too late; one second is what noted times are off at most.
            self.connection.ping()

    def hurry(self, now: float) -> None:
        """End a session that has not introduced itself in time."""
        if now - self._opened_at > self.services.limits.connect_s:
            self.end(STALE)

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
