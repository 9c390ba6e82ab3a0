"""The one port: HTTP by uvicorn, WebSockets on the raw transport, and the limits that uvicorn lacks.

A `Listener` is made once per worker; `uvicorn.Config(http=listener.http_class())` puts it to work.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from hubbub.server.metering import Part, RequestMeter
from hubbub.sessions.contract import Accepted, Doorkeeper, Refusal
from hubbub.transports.listening import OVERFLOW, ListenerSettings, default_cap
from hubbub.transports.requests import fold_headers, read_request, refusal_response
from hubbub.transports.websocket.deflate import negotiate
from hubbub.transports.websocket.handshake import Offer, accept_response, read_offer
from hubbub.transports.websocket.protocol import WebSocketProtocol

LINGER_S = 2.0
"""Seconds to read on behind a refusal: closing with unread input resets the socket, and loses the answer."""


class Listener:
    """Bind uvicorn's HTTP protocol to a doorkeeper, and know the connections it let in."""

    __slots__ = ("cap", "carriers", "doorkeeper", "forget", "opened", "refused", "settings")

    def __init__(self, doorkeeper: Doorkeeper, settings: ListenerSettings | None = None) -> None:
        self.doorkeeper = doorkeeper
        self.settings = settings or ListenerSettings()
        self.cap = self.settings.connection_cap or default_cap()
        self.carriers: set[WebSocketProtocol] = set()
        """WebSockets whose socket is not gone yet; uvicorn does not know them."""
        self.forget = self.carriers.discard
        self.opened = 0
        """Carriers opened so far."""
        self.refused = 0
        """Connections and requests refused so far, by a limit or by the doorkeeper."""

    def http_class(self) -> type[HttpToolsProtocol]:
        """Return the class to give to `uvicorn.Config(http=...)`."""
        return type("BoundHttpProtocol", (OnePortProtocol,), {"listener": self})


class _Stop(Exception):
    """End parsing from inside a parser's callback."""


class OnePortProtocol(HttpToolsProtocol):
    """Serve HTTP until a WebSocket handshake that is ours; then hand the transport over and vanish."""

    listener: ClassVar[Listener]

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
        self._refusal: Refusal | None = None
        self._verdict: tuple[Accepted, Offer] | None = None
        self._meter = RequestMeter()

    # ── from the transport ──────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and begin to wait for a head."""
        self.connections.add(self)
        self.transport = transport
        self.flow = FlowControl(transport)
        self.client = get_remote_addr(transport)
        self.scheme = "https" if is_ssl(transport) else "http"
        listener = self.listener
        above = len(self.connections) + len(listener.carriers) - listener.cap
        if above > OVERFLOW:
            listener.refused += 1
            self._deaf = True
            transport.abort()
        elif above > 0:
            advice = (("Retry-After", str(listener.settings.retry_after_s)),)
            self._refuse(Refusal(503, "The server has as many connections as it can hold.", advice))
        else:
            self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Drop what the connection held."""
        self._stop_watch()
        self._verdict = None
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
            return
        self._unset_keepalive_if_required()
        if meter.fed(len(data)) > self.listener.settings.head_limit:
            self._refuse(self._too_long())
        elif meter.part is Part.HEAD and self._watch is None:
            self._watch_head()

    # ── from the parser ─────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._meter.begin()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._meter.add_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer, which is counted with them."""
        size = self._meter.add_head(len(name) + len(value) + len(": \r\n"))
        if size > self.listener.settings.head_limit:
            raise self._stop(self._too_long())
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Judge the head; what is not a WebSocket of ours goes to the ASGI app."""
        self._stop_watch()
        headers = fold_headers(self.headers)
        length = headers.get("content-length", "0")  # the parser lets only digits through
        if int(length) > self.listener.settings.body_limit:
            raise self._stop(self._too_large())
        if "sec-websocket-key" in headers or "websocket" in headers.get("upgrade", "").lower():
            self._verdict = self._admit(headers)
        if self.server is None and self._verdict is None:
            # Not for WebSockets: uvloop would keep the answer's 150 bytes for as long as the socket lives.
            self.server = self.scope["server"] = get_local_addr(self.transport)
        super().on_headers_complete()
        self._meter.end_head()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, up to the limit."""
        if self._meter.add_body(len(body)) > self.listener.settings.body_limit:
            raise self._stop(self._too_large())
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._meter.end()
        super().on_message_complete()

    # ── WebSockets ──────────────────────────────────────────────────────────────────────────────

    def _should_upgrade(self) -> bool:
        return self._verdict is not None or super()._should_upgrade()

    def _admit(self, headers: dict[str, str]) -> tuple[Accepted, Offer] | None:
        """Ask the doorkeeper; return None where the path is not ours. Ends parsing with a refusal."""
        offer = read_offer(self.parser.get_method(), self.parser.get_http_version(), headers)
        request = read_request(self.url, headers, self.client[0] if self.client else "")
        if isinstance(request, Refusal):
            raise self._stop(request)
        subprotocols = offer.subprotocols if isinstance(offer, Offer) else ()
        verdict = self.listener.doorkeeper.admit(request, subprotocols)
        if verdict is None:
            return None
        if isinstance(offer, Refusal):
            raise self._stop(offer)
        if isinstance(verdict, Refusal):
            raise self._stop(verdict)
        if not self.parser.should_upgrade() or self._is_answering():
            raise self._stop(Refusal(400, "A WebSocket handshake must be the only request."))
        return verdict, offer

    def _upgrade(self, rest: bytes) -> None:
        """Hand the transport over, with the bytes that came behind the handshake."""
        self._stop_watch()
        verdict, self._verdict = self._verdict, None
        transport = self.transport
        if verdict is None:
            if not self._should_upgrade():  # another protocol is not spoken: HTTP, and then the end
                self._deaf = True
                self.cycle.keep_alive = False
                return
            self.handle_websocket_upgrade()
            protocol = transport.get_protocol()
        else:
            protocol = self._take_over(*verdict)
        self._vanish()
        if rest and isinstance(protocol, asyncio.Protocol):
            protocol.data_received(rest)

    def _take_over(self, accepted: Accepted, offer: Offer) -> WebSocketProtocol:
        listener = self.listener
        settings = listener.settings.websocket
        agreement = negotiate(offer.extensions) if settings.compression else None
        self.transport.write(accept_response(offer, accepted.subprotocol, agreement))
        protocol = WebSocketProtocol(accepted.conversation, settings, agreement, listener.forget)
        listener.carriers.add(protocol)
        listener.opened += 1
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        return protocol

    def _vanish(self) -> None:
        """Drop everything that HTTP needed: it would stay for as long as the WebSocket does."""
        self._deaf = True
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        self.parser = self.scope = self.headers = self.cycle = self.flow = None  # type: ignore[assignment]

    # ── limits ──────────────────────────────────────────────────────────────────────────────────

    def _is_answering(self) -> bool:
        cycle = cast(RequestResponseCycle | None, self.cycle)
        return cycle is not None and not cycle.response_complete

    def _too_long(self) -> Refusal:
        limit = self.listener.settings.head_limit
        return Refusal(431, f"A request's head may have {limit} bytes at most.")

    def _too_large(self) -> Refusal:
        limit = self.listener.settings.body_limit
        return Refusal(413, f"A request's body may have {limit} bytes at most.")

    def _stop(self, refusal: Refusal) -> _Stop:
        """Return what to raise to end parsing; `data_received` then refuses."""
        self._refusal = refusal
        return _Stop()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer with an error, and read no more; behind a running response just end after that."""
        self.listener.refused += 1
        self._deaf = True
        self._stop_watch()
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if self._meter.part is Part.BODY:  # the app has the head: tell it that the rest never comes
            cycle.disconnected = True
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
        timeout_s = self.listener.settings.head_timeout_s
        self._watch = self.loop.call_later(timeout_s, self._head_timed_out)

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _head_timed_out(self) -> None:
        self._watch = None
        if self._meter.part is Part.HEAD:
            self._refuse(Refusal(408, "The request's head took too long."))
        else:
            self.transport.close()
