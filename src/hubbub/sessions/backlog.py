"""The commands of a session that wait behind one that waits for the broker."""

from __future__ import annotations

from collections import deque

from hubbub.dialects.contract import Command
from hubbub.sessions.contract import Connection

WAITING_LIMIT = 256
"""Commands that may wait before reading from the client pauses."""
WAITING_BYTES = 1024 * 1024
"""Bytes of the messages that brought them, likewise."""


class Backlog:
    """Keep commands in order; while there are too many, TCP slows the client down.

    What the transport had read already still comes: reading pauses, the backlog does not refuse.
    """

    __slots__ = ("_bytes", "_commands", "_connection", "_paused")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._commands: deque[tuple[Command, int]] = deque()
        self._bytes = 0
        self._paused = False

    def put(self, command: Command, size: int) -> None:
        """Add a command that came in a message of `size` bytes."""
        self._commands.append((command, size))
        self._bytes += size
        if not self._paused and self.is_full():
            self._paused = True
            self._connection.pause_reading()

    def take(self) -> Command | None:
        """Return the oldest command, or None where there is none."""
        if not self._commands:
            return None
        command, size = self._commands.popleft()
        self._bytes -= size
        if self._paused and not self.is_full():
            self._paused = False
            self._connection.resume_reading()
        return command

    def is_full(self) -> bool:
        """Tell whether so much waits that nothing more should come."""
        return len(self._commands) >= WAITING_LIMIT or self._bytes >= WAITING_BYTES
