"""Transactions: commands that wait for COMMIT, or are forgotten.

They live in the connection and end with it. COMMIT runs the commands, none of them where one is sure to be
refused; each is then stored for itself, as if it were said at that moment.
"""

from __future__ import annotations

from typing import TypeAlias

from hubbub.dialects.chat import ChatCommand
from hubbub.dialects.contract import Publish, Respond, Rpc, Unsupported
from hubbub.dialects.inbox import InboxCommand
from hubbub.dialects.queues import Judge
from hubbub.errors import BAD_REQUEST, ProtocolViolation

Numbered: TypeAlias = Publish | Respond | Rpc | Judge | ChatCommand | InboxCommand | Unsupported
"""What may wait: each has an id."""

TRANSACTIONS_LIMIT = 16
"""Transactions that one connection may have begun."""
COMMANDS_LIMIT = 1024
"""Commands that may wait in all of them together."""


class Transactions:
    """Keep what waits.

    Args:
        limit: bytes of the bodies that may wait in all transactions together.
    """

    __slots__ = ("_begun", "_bytes", "_limit", "_sizes")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._begun: dict[str, list[Numbered]] = {}
        self._sizes: dict[str, int] = {}
        self._bytes = 0

    def begin(self, id: str) -> None:
        """Begin a transaction. Raises ProtocolViolation (3501)."""
        if id in self._begun:
            raise _wrong("a transaction of this name has begun already")
        if len(self._begun) >= TRANSACTIONS_LIMIT:
            raise _wrong(f"more than {TRANSACTIONS_LIMIT} transactions at once")
        self._begun[id] = []
        self._sizes[id] = 0

    def add(self, id: str, command: Numbered, size: int) -> None:
        """Let a command wait whose frame has a body of `size` bytes. Raises ProtocolViolation (3501)."""
        waiting = self._begun.get(id)
        if waiting is None:
            raise _wrong("no transaction of this name has begun")
        if sum(map(len, self._begun.values())) >= COMMANDS_LIMIT:
            raise _wrong(f"more than {COMMANDS_LIMIT} frames in transactions")
        if self._bytes + size > self._limit:
            raise _wrong(f"more than {self._limit} bytes in transactions")
        waiting.append(command)
        self._sizes[id] += size
        self._bytes += size

    def end(self, id: str) -> list[Numbered]:
        """End a transaction, and return what waited in it. Raises ProtocolViolation (3501)."""
        waiting = self._begun.pop(id, None)
        if waiting is None:
            raise _wrong("no transaction of this name has begun")
        self._bytes -= self._sizes.pop(id)
        return waiting


def _wrong(detail: str) -> ProtocolViolation:
    return ProtocolViolation(BAD_REQUEST, detail)
