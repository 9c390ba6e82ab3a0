"""What plain HTTP answers of SockJS: what a server can do, what clients say, and a page for pages of others.

Requests that receive do not come here; the listener takes them.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qs

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hubbub.errors import BrokerUnavailable, ProtocolViolation
from hubbub.framings.sockjs import frames
from hubbub.http.node import Node
from hubbub.http.refusals import peer_of, refused
from hubbub.hub.nodes.orders import OrderFailed
from hubbub.sessions.contract import STREAM_METHODS, Headers, Refusal
from hubbub.sessions.polls.relaying import Outcome
from hubbub.sessions.polls.sockjs_endpoint import CARRIERS, SockJsEndpoint

_log = structlog.get_logger(__name__)

WELCOME = "Welcome to SockJS!\n"
ONLY_UPGRADES = 'Can "Upgrade" only to "WebSocket".'

_YEAR_S = 31_536_000
_FOREVER: Headers = (
    ("Cache-Control", f"public, max-age={_YEAR_S}"),
    ("Expires", "Fri, 01 Jan 2100 00:00:00 GMT"),
)
_NEVER: Headers = (("Cache-Control", "no-store, no-cache, must-revalidate, max-age=0"),)
_TEXT = "text/plain; charset=UTF-8"
_FORM = "application/x-www-form-urlencoded"

Answer: TypeAlias = Callable[[Request], Awaitable[Response]]


class _Info(msgspec.Struct):
    """What a server can do."""

    websocket: bool
    cookie_needed: bool
    origins: tuple[str, ...]
    entropy: int


class SockJsRoutes:
    """Answer at all places of a node where SockJS is spoken."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def routes(self) -> list[Route]:
        """Return the routes of each place."""
        return [
            route
            for endpoint in self._node.sockjs.endpoints
            for route in _Place(self._node, endpoint).routes()
        ]


class _Place:
    """Answer at one place."""

    def __init__(self, node: Node, endpoint: SockJsEndpoint) -> None:
        self._node = node
        self._endpoint = endpoint
        self._page = frames.frame_page(endpoint.client_url)
        self._tag = f'"{hashlib.sha256(self._page).hexdigest()[:32]}"'

    def routes(self) -> list[Route]:
        path, below = self._endpoint.path, self._endpoint.below
        answers: list[tuple[str, Sequence[str], Answer]] = [
            (path, ("GET",), self._welcome),
            (f"{path}/", ("GET",), self._welcome),
            (f"{path}/info", ("GET",), self._inform),
            (f"{below}/xhr_send", ("POST",), self._take),
            (f"{below}/jsonp_send", ("POST",), self._take_form),
            *((f"{below}/{carrier}", STREAM_METHODS[carrier], _not_here) for carrier in CARRIERS),
        ]
        if self._endpoint.websocket:
            answers += [(f"{at}/websocket", ("GET",), _only_upgrades) for at in (path, below)]
        routes = [
            Route(at, _Guarded(self._node, methods, answer)) for at, methods, answer in answers
        ]
        versions = ("", "-", "-{sockjs_version}") if self._endpoint.client_url else ()
        return routes + [
            Route(f"{path}/iframe{version}.html", self._show_page) for version in versions
        ]

    # ── what a server can do ────────────────────────────────────────────────────────────────────

    async def _welcome(self, request: Request) -> Response:
        return Response(WELCOME, headers={"Content-Type": _TEXT})

    async def _inform(self, request: Request) -> Response:
        endpoint = self._endpoint
        info = _Info(endpoint.websocket, endpoint.cookie, ("*:*",), secrets.randbits(32))
        headers = (("Content-Type", "application/json; charset=UTF-8"), *_NEVER)
        return Response(msgspec.json.encode(info), headers=dict(headers))

    async def _show_page(self, request: Request) -> Response:
        """Return the page that others put into a frame.

        It speaks for its reader, cookies included. Browsers do not say in whose frame a page is to be, but
        they obey when told in whose it may be.
        """
        ancestors = " ".join(("'self'", *self._node.settings.origins))
        policy = (("Content-Security-Policy", f"frame-ancestors {ancestors}"),)
        headers = dict((*_FOREVER, *policy, ("ETag", self._tag)))
        if self._tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = "text/html; charset=UTF-8"
        return Response(self._page, headers=headers)

    # ── what clients say ────────────────────────────────────────────────────────────────────────

    async def _take(self, request: Request) -> Response:
        return await self._bring(request, await self._read(request)) or self._answer(204, request)

    async def _take_form(self, request: Request) -> Response:
        body = await self._read(request)
        if isinstance(body, bytes) and _is_form(request):
            body = _field(body, "d")
        return await self._bring(request, body) or self._answer(200, request, "ok")

    async def _read(self, request: Request) -> bytes | Response:
        crowded = self._node.entries.messages.refuse(peer_of(request))
        if crowded is not None:
            return self._answer(429, request, crowded.reason, crowded.headers)
        limit = self._node.settings.payload_limit
        body = bytearray()
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    return self._answer(413, request, f"More than {limit} bytes.")
        except ClientDisconnect:
            return self._answer(400, request, "The request broke off.")
        return bytes(body)

    async def _bring(self, request: Request, body: bytes | Response) -> Response | None:
        """Bring messages to their session; return what went wrong."""
        if isinstance(body, Response):
            return body
        scope = request.scope
        key = self._endpoint.key(str(scope["path"]).removeprefix(scope.get("root_path", "")))
        if key is None:
            return self._answer(404, request, "There is no such session.")
        try:
            messages = frames.read(body)
            outcome = await self._node.sockjs.sessions.take(key, messages)
        except ProtocolViolation as violation:
            return self._answer(500, request, violation.detail)
        except (OrderFailed, BrokerUnavailable) as fault:
            _log.info("messages could not be brought to their session", fault=str(fault))
            return self._answer(503, request, "The session cannot be reached now.")
        if outcome is Outcome.UNKNOWN:
            return self._answer(404, request, "There is no such session.")
        if outcome is Outcome.BUSY:
            return self._answer(
                429, request, "So much of this session waits that no more is taken."
            )
        return None

    def _answer(
        self, status: int, request: Request, text: str = "", more: Headers = ()
    ) -> Response:
        headers = (
            ("Content-Type", _TEXT),
            *_NEVER,
            *more,
            *self._endpoint.cookies(request.headers),
        )
        return Response(text, status, dict(headers))


def _field(body: bytes, name: str) -> bytes:
    """Return a field of a form; b"" where there is none, or so many that nobody meant them."""
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        return b""
    return fields.get(name, [""])[0].encode()


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM


async def _only_upgrades(request: Request) -> Response:
    return Response(ONLY_UPGRADES, 400)


async def _not_here(request: Request) -> Response:
    """Answer who asks for a stream past the listener: nobody, but for an unusual host."""
    return Response("This server cannot stream here.", 501)


@dataclass(frozen=True, slots=True)
class _Guarded:
    """Let only pages ask that may, in the right way, and let them read the answer (an ASGI application)."""

    node: Node
    methods: Sequence[str]
    answer: Answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._respond(request)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        greeting = self.node.doors.greet(request.headers)
        if isinstance(greeting, Refusal):
            return refused(greeting)
        if request.method == "OPTIONS":
            response = self._preflight(request)
        elif request.method in self.methods:
            response = await self.answer(request)
        else:
            response = Response(status_code=405, headers={"Allow": self._allowed})
        response.headers.update(dict(greeting))
        return response

    @property
    def _allowed(self) -> str:
        return ", ".join(("OPTIONS", *self.methods))

    def _preflight(self, request: Request) -> Response:
        headers = dict(_FOREVER)
        headers["Access-Control-Allow-Methods"] = self._allowed
        headers["Access-Control-Max-Age"] = str(_YEAR_S)
        wanted = request.headers.get("access-control-request-headers", "")
        if wanted:
            headers["Access-Control-Allow-Headers"] = wanted
        return Response(status_code=204, headers=headers)
