"""The ASGI application of a node: what a host mounts, or a server runs as it is."""

from __future__ import annotations

from typing import Protocol

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from hubbub.errors import BrokerUnavailable
from hubbub.sessions.contract import STREAM_METHODS, Accepted, Doorkeeper, Refusal
from hubbub.transports.asgi import lifespan
from hubbub.transports.asgi.carriage import Carriage, Hosting, refuse
from hubbub.transports.asgi.scopes import is_local, read_scope, target
from hubbub.transports.listening import default_cap
from hubbub.transports.streams.entry import Entry

OPEN_BY_DEFAULT = (
    "nobody said who may do what here, so that only clients on this machine may do everything: configure "
    "keys, tokens, on_connect and permissions, or let everybody do everything with open=True"
)


class Node(lifespan.Node, Protocol):
    """What the application speaks for; both parts are made anew each time it starts."""

    @property
    def site(self) -> ASGIApp:
        """Return what answers plain HTTP."""
        ...

    @property
    def doors(self) -> Doorkeeper:
        """Return who decides about WebSockets and streams."""
        ...


class AsgiApp:
    """Be a node in somebody else's server.

    Args:
        node: whom it speaks for. life: of that node. hosting: what it has to heed there.
    """

    def __init__(self, node: Node, life: lifespan.Life, hosting: Hosting) -> None:
        self._node = node
        self._life = life
        self._settings = hosting.settings
        self._unasked = hosting.unasked
        self._cap = hosting.settings.connection_cap or default_cap()
        self.carriage = Carriage(life, hosting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one WebSocket, or one lifespan."""
        if scope["type"] == "lifespan":
            await self._life.follow(receive, send)
            return
        refusal = await self._check(scope)
        if scope["type"] == "websocket":
            await receive()  # websocket.connect
            await self.carriage.websocket(refusal or self._admit(scope), scope, receive, send)
        elif refusal is not None:
            error = {"code": refusal.status, "message": refusal.reason}
            answer = JSONResponse({"error": error}, refusal.status, dict(refusal.headers))
            await answer(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _check(self, scope: Scope) -> Refusal | None:
        """See that the node runs, and that somebody wanted this client; return why not.

        Raises LifecycleError.
        """
        if self._unasked and not is_local(scope):
            return Refusal(403, OPEN_BY_DEFAULT)
        try:
            await self._life.ensure()
        except BrokerUnavailable as fault:
            return Refusal(503, str(fault), (("Retry-After", f"{fault.retry_after_s:.0f}"),))
        return None

    # ── WebSockets ──────────────────────────────────────────────────────────────────────────────

    def _admit(self, scope: Scope) -> Accepted | Refusal:
        request = read_scope(scope)
        if isinstance(request, Refusal):
            return request
        if self._is_full():
            return self._full()
        offered = [name for name in scope["subprotocols"] if name]
        verdict = self._node.doors.admit(request, offered)
        return verdict or Refusal(404, f"nothing is at {request.path}")

    # ── HTTP ────────────────────────────────────────────────────────────────────────────────────

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        entry = self._ask_for_stream(scope)
        if entry is None:
            await self._node.site(scope, receive, send)
            return
        refusal = entry if isinstance(entry, Refusal) else await self._stream(entry, receive, send)
        if refusal is not None:
            await refuse(refusal, scope, receive, send)

    def _ask_for_stream(self, scope: Scope) -> Entry | Refusal | None:
        """Return what begins a stream; None for all other requests."""
        path = target(scope).partition(b"?")[0]
        carrier = self._node.doors.stream(path.decode("latin-1"))
        if carrier is None or scope["method"] not in STREAM_METHODS[carrier]:
            return None
        request = read_scope(scope)
        if isinstance(request, Refusal):
            return request
        greeting = self._node.doors.greet(request.headers)
        if isinstance(greeting, Refusal):
            return greeting
        if self._is_full():
            return self._full()
        limit = self._settings.stream.request_limit
        return Entry(request, carrier, scope["method"], scope["http_version"], greeting, limit)

    async def _stream(self, entry: Entry, receive: Receive, send: Send) -> Refusal | None:
        """Read the body, and carry the stream; return why not. Nobody is told where the client has gone."""
        more = True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                return None
            refusal = entry.take(event.get("body", b""))
            if refusal is not None:
                return refusal
            more = event.get("more_body", False)
        welcome = entry.welcome(self._node.doors)
        if isinstance(welcome, Refusal):
            return welcome
        return await self.carriage.stream(entry, welcome, receive, send)

    # ── both ────────────────────────────────────────────────────────────────────────────────────

    def _is_full(self) -> bool:
        return len(self._life.sockets) >= self._cap

    def _full(self) -> Refusal:
        advice = (("Retry-After", str(self._settings.retry_after_s)),)
        return Refusal(503, "The server has as many connections as it can hold.", advice)
