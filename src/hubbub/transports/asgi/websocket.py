"""A WebSocket whose server speaks for us: a conversation over plain ASGI events.

The server's call of the application is the one task of a connection, and reads; a second one writes, only
while there is something to be written, because ASGI's `send` waits. Pings, compression and dead peers are the
server's business.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import structlog
from starlette.types import Message as AsgiEvent
from starlette.types import Receive, Send

from hubbub.errors import NORMAL, SHUTDOWN, TOO_BIG, Close
from hubbub.model import Packet
from hubbub.sessions.contract import Conversation
from hubbub.transports.asgi.unframing import Message, Unframer
from hubbub.transports.websocket.frames import NO_STATUS, close_frame, plain_frame
from hubbub.transports.websocket.protocol import ABORTED, LOST, WebSocketSettings

_log = structlog.get_logger(__name__)

FAREWELL_S = 1.0
"""Seconds in which a server that cancels us may still take our CLOSE."""
_LOW_WATER = 4
"""A congested carrier has drained when its backlog is below this fraction of the high water mark."""


class AsgiWebSocket:
    """Carry a conversation (`sessions.contract.Connection`) over a server's `receive` and `send`.

    Args:
        conversation: who talks. settings: its bounds. unframer: shared by all carriers of a process.
        send: the server's, after the handshake was accepted.
    """

    __slots__ = (
        "_backlog",
        "_close",
        "_congested",
        "_conversation",
        "_limit",
        "_queue",
        "_resumed",
        "_send",
        "_settings",
        "_unframer",
        "_writer",
        "frame",
        "write",
    )

    says_close: bool = True

    frame: Callable[[Packet], bytes]
    write: Callable[[bytes], None]

    def __init__(
        self,
        conversation: Conversation,
        settings: WebSocketSettings,
        unframer: Unframer,
        send: Send,
    ) -> None:
        self._conversation: Conversation | None = conversation
        self._settings = settings
        self._unframer = unframer
        self._send = send
        self._limit: asyncio.Timeout | None = None
        self._queue: deque[bytes] = deque()
        self._backlog = 0
        self._congested = False
        self._writer: asyncio.Task[None] | None = None
        self._resumed: asyncio.Event | None = None
        self._close: Close | None = None
        self.frame = plain_frame
        self.write = self._enqueue

    async def carry(self, receive: Receive) -> None:
        """Be the connection until it ends; the server closes the socket when this returns."""
        conversation = self._conversation
        if conversation is None:
            return
        try:
            async with asyncio.timeout(None) as self._limit:
                conversation.opened(self)
                await self._listen(conversation, receive)
        except TimeoutError:
            self._close = self._close or ABORTED
        except asyncio.CancelledError:
            await self._take_leave()
            raise
        finally:
            self._end()

    # ── from the conversation (sessions.contract.Connection) ────────────────────────────────────

    def send(self, packet: Packet) -> None:
        """Frame a packet and queue it; ignored once closing."""
        if self._close is None:
            self.write(plain_frame(packet))

    def ping(self) -> None:
        """Take the peer for alive: watching it is the server's business, whose end ends us."""
        if self._conversation is not None:
            self._conversation.heard()

    def close(self, close: Close) -> None:
        """Send CLOSE behind all that is queued, wait for the peer's, then end. Idempotent."""
        if self._close is not None:
            return
        self.write(close_frame(close))
        self._close = close
        self.resume_reading()  # the peer's CLOSE stands behind what was left unread
        self._end_within(self._settings.close_timeout_s)

    def abort(self) -> None:
        """Drop all that is queued, and end."""
        self._close = self._close or ABORTED
        self._queue.clear()
        self._end_within(0.0)

    def backlog(self) -> int:
        """Return the bytes that the server has not taken yet."""
        return self._backlog

    def pause_reading(self) -> None:
        """Take no more messages from the server, which stops reading in its turn; ignored once closing."""
        if self._close is None and self._resumed is None:
            self._resumed = asyncio.Event()

    def resume_reading(self) -> None:
        """Read on."""
        resumed, self._resumed = self._resumed, None
        if resumed is not None:
            resumed.set()

    # ── reading ─────────────────────────────────────────────────────────────────────────────────

    async def _listen(self, conversation: Conversation, receive: Receive) -> None:
        while True:
            if self._resumed is not None:
                await self._resumed.wait()
                continue
            event = await receive()
            if event["type"] == "websocket.disconnect":
                code, reason = event.get("code", NO_STATUS), event.get("reason") or ""
                self._close = self._close or Close(code, reason)
                return
            packet = _packet(event)
            if self._close is not None:
                continue
            if len(packet.data) > self._settings.message_limit:
                limit = self._settings.message_limit
                self._tell_closed(TOO_BIG)
                self.close(Close(TOO_BIG.code, f"{TOO_BIG.reason}: the limit is {limit} bytes"))
            else:
                conversation.received(packet)

    # ── writing ─────────────────────────────────────────────────────────────────────────────────

    def _enqueue(self, data: bytes) -> None:
        if self._close is not None:
            return
        self._queue.append(data)
        self._backlog += len(data)
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())
        if self._backlog > self._settings.high_water and not self._congested:
            self._congested = True
            if self._conversation is not None:
                self._conversation.congested()

    async def _write(self) -> None:
        """Send what is queued, in order."""
        try:
            while self._queue:
                data = self._queue.popleft()
                for message in self._unframer.messages(data):
                    await self._send(_event(message))
                self._backlog -= len(data)
                self._check_drained()
        except Exception as fault:  # noqa: BLE001 - each server says in its own words that the peer is gone
            _log.debug("a WebSocket could not be written to", fault=repr(fault))
            self.abort()
        finally:
            self._writer = None

    def _check_drained(self) -> None:
        if self._congested and self._backlog < self._settings.high_water // _LOW_WATER:
            self._congested = False
            if self._conversation is not None:
                self._conversation.drained()

    # ── ending ──────────────────────────────────────────────────────────────────────────────────

    def _end_within(self, seconds: float) -> None:
        """Return from `carry` after some seconds unless it ends before."""
        limit = self._limit
        if limit is None:
            return
        deadline = asyncio.get_running_loop().time() + seconds
        when = limit.when()
        if when is None or deadline < when:
            limit.reschedule(deadline)

    async def _take_leave(self) -> None:
        """Say why, because a server cancels what has not ended when it shuts down."""
        if self._close is None:
            self._close = SHUTDOWN
            self._stop_writing()
            with suppress(Exception):
                async with asyncio.timeout(FAREWELL_S):
                    await self._send(_event(SHUTDOWN))

    def _end(self) -> None:
        self._limit = None
        self._close = self._close or LOST
        self._stop_writing()
        self._tell_closed(self._close)

    def _stop_writing(self) -> None:
        self._queue.clear()
        if self._writer is not None:
            self._writer.cancel()

    def _tell_closed(self, close: Close) -> None:
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.closed(close)


def _packet(event: AsgiEvent) -> Packet:
    """Return a received message; servers may give both kinds, one of them being None."""
    text: str | None = event.get("text")
    if text is not None:
        return Packet(text.encode())
    return Packet(event["bytes"], binary=True)


def _event(message: Message) -> AsgiEvent:
    """Return what to tell the server."""
    if isinstance(message, str):
        return {"type": "websocket.send", "text": message}
    if isinstance(message, bytes):
        return {"type": "websocket.send", "bytes": message}
    code = NORMAL.code if message.code == NO_STATUS else message.code
    return {"type": "websocket.close", "code": code, "reason": message.reason}
