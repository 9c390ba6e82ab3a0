"""Which paths there are, and what is spoken there: settings become doors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from hubbub.config import EndpointSettings
from hubbub.dialects.centrifuge.conversation import CentrifugeDialect, Coding, SocketPinged
from hubbub.dialects.centrifuge.json import JSON
from hubbub.dialects.centrifuge.protobuf import PROTOBUF
from hubbub.dialects.centrifuge.unidirectional import UnidirectionalDialect
from hubbub.dialects.contract import Dialect, Request
from hubbub.dialects.socketio.conversation import SocketIoDialect
from hubbub.dialects.stomp.conversation import StompDialect
from hubbub.dialects.text import TextDialect, TextSettings, parse_position
from hubbub.errors import BAD_REQUEST, ProtocolViolation
from hubbub.framings.conversation import EngineIo
from hubbub.framings.engineio import REVISION
from hubbub.sessions.contract import FIRST, Conversation
from hubbub.sessions.doors import Door, fill
from hubbub.sessions.polls.sockjs import SockJsSessions
from hubbub.sessions.polls.sockjs_endpoint import Makers, SockJs, SockJsEndpoint
from hubbub.transports.streams.wires import OCTETS

DEFAULT_ENDPOINTS = (
    EndpointSettings(path="/connection/websocket", dialect="centrifuge"),
    EndpointSettings(path="/connection/sse", dialect="centrifuge", transport="sse"),
    EndpointSettings(path="/connection/http_stream", dialect="centrifuge", transport="http_stream"),
    EndpointSettings(path="/connection/uni_websocket", dialect="unidirectional"),
    EndpointSettings(path="/connection/uni_sse", dialect="unidirectional", transport="sse"),
    EndpointSettings(
        path="/connection/uni_http_stream", dialect="unidirectional", transport="http_stream"
    ),
    EndpointSettings(path="/socket.io/", dialect="socketio"),
    EndpointSettings(path="/stomp", dialect="stomp"),
    EndpointSettings(path="/stomp", dialect="stomp", transport="sockjs"),
    EndpointSettings(path="/connection/sockjs", dialect="centrifuge", transport="sockjs"),
    EndpointSettings(
        path="/sockjs/{channel}", dialect="text", channel="{channel}", transport="sockjs"
    ),
    EndpointSettings(path="/ws/{channel}", dialect="text", channel="{channel}"),
)
"""The endpoints that every server has, after those that its operator configured."""


Resume: TypeAlias = Callable[[str], Conversation]
"""Return what goes on with the polled session of this id. Raises ProtocolViolation where there is none."""


def doors_of(
    endpoints: Iterable[EndpointSettings],
    message_limit: int,
    resume: Resume,
    sockjs: SockJsSessions,
) -> list[Door]:
    """Return the doors of a server: those that its operator configured, and those that every server has.

    Args:
        message_limit: the largest message in bytes, where a protocol tells it to its clients.
        resume: what takes polled sessions over by a WebSocket. sockjs: where sessions of SockJS are.
    """
    doors: list[Door] = []
    for endpoint in (*endpoints, *DEFAULT_ENDPOINTS):
        if endpoint.dialect == "socketio":
            doors += _socketio_doors(endpoint.path, message_limit, resume)
        elif endpoint.transport == "sockjs":
            doors += _place(endpoint).doors(_makers(endpoint, message_limit), sockjs)
        else:
            makers = _makers(endpoint, message_limit)
            doors.append(Door(endpoint.path, makers, endpoint.transport))
    return doors


def sockjs_of(endpoints: Iterable[EndpointSettings], sessions: SockJsSessions) -> SockJs:
    """Return the places of a server where SockJS is spoken; `sessions` are those without WebSockets."""
    places = [
        _place(endpoint)
        for endpoint in (*endpoints, *DEFAULT_ENDPOINTS)
        if endpoint.transport == "sockjs"
    ]
    return SockJs(tuple(places), sessions)


def _place(endpoint: EndpointSettings) -> SockJsEndpoint:
    return SockJsEndpoint(
        endpoint.path.rstrip("/"),
        endpoint.websocket,
        endpoint.cookie,
        endpoint.client_url,
        endpoint.stream_limit,
    )


def _makers(endpoint: EndpointSettings, limit: int) -> Makers:
    if endpoint.dialect == "centrifuge":
        return _CENTRIFUGE[endpoint.transport]
    if endpoint.dialect == "unidirectional":
        return {"": _unidirectional}
    if endpoint.dialect == "stomp":
        return dict.fromkeys(_STOMP, _stomp(endpoint, limit))
    return {"": _text(endpoint)}


def _centrifuge(coding: Coding, request: Request) -> Dialect:
    by_frames = request.query.get("cf_ws_frame_ping_pong") == "true"
    return SocketPinged(coding) if by_frames else CentrifugeDialect(coding)


_json, _protobuf = partial(_centrifuge, JSON), partial(_centrifuge, PROTOBUF)


def _asked(request: Request) -> Dialect:
    query = request.query
    wanted = query.get("cf_protocol") or query.get("format")
    return _protobuf(request) if wanted == "protobuf" else _json(request)


_CENTRIFUGE: dict[str, Makers] = {
    "websocket": {"": _asked, "centrifuge-json": _json, "centrifuge-protobuf": _protobuf},
    "sse": {"application/json": _json},
    "http_stream": {"application/json": _json, OCTETS: _protobuf},
    "sockjs": {"": _json, "centrifuge-json": _json},  # which carries text only
}
"""By transport, what makes the dialect of a connection: by sub-protocol, or by media type."""


def _unidirectional(request: Request) -> Dialect:
    # What begins a stream is its first message already.
    at_once = request.carrier == "websocket"
    return UnidirectionalDialect(request.query.get(FIRST, "") if at_once else "")


def _socketio_doors(path: str, limit: int, resume: Resume) -> list[Door]:
    def polled(request: Request) -> Dialect:
        return EngineIo(_socketio(limit, request), ("websocket",), limit)

    def at_once(request: Request) -> Dialect:
        _check(request)
        return EngineIo(_socketio(limit, request), (), limit)

    def resumed(request: Request) -> Conversation | None:
        sid = request.query.get("sid", "")
        if not sid:
            return None
        _check(request)
        return resume(sid)

    return [
        Door(path, {"": at_once}, resume=resumed),
        Door(path, {"": polled}, "polling"),
    ]


def _socketio(limit: int, request: Request) -> Dialect:
    return SocketIoDialect(limit, request.query.get("user", ""))


def _check(request: Request) -> None:
    """Refuse a WebSocket that means something else, in Engine.IO's words."""
    if request.query.get("EIO") != REVISION:
        raise ProtocolViolation(BAD_REQUEST, '{"code":5,"message":"Unsupported protocol version"}')
    if request.query.get("transport") != "websocket":
        raise ProtocolViolation(BAD_REQUEST, '{"code":0,"message":"Transport unknown"}')


_STOMP = ("", "v12.stomp", "v11.stomp", "v10.stomp")
"""Sub-protocols; which version is spoken says the first frame, whatever they name."""


def _stomp(endpoint: EndpointSettings, limit: int) -> Callable[[Request], Dialect]:
    def make(request: Request) -> Dialect:
        user = fill(endpoint.user, request) if endpoint.user else request.query.get("user", "")
        return StompDialect(limit, endpoint.application, user)

    return make


def _text(endpoint: EndpointSettings) -> Callable[[Request], Dialect]:
    plain = TextSettings("plain", endpoint.heartbeat, endpoint.heartbeat_reply, endpoint.recent)
    enveloped = replace(plain, format="json")

    def make(request: Request) -> Dialect:
        query = request.query
        settings = enveloped if query.get("format", endpoint.format) == "json" else plain
        if "since" in query:
            settings = replace(settings, since=parse_position(query["since"]))
        if "token" in query:
            settings = replace(settings, token=query["token"])
        user = fill(endpoint.user, request) if endpoint.user else query.get("user", "")
        return TextDialect(settings, fill(endpoint.channel, request), user)

    return make
