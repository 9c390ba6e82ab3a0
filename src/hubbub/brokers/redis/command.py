"""One command on its way, and what may be done with it when the connection breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Any, Generic, NamedTuple, TypeVar

from hubbub.errors import BrokerUnavailable

T = TypeVar("T")


class Again(Enum):
    """How a command is sent again when the connection broke after it was written."""

    SAME = "same"
    """As it was: doing it twice is doing it once."""
    NEVER = "never"
    """Not at all: it fails."""


class Claim(NamedTuple):
    """How to find out, after a loss, whether a publication was executed (see claims.py)."""

    meta: bytes
    stream: bytes
    tag: int


class Command(Generic[T]):
    """One packed command, and who waits for its result.

    `again` is a claim where doing it twice would be doing it twice. `since_ms` is then, after a loss, a
    time before which it was not executed. `deadline` is in seconds of the monotonic clock, `weight` in
    bytes.
    """

    __slots__ = ("again", "deadline", "decode", "future", "packed", "since_ms", "weight")

    def __init__(
        self,
        packed: bytes,
        decode: Callable[[Any], T],
        again: Again | Claim,
        weight: int,
        deadline: float,
        future: asyncio.Future[T],
    ) -> None:
        self.packed = packed
        self.decode = decode
        self.again = again
        self.weight = weight
        self.deadline = deadline
        self.future = future
        self.since_ms: int | None = None

    def fail(self, sentence: str) -> None:
        """Tell who waits, if anybody still does, that there is no result."""
        if not self.future.done():
            self.future.set_exception(BrokerUnavailable(sentence))
