"""Requests that wait: while one does, nothing of HTTP is kept but the transport, and no task runs.

In the ASGI app a waiting request costs a task, and everything that was known of it. Here the connection
leaves HTTP when a poll begins to wait, and comes back to it with the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, Protocol

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.utils import get_remote_addr, is_ssl
from uvicorn.server import ServerState

from hubbub.dialects.contract import Request
from hubbub.http.polls import Answer
from hubbub.server.limited import LimitedHttpProtocol
from hubbub.sessions.contract import Headers, Refusal
from hubbub.transports.proxies import FORWARDED, SCHEME, proxies
from hubbub.transports.requests import fold_headers, read_request


class Polls(Protocol):
    """Who answers polls."""

    def takes(self, request: Request) -> bool:
        """Tell whether it answers this GET."""
        ...

    def begin(self, request: Request, answer: Answer) -> Callable[[], object]:
        """Have `answer` called, now or later; return what to call when nobody waits for it any more."""
        ...

    def hurry(self) -> None:
        """Answer at once what may be answered elsewhere as well: the server stops."""
        ...


class WaitingRoom:
    """Hold the requests of a worker that wait.

    Args:
        polls: who answers them; None where nobody does. limit: bytes that a client may say meanwhile.
    """

    __slots__ = ("again", "closing", "limit", "polls", "requests")

    def __init__(self, polls: Polls | None, limit: int) -> None:
        self.polls = polls
        self.limit = limit
        self.requests: set[WaitingRequest] = set()
        self.closing = False
        """Set while the server drains: a connection has one more answer, and others the next requests."""
        self.again: Callable[[], PatientHttpProtocol] | None = None
        """Makes what speaks HTTP on a connection that comes back to it."""

    def leave(self, request: WaitingRequest, rest: bytes) -> None:
        """Let a request go that has its answer; `rest` is what the client said meanwhile."""
        self.requests.discard(request)
        if not request.keep:
            request.transport.close()
        else:
            self.come_back(request.transport, rest, paused=request.paused)

    def come_back(self, transport: asyncio.Transport, rest: bytes, *, paused: bool = False) -> None:
        """Speak HTTP again on a transport (see `PatientHttpProtocol.come_back`)."""
        if self.again is not None and not transport.is_closing():
            self.again().come_back(transport, rest, paused=paused)

    def lose(self, request: WaitingRequest) -> None:
        """Let one go whose socket is gone."""
        self.requests.discard(request)


class WaitingRequest(asyncio.Protocol):
    """Hold the transport of a request that waits.

    Args:
        transport: where the answer goes. keep: whether more requests may follow. room: where it waits.
        state: the server's, which has the headers of every answer.
    """

    __slots__ = ("_give_up", "_rest", "_room", "_state", "answered", "keep", "paused", "transport")

    def __init__(
        self, transport: asyncio.Transport, keep: bool, room: WaitingRoom, state: ServerState
    ) -> None:
        self.transport = transport
        self.keep = keep
        self.answered = False
        self.paused = False
        """Whether the client has yet to read its answer."""
        self._room = room
        self._state = state
        self._rest = b""
        self._give_up: Callable[[], object] | None = None

    def ask(self, polls: Polls, request: Request) -> bool:
        """Ask for the answer; tell whether it was there at once. Else the transport is to be ours."""
        give_up = polls.begin(request, self._answer)
        if not self.answered:
            self._give_up = give_up
        return self.answered

    def _answer(self, status: int, headers: Headers, body: bytes) -> None:
        if self.answered:
            return
        self.answered = True
        self.keep = self.keep and not self._room.closing
        waited, self._give_up = self._give_up is not None, None
        defaults = self._state.default_headers
        self.transport.write(whole(status, headers, body, defaults, keep=self.keep))
        if waited:
            self._room.leave(self, self._rest)

    def abort(self) -> None:
        """Drop the socket."""
        self.transport.abort()

    # ── from the transport ──────────────────────────────────────────────────────────────────────

    def data_received(self, data: bytes) -> None:
        """Keep what the client says before it has its answer, up to a bound."""
        self._rest += data
        if len(self._rest) > self._room.limit:
            self.transport.abort()

    def pause_writing(self) -> None:
        """Note that the answer is more than the client reads at once."""
        self.paused = True

    def resume_writing(self) -> None:
        """Note that it has caught up."""
        self.paused = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        give_up, self._give_up = self._give_up, None
        if give_up is not None:
            self.answered = True
            give_up()
            self._room.lose(self)


def whole(
    status: int,
    headers: Headers,
    body: bytes,
    defaults: Iterable[tuple[bytes, bytes]],
    *,
    keep: bool,
) -> bytes:
    """Return a whole HTTP response; with `keep`, another request may follow."""
    lines = [
        b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode()),
        *(b"%b: %b" % each for each in defaults),
        *(f"{name}: {value}".encode("latin-1") for name, value in headers),
        b"content-length: %d" % len(body),
        *(() if keep else (b"connection: close",)),
        b"",
        body,
    ]
    return b"\r\n".join(lines)


class PatientHttpProtocol(LimitedHttpProtocol):
    """Speak HTTP, but leave it while a poll waits."""

    room: ClassVar[WaitingRoom]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._poll: tuple[Request, bool] | None = None
        if self.room.again is None:
            self.room.again = partial(type(self), config, server_state, app_state, _loop)

    def connection_lost(self, exc: Exception | None) -> None:
        """Drop what the connection held."""
        self._poll = None
        super().connection_lost(exc)

    def _adopt(self, transport: asyncio.Transport) -> None:
        """Speak on this transport from now on."""
        self.connections.add(self)
        self.transport = transport
        self.flow = FlowControl(transport)
        self.client = get_remote_addr(transport)
        self.scheme = "https" if is_ssl(transport) else "http"

    def _read_head(self) -> dict[str, str]:
        """Return a request's headers, and learn whose it is: a proxy asks for many over one connection."""
        headers = fold_headers(self.headers)
        if self.limits.trusted_proxies:
            address, port = get_remote_addr(self.transport) or ("", 0)
            ours = proxies(self.limits.trusted_proxies)
            peer = ours.peer(address, headers.get(FORWARDED, ""))
            self.client = self.scope["client"] = peer, port if peer == address else 0
            self.scope["scheme"] = ours.scheme(
                address, headers.get(SCHEME, ""), self.scheme or "http"
            )
        return headers

    def come_back(self, transport: asyncio.Transport, rest: bytes, *, paused: bool) -> None:
        """Go on after an answer, with what the client said before it had it.

        Args:
            paused: whether the transport has asked for writing to pause.
        """
        self._adopt(transport)
        if paused:
            self.flow.pause_writing()
        transport.set_protocol(self)
        self._linger(keep=True)
        if rest:
            self.data_received(rest)

    def _vanish(self) -> None:
        """Drop everything that HTTP needed: it would stay for as long as somebody else has the transport."""
        self._deaf = True
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        self.parser = self.scope = self.headers = self.cycle = self.flow = None  # type: ignore[assignment]

    def _asks_for_poll(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a request is a poll that may wait, and take it then."""
        polls, parser = self.room.polls, self.parser
        if polls is None or b"sid=" not in self.url or parser.get_method() != b"GET":
            return False
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if has_body or parser.should_upgrade() or self._is_answering():
            return False
        if self.flow.write_paused:
            return False  # the app answers once the client has read the last answer
        request = read_request(self.url, dict(headers), self.client[0] if self.client else "")
        if isinstance(request, Refusal) or not polls.takes(request):
            return False
        self._poll = request, self._may_stay()
        self._own = True
        return True

    def _may_stay(self) -> bool:
        """Tell whether another request may follow this one."""
        http = self.parser
        stays: bool = http.get_http_version() == "1.1" and http.should_keep_alive()
        return stays and not self.room.closing

    def _wait(self) -> None:
        """Answer a poll, or leave the transport to it until it is answered."""
        poll, self._poll = self._poll, None
        room = self.room
        if poll is None or room.polls is None:
            return
        request, keep = poll
        waiting = WaitingRequest(self.transport, keep, room, self.server_state)
        if waiting.ask(room.polls, request):
            self._own = False
            self._linger(keep=keep)
            return
        room.requests.add(waiting)
        transport = self.transport
        self._vanish()
        transport.set_protocol(waiting)

    def on_headers_complete(self) -> None:
        """Begin a request that the app answers."""
        super().on_headers_complete()
        if self.room.closing and self.cycle is not None:
            self.cycle.keep_alive = False

    def _linger(self, *, keep: bool) -> None:
        """Wait for another request, for a while, or for none."""
        self.server_state.total_requests += 1
        if not keep:
            self.transport.close()
            return
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
