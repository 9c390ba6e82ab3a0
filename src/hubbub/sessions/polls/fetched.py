"""What connections share whose clients fetch what was said: it waits, within bounds, and so may they."""

from __future__ import annotations

import asyncio
from collections import deque

from hubbub.sessions.session import Session

HIGH_WATER = 64 * 1024
"""Bytes that wait to be fetched above which a client is congested."""


class FetchedConnection:
    """Keep what is said; how it is fetched is left to who inherits.

    Args:
        session: who talks.
    """

    __slots__ = ("_bytes", "_congested", "_pieces", "_resumed", "session")

    def __init__(self, session: Session) -> None:
        self.session = session
        self._pieces: deque[bytes] = deque()
        self._bytes = 0
        self._congested = False
        self._resumed: asyncio.Future[None] | None = None

    # ── what waits ──────────────────────────────────────────────────────────────────────────────

    def _keep(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._bytes += len(piece)
        if self._bytes > HIGH_WATER and not self._congested:
            self._congested = True
            self.session.congested()

    def _next(self) -> bytes:
        piece = self._pieces.popleft()
        self._bytes -= len(piece)
        return piece

    def _drop(self) -> None:
        self._pieces.clear()
        self._bytes = 0

    def _relieve(self) -> None:
        """Tell that a client has caught up, if it has."""
        if self._congested and self._bytes <= HIGH_WATER // 2:
            self._congested = False
            self.session.drained()

    def backlog(self) -> int:
        """Return the bytes that were not fetched yet."""
        return self._bytes

    # ── what clients say meanwhile ──────────────────────────────────────────────────────────────

    def pause_reading(self) -> None:
        """Answer what the client says only later, so that it says no more."""
        if self._resumed is None:
            self._resumed = asyncio.get_running_loop().create_future()

    def resume_reading(self) -> None:
        """Let it say more."""
        resumed, self._resumed = self._resumed, None
        if resumed is not None:
            resumed.set_result(None)

    async def _may_say_more(self) -> None:
        while self._resumed is not None:
            await asyncio.shield(self._resumed)
