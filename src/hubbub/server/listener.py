"""The one port: HTTP by uvicorn, and WebSockets and streams on the raw transport.

A `Listener` is made once per worker; `uvicorn.Config(http=listener.http_class())` puts it to work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import get_local_addr
from uvicorn.server import ServerState

from hubbub.dialects.contract import Request
from hubbub.model import Packet
from hubbub.server.handover import Handover, head
from hubbub.server.waiting import PatientHttpProtocol, Polls, WaitingRoom
from hubbub.sessions.contract import STREAM_METHODS, Accepted, Doorkeeper, Refusal
from hubbub.transports.admission import host_served
from hubbub.transports.listening import OVERFLOW, ListenerSettings, default_cap
from hubbub.transports.requests import read_request
from hubbub.transports.streams.entry import Entry
from hubbub.transports.streams.protocol import StreamProtocol
from hubbub.transports.takeover import Takeover
from hubbub.transports.websocket.handshake import Offer, read_offer
from hubbub.transports.websocket.protocol import WebSocketProtocol

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_MISDIRECTED = Refusal(
    421,
    "An open server answers to localhost and to addresses only; others: allowed_origins (--origin).",
)


class Listener:
    """Bind uvicorn's HTTP protocol to a doorkeeper, and know the connections it let in.

    Args:
        doorkeeper: who says which connections may be opened. settings: what is taken from the network.
        origins: where only this machine may come, the origins whose names requests may give the server
            besides `localhost` and addresses; None where any name will do.
        polls: who answers polls that wait; the ASGI app does where there is nobody.
    """

    __slots__ = (
        "cap",
        "carriers",
        "doorkeeper",
        "handover",
        "opened",
        "origins",
        "refused",
        "room",
        "settings",
        "takeover",
    )

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        settings: ListenerSettings | None = None,
        origins: Sequence[str] | None = None,
        polls: Polls | None = None,
    ) -> None:
        self.doorkeeper = doorkeeper
        self.origins = origins
        self.settings = settings or ListenerSettings()
        self.cap = self.settings.connection_cap or default_cap()
        self.carriers: set[WebSocketProtocol | StreamProtocol] = set()
        """WebSockets and streams whose socket is not gone yet; uvicorn does not know them."""
        self.room = WaitingRoom(polls, self.settings.head_limit)
        """Polls that wait for their answers; uvicorn does not know those either."""
        self.takeover = Takeover(self.settings, self.carriers.discard, self.room)
        self.handover: Handover | None = None
        """The way to the other workers of the machine; None where there are none."""
        self.opened = 0
        """Carriers opened so far."""
        self.refused = 0
        """Connections and requests refused so far, by a limit or by the doorkeeper."""

    @property
    def busy(self) -> bool:
        """Tell whether any of its sockets, but for plain HTTP, is not gone yet."""
        return bool(self.carriers or self.room.requests)

    def http_class(self) -> type[HttpToolsProtocol]:
        """Return the class to give to `uvicorn.Config(http=...)`."""
        members = {"listener": self, "limits": self.settings, "room": self.room}
        return type("BoundHttpProtocol", (OnePortProtocol,), members)


class OnePortProtocol(PatientHttpProtocol):
    """Serve HTTP until a request for a carrier that is ours; then hand the transport over and vanish."""

    listener: ClassVar[Listener]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._verdict: tuple[Accepted, Offer] | None = None
        self._elsewhere: Refusal | None = None
        self._entry: Entry | None = None
        self._stream: tuple[Accepted, Entry, Packet | None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and begin to wait for a head."""
        self._adopt(transport)
        listener = self.listener
        others = len(listener.carriers) + len(listener.room.requests)
        above = len(self.connections) + others - listener.cap
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
        self._verdict = self._entry = self._stream = None
        super().connection_lost(exc)

    # ── from the parser ─────────────────────────────────────────────────────────────────────────

    def on_headers_complete(self) -> None:
        """Judge the head; what asks for no carrier of ours goes to the ASGI app."""
        self._stop_watch()
        headers = self._read_head()
        self._check_host(headers)
        if "sec-websocket-key" in headers or "websocket" in headers.get("upgrade", "").lower():
            self._check_length(headers)
            self._verdict = self._admit(headers)
        elif self._asks_for_poll(headers) or self._asks_for_stream(headers):
            self._meter.end_head()
            return
        self._check_length(headers)
        if self.server is None and self._verdict is None:
            # Not for WebSockets: uvloop would keep the answer's 150 bytes for as long as the socket lives.
            self.server = self.scope["server"] = get_local_addr(self.transport)
        super().on_headers_complete()
        self._meter.end_head()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body: of a request for a stream, or of one that the app answers."""
        if self._entry is None:
            super().on_body(body)
            return
        self._meter.add_body(len(body))
        refusal = self._entry.take(body)
        if refusal is not None:
            raise self._stop(refusal)

    def on_message_complete(self) -> None:
        """End a request; one for a stream is judged now."""
        super().on_message_complete()
        if self._entry is not None:
            self._stream = self._welcome(self._entry)

    def _check_host(self, headers: dict[str, str]) -> None:
        """End parsing where a name is not the server's (RFC 9110 section 15.5.20)."""
        origins = self.listener.origins
        if origins is not None and not host_served(headers.get("host", ""), origins):
            raise self._stop(_MISDIRECTED)

    # ── WebSockets ──────────────────────────────────────────────────────────────────────────────

    def _should_upgrade(self) -> bool:
        ours = self._verdict is not None or self._elsewhere is not None
        return ours or super()._should_upgrade()

    def _admit(self, headers: dict[str, str]) -> tuple[Accepted, Offer] | None:
        """Ask the doorkeeper; return None where the path is not ours. Ends parsing with a refusal."""
        offer = read_offer(self.parser.get_method(), self.parser.get_http_version(), headers)
        request = self._request(headers)
        subprotocols = offer.subprotocols if isinstance(offer, Offer) else ()
        verdict = self.listener.doorkeeper.admit(request, subprotocols)
        if verdict is None:
            return None
        if isinstance(offer, Refusal):
            raise self._stop(offer)
        can_go = self.scheme == "http" and self.listener.handover is not None
        if isinstance(verdict, Refusal) and not (verdict.node and can_go):
            raise self._stop(verdict)
        if not self.parser.should_upgrade() or self._is_answering():
            raise self._stop(Refusal(400, "A WebSocket handshake must be the only request."))
        if isinstance(verdict, Refusal):
            self._elsewhere = verdict
            return None
        return verdict, offer

    def _upgrade(self, rest: bytes) -> None:
        """Hand the transport over, with the bytes that came behind the handshake."""
        if self._own:
            self._enter(rest)
            return
        self._stop_watch()
        if self._elsewhere is not None:
            self._give(self._elsewhere, rest)
            return
        verdict, self._verdict = self._verdict, None
        if verdict is not None:
            self._carry(self.listener.takeover.websocket(self.transport, *verdict), rest)
            return
        if not self._should_upgrade():  # another protocol is not spoken: HTTP, and then the end
            self._deaf = True
            self.cycle.keep_alive = False
            return
        transport = self.transport
        self.handle_websocket_upgrade()
        self._vanish()
        protocol = transport.get_protocol()
        if rest and isinstance(protocol, asyncio.Protocol):
            protocol.data_received(rest)

    def _give(self, refusal: Refusal, rest: bytes) -> None:
        """Give the socket to the worker for whom it is, or refuse where that cannot be."""
        transport, handover = self.transport, self.listener.handover
        said = head(self.url, self.headers) + rest
        if handover is not None and handover.give(refusal.node, transport, said):
            self._vanish()
            transport.abort()  # it is closed here, and goes on there
        else:
            self._refuse(refusal)

    # ── streams ─────────────────────────────────────────────────────────────────────────────────

    def _asks_for_stream(self, headers: dict[str, str]) -> bool:
        """Tell whether a request is for a stream, and wait for its body then. Ends parsing with a refusal."""
        doorkeeper, method = self.listener.doorkeeper, self.parser.get_method().decode()
        carrier = doorkeeper.stream((httptools.parse_url(self.url).path or b"/").decode("latin-1"))
        if carrier is None or method not in STREAM_METHODS[carrier]:
            return False
        request, greeting = self._request(headers), doorkeeper.greet(headers)
        if isinstance(greeting, Refusal):
            raise self._stop(greeting)
        if self._is_answering():
            raise self._stop(Refusal(400, "A stream must be the only request that is unanswered."))
        limit, version = self.limits.stream.request_limit, self.parser.get_http_version()
        self._entry = Entry(request, carrier, method, version, greeting, limit, self._may_stay())
        self._own = True
        if int(headers.get("content-length", "0")) > limit:
            raise self._stop(self._entry.too_large())
        if self.expect_100_continue:
            self.transport.write(_CONTINUE)
        self._watch_head()
        return True

    def _welcome(self, entry: Entry) -> tuple[Accepted, Entry, Packet | None]:
        """Ask the doorkeeper about a request that is all there. Ends parsing with a refusal."""
        welcome = entry.welcome(self.listener.doorkeeper)
        if isinstance(welcome, Refusal):
            raise self._stop(welcome)
        accepted, first = welcome
        return accepted, entry, first

    def _enter(self, rest: bytes) -> None:
        """Answer a poll, or begin a stream whose request is all there, with the bytes behind it."""
        self._stop_watch()
        self._wait()
        stream, self._stream = self._stream, None
        if stream is not None:
            self._carry(self.listener.takeover.stream(self.transport, *stream), rest)

    # ── leaving HTTP ────────────────────────────────────────────────────────────────────────────

    def _request(self, headers: dict[str, str]) -> Request:
        """Return what the head says. Ends parsing with a refusal."""
        request = read_request(self.url, headers, self.client[0] if self.client else "")
        if isinstance(request, Refusal):
            raise self._stop(request)
        return request

    def _carry(self, carrier: WebSocketProtocol | StreamProtocol, rest: bytes) -> None:
        """Leave the transport to its carrier, which gets what was read already."""
        listener = self.listener
        listener.carriers.add(carrier)
        listener.opened += 1
        self._vanish()
        if rest:
            carrier.data_received(rest)

    def _vanish(self) -> None:
        """Drop everything that HTTP needed."""
        self._entry = None
        super()._vanish()

    def _count_refusal(self) -> None:
        self.listener.refused += 1
