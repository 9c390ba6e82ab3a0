"""A connection over requests that come and go, each of which takes what has been said meanwhile: SockJS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from hubbub.errors import ABORTED, LOST, Close
from hubbub.framings.sockjs import frames
from hubbub.framings.sockjs.reception import TABLE, Action, Event, State
from hubbub.model import Packet
from hubbub.sessions.polls.fetched import FetchedConnection
from hubbub.sessions.session import Session

TAKEN_LIMIT = 1024 * 1024
"""Bytes of what one request that takes a single frame gets, unless one piece alone is larger."""

INTERRUPTED = Close(1002, "Connection interrupted")
OCCUPIED = Close(2010, "Another connection still open")

_BEAT = frames.line(frames.HEARTBEAT)


class Receiver(Protocol):
    """A request of the client's that takes what is said."""

    single: bool
    """Whether it ends with the first that it takes."""

    def take(self, lines: bytes) -> bool:
        """Hand frames to the client; tell whether the request takes more."""
        ...

    def finish(self) -> None:
        """End the request."""
        ...

    def backlog(self) -> int:
        """Return the bytes that the client has not taken yet."""
        ...


class Keeper(Protocol):
    """Who keeps such connections, and counts their time."""

    def left(self, connection: IntermittentConnection) -> None:
        """Begin to count: no request waits any more."""
        ...

    def joined(self, connection: IntermittentConnection) -> None:
        """Stop counting: a request waits."""
        ...

    def forget(self, connection: IntermittentConnection) -> None:
        """Let it go."""
        ...


class IntermittentConnection(FetchedConnection):
    """Carry a session (`sessions.contract.Connection`) over requests that come and go.

    Args:
        key: what the client's requests call it. session: who talks. keeper: who keeps it.
    """

    __slots__ = (
        "_farewell",
        "_keeper",
        "_receiver",
        "_scheduled",
        "_state",
        "frame",
        "key",
        "untold",
        "write",
    )

    says_close: bool = True

    def __init__(self, key: str, session: Session, keeper: Keeper) -> None:
        super().__init__(session)
        self.key = key
        self.frame: Callable[[Packet], bytes] = frames.line
        self.write: Callable[[bytes], None] = self._put
        self._keeper = keeper
        self._state = State.IDLE
        self._receiver: Receiver | None = None
        self._scheduled = False
        self._farewell = b""
        self.untold = False
        """Whether it is over, and no request was told why."""

    # ── from the client ─────────────────────────────────────────────────────────────────────────

    def receive(self, receiver: Receiver) -> None:
        """Let a request take what is said, until it has enough."""
        if self._state is State.GONE:
            receiver.finish()
            return
        self.session.heard()
        self._step(Event.COME, receiver)

    def give_up(self, receiver: Receiver) -> None:
        """Learn that the client gave up a request; it does not matter where that had ended."""
        if receiver is self._receiver:
            self._step(Event.BROKE)

    def let_go(self, receiver: Receiver) -> None:
        """Learn that a request needs no more."""
        if receiver is self._receiver:
            self._step(Event.FULL)

    def release(self) -> None:
        """Let go of the request that waits, if any: its client asks again."""
        self._step(Event.FULL)

    def interrupt(self) -> None:
        """Learn that something that was said may not have arrived."""
        self._step(Event.BROKE)

    async def take(self, messages: list[bytes]) -> None:
        """Take what the client says; return when it may say more."""
        for message in messages:
            self.session.received(Packet(message))
        await self._may_say_more()

    def beat(self) -> None:
        """Answer a request that has waited for long for its single frame, so that no proxy gives it up."""
        if self._receiver is not None and self._receiver.single:
            self._put(_BEAT)

    def expire(self) -> None:
        """Learn that no request came for too long."""
        self._step(Event.LATE)

    # ── from the session (sessions.contract.Connection) ─────────────────────────────────────────

    def _put(self, data: bytes) -> None:
        if self._state in {State.ENDED, State.GONE}:
            return
        receiver = self._receiver
        if data is _BEAT and (receiver is None or self._pieces):
            return  # it tells nothing to who is told something, or does not listen
        if receiver is not None and not receiver.single:
            if not receiver.take(data):
                self._step(Event.FULL)
            return
        self._keep(data)
        if receiver is not None:
            self._schedule()

    def send(self, packet: Packet) -> None:
        """Write a packet; ignored once closing."""
        self._put(_BEAT if packet is frames.HEARTBEAT else frames.line(packet))

    def ping(self) -> None:
        """Take a client for alive that has a request waiting and takes all it is told."""
        if self._receiver is not None and not self._receiver.backlog():
            self.session.heard()

    def close(self, close: Close) -> None:
        """Say why it is over, to this request or to the next ones. Idempotent."""
        if self._state in {State.IDLE, State.HELD}:
            self._farewell, self.untold = frames.line(frames.closing(close)), True
            self._step(Event.END)
            asyncio.get_running_loop().call_soon(self.session.closed, close)

    def abort(self) -> None:
        """Drop all that is still to be said."""
        if self._state is State.GONE:
            return
        self._state = State.GONE
        self._drop()
        self._release()
        asyncio.get_running_loop().call_soon(self.session.closed, ABORTED)
        self._keeper.forget(self)

    def backlog(self) -> int:
        """Return the bytes that the client has not taken yet."""
        return super().backlog() + (0 if self._receiver is None else self._receiver.backlog())

    def pause_reading(self) -> None:
        """Answer what the client says only later, unless all is over."""
        if self._state in {State.IDLE, State.HELD}:
            super().pause_reading()

    # ── steps ───────────────────────────────────────────────────────────────────────────────────

    def _step(self, event: Event, receiver: Receiver | None = None) -> None:
        found = TABLE.get((self._state, event))
        if found is None:
            return
        self._state, action = found
        if action is Action.ATTACH and receiver is not None:
            self._attach(receiver)
        elif action is Action.REFUSE and receiver is not None:
            receiver.take(frames.line(frames.closing(OCCUPIED)))
            receiver.finish()
        elif action is Action.TELL and receiver is not None:
            self._tell(receiver)
        elif action is Action.LEAVE:
            self._release()
            self._keeper.left(self)
        elif action is Action.FINISH:
            self._finish()
        elif action is Action.INTERRUPT:
            self._interrupt()
        elif action is Action.EXPIRE:
            self.resume_reading()
            self.session.closed(LOST)
            self._keeper.forget(self)
        elif action is Action.FORGET:
            self._keeper.forget(self)

    def _attach(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._keeper.joined(self)
        if self._pieces:
            self._flush()

    def _release(self) -> None:
        """End the request that waits, if any."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.finish()

    def _finish(self) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            self._tell(receiver)
        self.resume_reading()
        self._keeper.left(self)

    def _tell(self, receiver: Receiver) -> None:
        """Tell a request what is left, and why it ended; one with a single frame hears that next time."""
        while self._pieces:
            if not receiver.take(self._share(receiver)):
                receiver.finish()
                return
        receiver.take(self._farewell)
        self.untold = False
        receiver.finish()

    def _interrupt(self) -> None:
        self._farewell = frames.line(frames.closing(INTERRUPTED))
        self._drop()
        self._release()
        self.resume_reading()
        self.session.closed(LOST)
        self._keeper.left(self)

    # ── telling ─────────────────────────────────────────────────────────────────────────────────

    def _schedule(self) -> None:
        """Answer at the end of this turn, so that what belongs together goes out together."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        receiver = self._receiver
        while receiver is not None and self._pieces:
            if not receiver.take(self._share(receiver)):
                self._step(Event.FULL)
                break
        self._relieve()

    def _share(self, receiver: Receiver) -> bytes:
        """Return the next lines, as many as belong into one frame where the request takes only one."""
        first = self._next()
        taken, size = [first], len(first)
        while (
            receiver.single
            and first.startswith(b"a")
            and self._pieces
            and self._pieces[0].startswith(b"a")
            and size + len(self._pieces[0]) <= TAKEN_LIMIT
        ):
            taken.append(self._next())
            size += len(taken[-1])
        return first if len(taken) == 1 else b"".join(taken)
