"""The ASGI application of a node: what a host mounts, or a server runs as it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import structlog
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from hubbub.dialects.contract import Request
from hubbub.errors import BrokerUnavailable
from hubbub.sessions.contract import Accepted, Doorkeeper, Refusal
from hubbub.transports.asgi import lifespan
from hubbub.transports.asgi.release import NotTakenOver, Stays, find_protocol, release
from hubbub.transports.asgi.scopes import read_scope
from hubbub.transports.asgi.unframing import Unframer
from hubbub.transports.asgi.websocket import AsgiWebSocket
from hubbub.transports.listening import ListenerSettings, default_cap
from hubbub.transports.requests import fold_headers, refusal_response
from hubbub.transports.takeover import Takeover
from hubbub.transports.websocket.handshake import read_offer

if TYPE_CHECKING:
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_log = structlog.get_logger(__name__)


class Node(lifespan.Node, Protocol):
    """What the application speaks for; both parts are made anew each time it starts."""

    @property
    def site(self) -> ASGIApp:
        """Return what answers plain HTTP."""
        ...

    @property
    def doors(self) -> Doorkeeper:
        """Return who decides about WebSockets."""
        ...


class AsgiApp:
    """Be a node in somebody else's server.

    Args:
        node: whom it speaks for. life: of that node. settings: the bounds of WebSockets; what bounds HTTP is
            the server's.
        alone: whether no other process can hear this one, so that several workers would not make one hub.
    """

    def __init__(
        self, node: Node, life: lifespan.Life, settings: ListenerSettings, *, alone: bool
    ) -> None:
        self._node = node
        self._life = life
        self._settings = settings
        self._cap = settings.connection_cap or default_cap()
        self._alone = alone
        self._takeover = Takeover(settings, life.sockets.discard)
        self._unframer = Unframer()
        self._stays = Stays(life.leave)
        self._said: set[str] = set()
        self.taken_over = 0
        """WebSockets so far whose raw transport was taken out of the server."""
        self.carried = 0
        """WebSockets so far that plain ASGI events carried."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one WebSocket, or one lifespan."""
        if scope["type"] == "lifespan":
            await self._life.follow(receive, send)
            return
        try:
            await self._life.ensure()
        except BrokerUnavailable as fault:
            refusal = Refusal(503, str(fault), (("Retry-After", f"{fault.retry_after_s:.0f}"),))
            await _refuse(refusal, scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._open(scope, receive, send)
        else:
            await self._node.site(scope, receive, send)

    # ── WebSockets ──────────────────────────────────────────────────────────────────────────────

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        request = read_scope(scope)
        verdict = request if isinstance(request, Refusal) else self._admit(request, scope)
        uvicorn = self._find(receive)
        if isinstance(verdict, Refusal):
            if uvicorn is None:
                await _refuse(verdict, scope, receive, send)
            else:
                _refuse_raw(verdict, release(uvicorn))
        elif uvicorn is None:
            await self._carry(verdict, receive, send)
        else:
            self._take_over(verdict, uvicorn)

    def _admit(self, request: Request, scope: Scope) -> Accepted | Refusal:
        if len(self._life.sockets) >= self._cap:
            advice = (("Retry-After", str(self._settings.retry_after_s)),)
            return Refusal(503, "The server has as many connections as it can hold.", advice)
        offered = [name for name in scope["subprotocols"] if name]
        verdict = self._node.doors.admit(request, offered)
        return verdict or Refusal(404, f"nothing is at {request.path}")

    def _find(self, receive: Receive) -> WebSocketsSansIOProtocol | None:
        """Return uvicorn's protocol, if it is one whose transport can be taken over."""
        try:
            found = find_protocol(receive)
        except NotTakenOver as why:
            self._say(f"WebSockets are carried by plain ASGI, which is slower: {why}", why.expected)
            return None
        if self._alone and found.config.workers > 1:
            self._say(
                "several workers, but this broker connects no processes: each has channels of its own; "
                "use redis://"
            )
        return found

    def _take_over(self, accepted: Accepted, uvicorn: WebSocketsSansIOProtocol) -> None:
        """Carry the conversation on the raw transport."""
        offer = read_offer(b"GET", "1.1", fold_headers(list(uvicorn.scope["headers"])))
        self._stays.stand_in(uvicorn.connections)
        transport = release(uvicorn)
        if isinstance(offer, Refusal):
            _refuse_raw(offer, transport)
            return
        self.taken_over += 1
        self._life.sockets.add(self._takeover.websocket(transport, accepted, offer))

    async def _carry(self, accepted: Accepted, receive: Receive, send: Send) -> None:
        """Carry the conversation by events, for as long as it lasts."""
        await send({"type": "websocket.accept", "subprotocol": accepted.subprotocol})
        carrier = AsgiWebSocket(
            accepted.conversation, self._settings.websocket, self._unframer, send
        )
        self._life.sockets.add(carrier)
        self.carried += 1
        try:
            await carrier.carry(receive)
        finally:
            self._life.sockets.discard(carrier)

    def _say(self, what: str, expected: bool = False) -> None:
        """Log something once, however many connections it is true of."""
        if what not in self._said:
            self._said.add(what)
            (_log.info if expected else _log.warning)(what)


def _refuse_raw(refusal: Refusal, transport: asyncio.Transport) -> None:
    """Answer with an HTTP error on a raw transport; uvicorn itself would log each as a fault of ours."""
    transport.set_protocol(asyncio.Protocol())
    transport.write(refusal_response(refusal))
    transport.close()


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with an HTTP error; where a server cannot say one to a WebSocket, with its 403."""
    headers = dict(refusal.headers)
    if scope["type"] == "http":
        error = {"code": refusal.status, "message": refusal.reason}
        await JSONResponse({"error": error}, refusal.status, headers)(scope, receive, send)
    elif "websocket.http.response" in scope.get("extensions", {}):
        text = f"{refusal.reason}\n"
        await PlainTextResponse(text, refusal.status, headers)(scope, receive, send)
    else:
        await send({"type": "websocket.close"})
