"""Long polling of Engine.IO: handshakes, polls and what clients say, as short requests.

It is plain ASGI, because there is one request under way for every client at all times.
"""

from __future__ import annotations

from http import HTTPStatus

import structlog
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hubbub.dialects.contract import Request as Asked
from hubbub.errors import BrokerUnavailable
from hubbub.framings.engineio import REVISION
from hubbub.http.node import Node
from hubbub.hub.nodes.orders import OrderFailed
from hubbub.sessions.contract import Headers, Refusal
from hubbub.sessions.origins import POLLED_PREFLIGHT
from hubbub.sessions.polls.polling import Missed, Said
from hubbub.sessions.session import Session

_log = structlog.get_logger(__name__)

_TEXT, _JSON = "text/plain; charset=UTF-8", "application/json"
_UNKEPT_TEXT: Headers = (("content-type", _TEXT), ("cache-control", "no-store"))
_UNKEPT_JSON: Headers = (("content-type", _JSON), ("cache-control", "no-store"))

_LATER: Headers = (("Retry-After", "10"),)
"""When those sessions are gone that nobody used."""

_TRANSPORT = (400, 0, "Transport unknown")
_UNKNOWN = (400, 1, "Session ID unknown")
_METHOD = (400, 2, "Bad handshake method")
_BAD = (400, 3, "Bad request")
_JSONP = (400, 3, "Bad request: JSONP is not served, use XHR or fetch")
_FORBIDDEN = (403, 4, "Forbidden")
_REVISION = (400, 5, "Unsupported protocol version")
_MISSED = {Missed.UNKNOWN: _UNKNOWN, Missed.WRONG: _BAD}
"""What Engine.IO answers, with its own numbers (https://socket.io/docs/v4/engine-io-protocol/)."""


class _Stop(Exception):
    """End a request with an error of Engine.IO's."""

    def __init__(self, status: int, code: int, sentence: str, headers: Headers = ()) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers
        self.body = b'{"code":%d,"message":"%b"}' % (code, sentence.encode())


def crowded(refusal: Refusal) -> tuple[int, Headers, bytes]:
    """Return what somebody is answered who asks too much: status, headers and body."""
    stop = _crowded(refusal)
    return stop.status, _UNKEPT_JSON + stop.headers, stop.body


def _crowded(refusal: Refusal) -> _Stop:
    return _Stop(refusal.status, 3, HTTPStatus(refusal.status).phrase, refusal.headers)


def answer_to(said: Said) -> tuple[int, Headers, bytes]:
    """Return what a poll is answered: status, headers and body."""
    if isinstance(said, bytes):
        return 200, _UNKEPT_TEXT, said
    if isinstance(said, Missed):
        stop = _Stop(*_MISSED[said])
        return stop.status, _UNKEPT_JSON, stop.body
    _log.info("a poll could not be brought to its session", fault=str(said))
    return 503, _UNKEPT_TEXT, b"the node of this session cannot be reached now"


class PollingRoutes:
    """Answer polls at the paths of a node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def routes(self) -> list[Route]:
        """Return one route for each path."""
        return [
            Route(door.path, _Endpoint(self._node))
            for door in self._node.doors.doors
            if door.carrier == "polling"
        ]


class _Endpoint:
    """Be an ASGI application for one path."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = _read(scope)
        greeting = self._node.doors.greet(asked.headers)
        if isinstance(greeting, Refusal):
            status, code, sentence = _FORBIDDEN
            await _answer(send, status, _Stop(status, code, sentence).body)
            return
        try:
            body = await self._serve(scope["method"], asked, Request(scope, receive))
        except _Stop as stop:
            await _answer(send, stop.status, stop.body, greeting + stop.headers, _JSON)
        except (OrderFailed, BrokerUnavailable) as fault:
            status, _, body = answer_to(fault)
            await _answer(send, status, body, greeting)
        except ClientDisconnect:
            return
        else:
            preflight = POLLED_PREFLIGHT if scope["method"] == "OPTIONS" else ()
            await _answer(send, 200 if body else 204, body, greeting + preflight)

    async def _serve(self, method: str, asked: Asked, request: Request) -> bytes:
        query = asked.query
        if method == "OPTIONS":
            return b""
        if query.get("transport") != "polling":
            raise _Stop(*_TRANSPORT)
        if query.get("EIO") != REVISION:
            raise _Stop(*_REVISION)
        if "j" in query:
            raise _Stop(*_JSONP)
        sid = query.get("sid", "")
        entries = self._node.entries
        if sid:
            refusal = (entries.messages if method == "POST" else entries.polls).refuse(asked.peer)
            if refusal is not None:
                raise _crowded(refusal)
        if method == "GET":
            return await self._poll(sid, query.get("t", "")) if sid else await self._open(asked)
        if method == "POST" and sid:
            return await self._take(sid, request)
        raise _Stop(*_METHOD)

    async def _open(self, asked: Asked) -> bytes:
        node = self._node
        if node.entries.polled.is_full(asked.peer):
            raise _Stop(429, 3, "Too many sessions of one address", _LATER)
        if node.polling.is_full:
            raise _Stop(503, 3, "The server has as many sessions as it can hold")
        verdict = node.doors.admit(asked, (), "polling")
        if verdict is None:
            raise _Stop(*_BAD)
        if isinstance(verdict, Refusal):
            raise _crowded(verdict)
        assert isinstance(verdict.conversation, Session)  # noqa: S101 - whom nobody polls is never handed over
        return await node.polling.open(verdict.conversation)

    async def _poll(self, sid: str, nonce: str) -> bytes:
        said = await self._node.polling.poll(sid, nonce)
        if isinstance(said, Missed):
            raise _Stop(*_MISSED[said])
        return said

    async def _take(self, sid: str, request: Request) -> bytes:
        limit = self._node.settings.payload_limit
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                raise _Stop(413, 3, f"More than {limit} bytes")
        missed = await self._node.polling.take(sid, bytes(body))
        if missed is not None:
            raise _Stop(*_MISSED[missed])
        return b"ok"


def _read(scope: Scope) -> Asked:
    connection = HTTPConnection(scope)
    peer = connection.client.host if connection.client else ""
    path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
    return Asked(
        path=path,
        query=dict(connection.query_params),
        headers=dict(connection.headers),
        peer=peer,
        carrier="polling",
        scope=scope,
    )


async def _answer(
    send: Send,
    status: int,
    body: bytes,
    headers: Headers = (),
    media: str = _TEXT,
) -> None:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    if body:
        raw.append((b"content-type", media.encode()))
        raw.append((b"content-length", b"%d" % len(body)))
    raw.append((b"cache-control", b"no-store"))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
