"""Carrying conversations in somebody else's server: on the raw transport if it can be had, or by events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from hubbub.model import Packet
from hubbub.sessions.contract import Accepted, Refusal
from hubbub.transports.asgi.carrier import EventCarrier
from hubbub.transports.asgi.lifespan import Life
from hubbub.transports.asgi.release import (
    Crowded,
    NotReleased,
    Stays,
    connections_of,
    find_request,
    find_websocket,
    release_request,
    release_websocket,
)
from hubbub.transports.asgi.stream import AsgiStream
from hubbub.transports.asgi.unframing import Unframer
from hubbub.transports.asgi.websocket import AsgiWebSocket
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.requests import fold_headers, refusal_response
from hubbub.transports.streams.entry import Entry
from hubbub.transports.takeover import Takeover
from hubbub.transports.websocket.handshake import Offer, read_offer

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")

UNCHUNKED = "1.0"
"""The HTTP version whose streams have no chunks of ours: the server makes them."""


@dataclass(frozen=True, slots=True)
class Hosting:
    """What an app in somebody else's server has to heed.

    Args:
        settings: the bounds of WebSockets and streams; what bounds other requests is the server's.
        alone: whether no other process can hear this one, so that several workers would not make one hub.
        unasked: whether everybody may do everything because nobody configured anything, so that only this
            machine's own clients may come in.
    """

    settings: ListenerSettings
    alone: bool = False
    unasked: bool = False


class Carriage:
    """Carry what was accepted, and answer what was not.

    Args:
        life: knows the sockets. hosting: the bounds.
    """

    def __init__(self, life: Life, hosting: Hosting) -> None:
        self._life = life
        self._settings = hosting.settings
        self._alone = hosting.alone
        self._takeover = Takeover(hosting.settings, life.sockets.discard)
        self._unframer = Unframer()
        self._stays = Stays(life.leave)
        self._said: set[str] = set()
        self.taken_over = 0
        """Connections so far whose raw transport was taken out of the server."""
        self.carried = 0
        """Connections so far that plain ASGI events carried."""

    async def websocket(
        self, verdict: Accepted | Refusal, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer a handshake; return when nothing is left to do for the server's task."""
        protocol = self._find(find_websocket, receive)
        if protocol is not None:
            self._warn_of_workers(protocol.config.workers)
            if self._answer(verdict, scope, release_websocket(protocol)):
                self._stays.stand_in(protocol.connections)
        elif isinstance(verdict, Refusal):
            await refuse(verdict, scope, receive, send)
        else:
            await send({"type": "websocket.accept", "subprotocol": verdict.subprotocol})
            settings = self._settings.websocket
            carrier = AsgiWebSocket(verdict.conversation, settings, self._unframer, send)
            await self._carry(carrier, receive)

    def _answer(
        self, verdict: Accepted | Refusal, scope: Scope, transport: asyncio.Transport
    ) -> bool:
        """Answer a handshake on its raw transport; tell whether it is a WebSocket now."""
        if isinstance(verdict, Accepted):
            offer = read_offer(b"GET", "1.1", fold_headers(scope["headers"]))
            if isinstance(offer, Offer):
                self.taken_over += 1
                self._life.sockets.add(self._takeover.websocket(transport, verdict, offer))
                return True
            verdict = offer
        # uvicorn itself would log each refusal as a fault of ours
        transport.set_protocol(asyncio.Protocol())
        transport.write(refusal_response(verdict))
        transport.close()
        return False

    async def stream(
        self, entry: Entry, welcome: tuple[Accepted, Packet | None], receive: Receive, send: Send
    ) -> Refusal | None:
        """Begin a stream; return why not, or when nothing is left to do for the server's task."""
        accepted, first = welcome
        try:
            cycle = self._find(find_request, receive)
        except Crowded:  # uvicorn would not tell this request that the client has left
            return entry.refuse(400, "A stream must be the only request that is unanswered.")
        if cycle is not None:
            self._stays.stand_in(connections_of(cycle))
            self.taken_over += 1
            transport = release_request(cycle)
            self._life.sockets.add(self._takeover.stream(transport, accepted, entry, first))
            return None
        wire = entry.wire(accepted, UNCHUNKED)
        headers = [
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in wire.headers(entry.greeting + accepted.headers)
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": wire.begin, "more_body": True})
        settings = self._settings.stream
        await self._carry(AsgiStream(accepted.conversation, first, wire, settings, send), receive)
        return None

    # ── inside ──────────────────────────────────────────────────────────────────────────────────

    def _find(self, find: Callable[[Receive], _T], receive: Receive) -> _T | None:
        """Return what has the transport, if that can be taken from it. Raises Crowded."""
        try:
            return find(receive)
        except Crowded:
            raise
        except NotReleased as why:
            self._say(f"clients are carried by plain ASGI, which is slower: {why}", why.expected)
            return None

    async def _carry(self, carrier: EventCarrier, receive: Receive) -> None:
        """Carry a conversation by events, for as long as it lasts."""
        self.carried += 1
        self._life.sockets.add(carrier)
        try:
            await carrier.carry(receive)
        finally:
            self._life.sockets.discard(carrier)

    def _warn_of_workers(self, workers: int) -> None:
        if self._alone and workers > 1:
            self._say(
                "several workers, but this broker connects no processes: each has channels of its own; "
                "use redis://"
            )

    def _say(self, what: str, expected: bool = False) -> None:
        """Log something once, however many connections it is true of."""
        if what not in self._said:
            self._said.add(what)
            (_log.info if expected else _log.warning)(what)


async def refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with an HTTP error; where a server cannot say one to a WebSocket, with its 403."""
    if scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
        headers = dict(refusal.headers)
        response = PlainTextResponse(f"{refusal.reason}\n", refusal.status, headers)
        await response(scope, receive, send)
    else:
        await send({"type": "websocket.close"})
