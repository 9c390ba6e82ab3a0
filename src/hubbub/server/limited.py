"""uvicorn's HTTP with the limits that it lacks: the sizes of a head and of a body, and their times."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from hubbub.server.metering import Part, RequestMeter
from hubbub.sessions.contract import Refusal
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.requests import refusal_response

LINGER_S = 2.0
"""Seconds to read on behind a refusal: closing with unread input resets the socket, and loses the answer."""


class _Stop(Exception):
    """End parsing from inside a parser's callback."""


class LimitedHttpProtocol(HttpToolsProtocol):
    """Measure every request, and refuse what is too large, too slow or no HTTP.

    A request with `_own` set is answered by a subclass and not by the ASGI app, which never hears of it.
    """

    limits: ClassVar[ListenerSettings]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._watch: asyncio.TimerHandle | None = None
        self._deaf = False
        self._own = False
        self._refusal: Refusal | None = None
        self._meter = RequestMeter()

    # ── from the transport ──────────────────────────────────────────────────────────────────────

    def connection_lost(self, exc: Exception | None) -> None:
        """Drop what the connection held."""
        self._stop_watch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, within the limits."""
        if self._deaf:
            return
        meter = self._meter
        meter.feeding()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            self._refuse(self._refusal or self._blame(error))
            return
        if meter.part is Part.BETWEEN:
            if self._own:
                self._enter(b"")
            return
        if meter.fed(len(data)) > self.limits.head_limit:
            self._refuse(self._too_long())
        elif self._watch is None:
            limits = self.limits
            in_head = meter.part is Part.HEAD
            self._limit_time(limits.head_timeout_s if in_head else limits.body_timeout_s)

    # ── for a subclass ──────────────────────────────────────────────────────────────────────────

    def _upgrade(self, rest: bytes) -> None:
        """Leave HTTP, as the head says, with the bytes that came behind it."""
        raise NotImplementedError

    def _enter(self, rest: bytes) -> None:
        """Answer a request of our own, which is all there, with the bytes that came behind it."""
        raise NotImplementedError

    def _count_refusal(self) -> None:
        """Learn that a request is refused."""

    # ── from the parser ─────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        """Begin a request."""
        if self._own:
            raise self._stop(Refusal(400, "Nothing may follow the request of a stream."))
        self._unset_keepalive_if_required()
        self._meter.begin()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._meter.add_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer, which is counted with them."""
        size = self._meter.add_head(len(name) + len(value) + len(": \r\n"))
        if size > self.limits.head_limit:
            raise self._stop(self._too_long())
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, up to the limit."""
        if self._meter.add_body(len(body)) > self.limits.body_limit:
            raise self._stop(self._too_large())
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._stop_watch()
        self._meter.end()
        if not self._own:
            super().on_message_complete()

    # ── limits ──────────────────────────────────────────────────────────────────────────────────

    def _check_length(self, headers: Mapping[str, str]) -> None:
        """End parsing where a body is announced that is too large."""
        length = headers.get("content-length", "0")  # the parser lets only digits through
        if int(length) > self.limits.body_limit:
            raise self._stop(self._too_large())

    def _is_answering(self) -> bool:
        cycle = cast(RequestResponseCycle | None, self.cycle)
        return cycle is not None and not cycle.response_complete

    def _too_long(self) -> Refusal:
        return Refusal(431, f"A request's head may have {self.limits.head_limit} bytes at most.")

    def _too_large(self) -> Refusal:
        return Refusal(413, f"A request's body may have {self.limits.body_limit} bytes at most.")

    def _stop(self, refusal: Refusal) -> _Stop:
        """Return what to raise to end parsing; `data_received` then refuses."""
        self._refusal = refusal
        return _Stop()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer with an error, and read no more; behind a running response just end after that."""
        self._count_refusal()
        self._deaf = True
        self._stop_watch()
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if self._own:
            pass  # no app waits for the rest, and nothing runs before it
        elif (
            self._meter.part is Part.BODY
        ):  # the app has the head: tell it that the rest never comes
            cycle.disconnected = True
            cycle.waiting_for_100_continue = False  # nothing may be written behind the refusal
            cycle.message_event.set()
            if cycle.response_started or self.pipeline:
                self.transport.close()
                return
        elif self._is_answering():
            cycle.keep_alive = False
            return
        self.transport.write(refusal_response(refusal))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._watch = self.loop.call_later(LINGER_S, self.transport.abort)

    def _blame(self, error: httptools.HttpParserError) -> Refusal:
        """Tell a request that cannot be read from a fault of our own in a callback, which is logged."""
        cause = error.__context__
        if cause is None or isinstance(cause, httptools.HttpParserError):
            return Refusal(400, "This is not a valid HTTP request.")
        self.logger.error("A request could not be handled.", exc_info=cause)
        return Refusal(500, "The server failed on this request.")

    def _watch_head(self) -> None:
        """Limit the time of a head, or of all of a request of our own."""
        self._stop_watch()
        self._limit_time(self.limits.head_timeout_s)

    def _limit_time(self, seconds: float) -> None:
        self._watch = self.loop.call_later(seconds, self._timed_out)

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _timed_out(self) -> None:
        self._watch = None
        if self._meter.part is Part.BETWEEN:
            self.transport.close()
        else:
            self._refuse(Refusal(408, "The request took too long."))
