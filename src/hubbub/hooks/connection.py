"""One connection to a backend: HTTP/1.1, one request at a time (RFC 9112)."""

from __future__ import annotations

import asyncio
from typing import NamedTuple, cast

import httptools

HEAD_LIMIT = 64 * 1024
"""Bytes of an answer besides its body: head, and what chunks cost."""

_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})


class Response(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class Broken(Exception):
    """Report that a connection failed before the answer was complete."""


class TooLarge(Exception):
    """Report that an answer was larger than it may be."""


class BackendConnection(asyncio.Protocol):
    """Ask over one connection.

    Args:
        limit: bytes of an answer's body.
    """

    _transport: asyncio.Transport

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: asyncio.Future[Response] | None = None
        self._kept = True
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._status = 0
        self._body: list[bytes] = []
        self._body_size = self._size = 0
        self._ends_with_connection = True

    def is_free(self) -> bool:
        """Tell whether another request may be sent."""
        return self._kept and not self._transport.is_closing()

    def ask(self, request: bytes) -> asyncio.Future[Response]:
        """Send a request, and return what becomes its response.

        The future raises Broken or TooLarge. Whoever does not wait for it any more closes the connection.
        """
        self._begin()
        self._kept = False
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        """End it at once."""
        self._kept = False
        self._transport.abort()

    # ── from the event loop ─────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take a piece of the answer; what comes without a question ends the connection."""
        if self._waiting is None:
            self.close()
            return
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(Broken("it does not speak HTTP/1.1"))
            return
        if self._body_size > self._limit or self._size - self._body_size > HEAD_LIMIT:
            self._fail(TooLarge())

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the connection is gone: for some answers, that is their end."""
        self._kept = False
        if self._status and self._ends_with_connection and exc is None:
            self._finish()
        else:
            self._fail(Broken("it was closed before the answer was complete"))

    # ── from the parser ─────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        """Take no second answer to one question: whose would it be?"""
        if self._waiting is None:
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note whether the answer says how long it is."""
        if name.lower() in _LENGTHS:
            self._ends_with_connection = False

    def on_headers_complete(self) -> None:
        """Note the status."""
        self._status = self._parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body, unless there is too much of it."""
        self._body_size += len(data)
        if self._body_size <= self._limit:
            self._body.append(data)

    def on_message_complete(self) -> None:
        """Answer, unless this only said that the answer will come (RFC 9110 section 15.2)."""
        if 100 <= self._status < 200:
            self._status, self._ends_with_connection = 0, True
        elif self._body_size > self._limit:
            self._fail(TooLarge())
        elif self._waiting is not None:
            self._kept = self._parser.should_keep_alive()
            self._finish()

    def _finish(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(Response(self._status, b"".join(self._body)))

    def _fail(self, fault: Exception) -> None:
        waiting, self._waiting = self._waiting, None
        self.close()
        if waiting is not None and not waiting.done():
            waiting.set_exception(fault)
