"""How large a request has become, from what a parser tells of it; pure."""

from __future__ import annotations

from enum import Enum


class Part(Enum):
    """Where in a request the next byte belongs."""

    BETWEEN = 0
    HEAD = 1
    BODY = 2


class RequestMeter:
    """Measure the requests of one connection, one after the other.

    The parser shows a header only when it is complete; so bytes that were fed without any effect are counted
    too, else one endless header (or trailer, or chunk extension) would grow unseen.
    """

    __slots__ = ("_fresh", "_heads", "_heads_before", "_moved", "_unseen", "body", "head", "part")

    def __init__(self) -> None:
        self.part = Part.BETWEEN
        self.head = 0
        """Bytes of the address, the headers and the trailers so far."""
        self.body = 0
        """Bytes of the body so far."""
        self._heads = self._heads_before = self._unseen = 0
        self._moved = self._fresh = False

    def feeding(self) -> None:
        """Begin to feed the parser some bytes."""
        self._fresh = self.part is Part.BETWEEN
        self._heads_before = self._heads
        self._moved = False

    def fed(self, size: int) -> int:
        """Having fed `size` bytes, return how long the head is by now, with what was not shown yet."""
        if self._fresh and self.part is Part.HEAD and self._heads == self._heads_before:
            self._unseen = size - self.head
        else:
            self._unseen = 0 if self._moved else self._unseen + size
        return self.head + self._unseen

    def begin(self) -> None:
        """See the first byte of a request."""
        self.part = Part.HEAD
        self.head = self.body = 0
        self._moved = True

    def add_head(self, size: int) -> int:
        """See a part of the head, or a trailer; return how long it is by now."""
        self._moved = True
        self.head += size
        return self.head

    def end_head(self) -> None:
        """See the end of the head."""
        self.part = Part.BODY
        self._heads += 1
        self._moved = True

    def add_body(self, size: int) -> int:
        """See a part of the body; return how long it is by now."""
        self._moved = True
        self.body += size
        return self.body

    def end(self) -> None:
        """See the end of the request."""
        self.part = Part.BETWEEN
        self._moved = True
