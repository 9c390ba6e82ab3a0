"""A connection that is polled: what is written waits for the next request, without a task or a timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeAlias

from hubbub.errors import BAD_REQUEST, NO_PONG, NORMAL, STALE, Close
from hubbub.framings import engineio
from hubbub.model import Packet
from hubbub.sessions.contract import Connection
from hubbub.sessions.polls.fetched import FetchedConnection
from hubbub.sessions.session import Session

POLL_LIMIT = 1024 * 1024
"""Bytes of what one poll is answered, unless one piece alone is larger."""
LINGER_S = 20.0
"""How long the last words to a client wait for its poll."""
SETTLE_S = 0.05
"""Between looks at whether nothing is on its way any more, before a session moves."""

NOTHING = engineio.payload([engineio.piece(engineio.NOOP)])
"""What a poll is answered when there is nothing to be said."""
_UNHEARD = (NO_PONG, NORMAL, STALE)
"""Ends of which a client is told by a waiting poll only: it is not there, or has said so itself."""
_CLOSE = engineio.piece(engineio.CLOSE)

Told: TypeAlias = Callable[[bytes], None]
"""Take what a poll is answered."""


class Candidate(Protocol):
    """A WebSocket that may take a polled session over."""

    probed: bool
    """Whether the client knows that it works."""

    def give_up(self, close: Close) -> None:
        """End without the session."""
        ...


class PolledConnection(FetchedConnection):
    """Carry a session (`sessions.contract.Connection`) over requests that come and go.

    Args:
        session: who talks. on_gone: called once nothing is left to be said here.
    """

    __slots__ = (
        "_asked",
        "_ended",
        "_last",
        "_nonce",
        "_on_gone",
        "_over",
        "_probe",
        "_scheduled",
        "_timer",
        "_waiter",
        "frame",
        "write",
    )

    says_close: bool = False

    def __init__(self, session: Session, on_gone: Callable[[PolledConnection], None]) -> None:
        super().__init__(session)
        self.frame: Callable[[Packet], bytes] = engineio.piece
        self.write: Callable[[bytes], None] = self._put
        self._on_gone = on_gone
        self._ended = False
        self._waiter: Told | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._scheduled = False
        self._asked = ""
        """What the poll calls itself that waits."""
        self._nonce, self._last = "", b""
        """What the last poll called itself, and what it was answered: a proxy may ask the same again."""
        self._probe: Candidate | None = None
        self._over: Connection | None = None

    # ── from the client ─────────────────────────────────────────────────────────────────────────

    def wait(self, nonce: str, hold_s: float, told: Told) -> None:
        """Have `told` called with what there is to be said, once there is something: now, or later.

        Args:
            nonce: what tells this poll from every other ("": nothing does). hold_s: seconds after which it is
                answered with nothing.
        """
        if nonce and nonce == self._nonce and self._last:
            told(self._last)
            return
        older = self._let_go()
        self.session.heard()
        self._asked = nonce
        if self._pieces or self._ended or self._is_probed():
            told(self._fill())
        else:
            self._waiter = told
            self._timer = asyncio.get_running_loop().call_later(hold_s, self._answer)
        if older is not None:
            older(
                NOTHING
            )  # the newest poll is the one that somebody reads; the next may be behind this one

    def drop(self, told: Told) -> None:
        """Learn that nobody waits any more, unless somebody else does."""
        if self._waiter == told:
            self._let_go()

    async def poll(self, nonce: str, hold_s: float) -> bytes:
        """Return what there is to be said, once there is something (see `wait`)."""
        said: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def told(payload: bytes) -> None:
            if not said.done():
                said.set_result(payload)

        self.wait(nonce, hold_s, told)
        try:
            return await said
        finally:
            self.drop(told)

    def _let_go(self) -> Told | None:
        waiter, self._waiter = self._waiter, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return waiter

    def _answer(self) -> None:
        self._scheduled = False
        waiter = self._let_go()
        if waiter is not None:
            waiter(self._fill())

    def _fill(self) -> bytes:
        self._nonce, self._last = self._asked, self._take() or NOTHING
        return self._last

    async def take(self, body: bytes) -> None:
        """Take what the client says; return when it may say more. Raises ProtocolViolation."""
        for packet in engineio.read_payload(body):
            self.session.received(packet)
        await self._may_say_more()

    def _take(self) -> bytes:
        taken: list[bytes] = []
        size = 0
        while self._pieces and (not taken or size + len(self._pieces[0]) <= POLL_LIMIT):
            if taken and self._pieces[0] is _CLOSE:
                break  # a client hears it before what it was told along with it
            taken.append(self._next())
            size += len(taken[-1])
        self._relieve()
        if self._ended and not self._pieces:
            self._on_gone(self)
        return engineio.payload(taken)

    # ── from the session (sessions.contract.Connection) ─────────────────────────────────────────

    def _put(self, data: bytes) -> None:
        if self._ended:
            return
        if self._over is not None:
            self._relay(self._over, data)
            return
        self._keep(data)
        self._wake()

    def _wake(self) -> None:
        """Answer the poll that waits at the end of this turn, so that what belongs together goes together."""
        if self._waiter is not None and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._answer)

    def send(self, packet: Packet) -> None:
        """Write a packet; ignored once closing."""
        self._put(self.frame(packet))

    def ping(self) -> None:
        """Do nothing: pings are the framing's."""

    def close(self, close: Close) -> None:
        """Say that it is over, to this poll or to the next one. Idempotent."""
        if self._ended:
            return
        if self._over is not None:
            self._over.close(close)
            return
        self._put(_CLOSE)
        self._end(close)
        if close in _UNHEARD:
            self.leave()
        else:
            self._linger()

    def leave(self) -> None:
        """Keep nothing for polls to come; one that waits is still told all."""
        if self._waiter is None:
            self._on_gone(self)
        else:  # which may be given up before it is told, or take only what comes before the end
            asyncio.get_running_loop().call_soon(self._linger)

    def _linger(self) -> None:
        """Keep what is still to be said for a poll to come, but not for ever."""
        if self._pieces:
            asyncio.get_running_loop().call_later(LINGER_S, self._on_gone, self)

    def abort(self) -> None:
        """Drop all that is still to be said."""
        self._drop()
        self._end(Close(1006, "connection aborted"))
        self._on_gone(self)

    def _end(self, close: Close) -> None:
        self._ended = True
        self._wake()
        self.resume_reading()
        if self._probe is not None:
            self._probe.give_up(close)
        asyncio.get_running_loop().call_soon(self.session.closed, close)

    def backlog(self) -> int:
        """Return the bytes that no poll has taken yet."""
        return self._over.backlog() if self._over is not None else super().backlog()

    def pause_reading(self) -> None:
        """Answer what the client says only later, so that it says no more."""
        if self._over is not None:
            self._over.pause_reading()
        else:
            super().pause_reading()

    def resume_reading(self) -> None:
        """Let it say more."""
        if self._over is not None:
            self._over.resume_reading()
        super().resume_reading()

    # ── moving to a WebSocket ───────────────────────────────────────────────────────────────────

    @property
    def moved(self) -> bool:
        """Tell whether the client has gone on over a WebSocket, so that nobody polls any more."""
        return self._over is not None

    def _is_probed(self) -> bool:
        return self._probe is not None and self._probe.probed

    def probe(self, candidate: Candidate) -> None:
        """Let a WebSocket try; of several the newest."""
        if self._probe is not None:
            self._probe.give_up(BAD_REQUEST)
        self._probe = candidate

    def hurry(self) -> None:
        """Answer a waiting poll, and all to come, at once: the client ends polling when none is under way."""
        self._wake()

    def stay(self, candidate: Candidate) -> None:
        """Learn that a WebSocket did not make it."""
        if self._probe is candidate:
            self._probe = None

    def hand_over(self, socket: Connection) -> None:
        """Go on over a WebSocket, to which the client has stopped polling for."""
        self._over, self._probe = socket, None
        while self._pieces:
            self._relay(socket, self._next())
        self._wake()
        self._move()

    def _move(self) -> None:
        """Move the session, unless something is on its way that was to come here: then a moment later.

        Until then what is written here goes on, piece by piece.
        """
        session = self.session
        if session.gone or self._over is None:
            self._on_gone(self)
            return
        if session.write != self.write or None in session.following.values():
            asyncio.get_running_loop().call_later(SETTLE_S, self._move)
            return
        session.move(self._over)
        if self._resumed is not None:
            self.resume_reading()
            self._over.pause_reading()
        self._on_gone(self)

    @staticmethod
    def _relay(socket: Connection, data: bytes) -> None:
        for packet in engineio.read_payload(data[1:]):
            socket.send(packet)
