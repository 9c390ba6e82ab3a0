"""The server's API over HTTP: programs publish, read history and ask who is present."""

from __future__ import annotations

import hmac
import time
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.dialects.payloads import decode_json
from hubbub.errors import (
    BAD_REQUEST_ERROR,
    INTERNAL,
    METHOD_NOT_FOUND,
    PERMISSION_DENIED,
    UNAUTHORIZED,
    BrokerUnavailable,
    Refused,
)
from hubbub.http import answers
from hubbub.http.node import Node
from hubbub.http.settings import HttpSettings
from hubbub.model import Kind, Position

_log = structlog.get_logger(__name__)
_T = TypeVar("_T", bound=msgspec.Struct)
_Method = Callable[[bytes], Awaitable[msgspec.Struct]]

_PUBLISH = msgspec.json.Decoder(answers.PublishRequest)
_HISTORY = msgspec.json.Decoder(answers.HistoryRequest)
_CHANNEL = msgspec.json.Decoder(answers.ChannelRequest)
_INFO = msgspec.json.Decoder(answers.InfoRequest)


class Api:
    """Answer the API's methods for one node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._hub = node.hub
        self._started = time.monotonic()
        self._methods: dict[str, _Method] = {
            "publish": self.publish,
            "history": self.history,
            "presence": self.presence,
            "presence_stats": self.presence_stats,
            "info": self.info,
        }

    @property
    def routes(self) -> list[Route]:
        """Return the one route that all methods share."""
        return [Route("/api/{method:path}", self.answer, methods=["POST"])]

    async def answer(self, request: Request) -> Response:
        """Check the key, run the method, and put what comes of it in the envelope."""
        refusal = _refusal(request, self._node.settings)
        if refusal:
            return answers.complain(UNAUTHORIZED, refusal, 401)
        if not self._node.settings.keys and not _same_origin(request):
            return answers.complain(PERMISSION_DENIED, "pages of other origins may not use it", 403)
        method = self._methods.get(request.path_params["method"])
        if method is None:
            known = ", ".join(self._methods)
            return answers.complain(METHOD_NOT_FOUND, f"the methods are {known}", 404)
        try:
            return answers.succeed(await method(await self._body(request)))
        except msgspec.DecodeError as fault:
            return answers.complain(BAD_REQUEST_ERROR, str(fault))
        except Refused as refused:
            return answers.complain(refused.error, refused.detail)
        except BrokerUnavailable as fault:
            _log.info("the API could not be served", method=request.url.path, fault=str(fault))
            return answers.complain(INTERNAL, str(fault))

    async def _body(self, request: Request) -> bytes:
        """Return the body. Raises Refused (107) once it is larger than the limit."""
        limit = self._node.settings.body_limit
        body = bytearray()
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    raise Refused(BAD_REQUEST_ERROR, f"the request is larger than {limit} bytes")
        except ClientDisconnect:
            raise Refused(BAD_REQUEST_ERROR, "the request broke off") from None
        return bytes(body)

    async def publish(self, body: bytes) -> answers.PublishResult:
        """Publish to a channel; answered when the broker has it."""
        ask = decode_json(_PUBLISH, body)
        data, kind = _payload(ask)
        limit = self._node.settings.payload_limit
        if len(data) > limit:
            raise Refused(BAD_REQUEST_ERROR, f"the data is larger than {limit} bytes")
        stored = await self._hub.publish(
            ask.channel,
            data,
            kind,
            tags=ask.tags,
            key=ask.idempotency_key,
            skip_history=ask.skip_history,
        )
        return answers.PublishResult(stored.position.offset, stored.position.epoch)

    async def history(self, body: bytes) -> answers.HistoryResult:
        """Return a page of a channel's history."""
        ask = decode_json(_HISTORY, body)
        since = None if ask.since is None else Position(ask.since.epoch, ask.since.offset)
        page = await self._hub.history(ask.channel, ask.limit, since, ask.reverse)
        kept = [answers.kept(publication) for publication in page.publications]
        return answers.HistoryResult(kept, page.position.offset, page.position.epoch)

    async def presence(self, body: bytes) -> answers.PresenceResult:
        """Return who is in a channel."""
        members = await self._hub.members(decode_json(_CHANNEL, body).channel)
        return answers.PresenceResult({each: answers.member(members[each]) for each in members})

    async def presence_stats(self, body: bytes) -> answers.PresenceStatsResult:
        """Return how many are in a channel."""
        members = await self._hub.members(decode_json(_CHANNEL, body).channel)
        users = {info.user for info in members.values()}
        return answers.PresenceStatsResult(len(members), len(users))

    async def info(self, body: bytes) -> answers.InfoResult:
        """Return this node's numbers."""
        decode_json(_INFO, body)
        counts = self._hub.statistics
        return answers.InfoResult(
            [
                answers.NodeInfo(
                    uid=self._node.name,
                    name=self._node.name,
                    version=version("hubbub"),
                    num_clients=len(self._node.sessions),
                    num_subs=counts.subscriptions,
                    num_channels=counts.channels,
                    uptime=int(time.monotonic() - self._started),
                )
            ]
        )


def _text(data: bytes) -> bytes:
    """Return JSON that is UTF-8 throughout; the decoder of the request does not look inside `data`."""
    try:
        data.decode()
    except UnicodeDecodeError:
        raise Refused(BAD_REQUEST_ERROR, "the data is not UTF-8") from None
    return data


def _payload(ask: answers.PublishRequest) -> tuple[bytes, Kind]:
    """Return what is to be published. Raises Refused (107)."""
    if ask.b64data is None:
        if not bytes(ask.data):
            raise Refused(BAD_REQUEST_ERROR, "a publish has data or b64data")
        return _text(bytes(ask.data)), Kind.JSON
    if bytes(ask.data):
        raise Refused(BAD_REQUEST_ERROR, "a publish has data or b64data, not both")
    try:
        return a2b_base64(ask.b64data, strict_mode=True), Kind.BINARY
    except (Base64Error, ValueError):
        raise Refused(BAD_REQUEST_ERROR, "b64data is not base64 (RFC 4648 section 4)") from None


def _refusal(request: Request, settings: HttpSettings) -> str:
    """Return why a request may not use the API; "" if it may. Takes the same time for every wrong key."""
    if not settings.keys:
        return "" if settings.open else "the API is closed until api_keys has a key"
    shown = request.headers.get("x-api-key", "")
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if not shown and scheme.lower() == "apikey":
        shown = credentials.strip()
    if not shown:
        return "show a key as X-API-Key, or as Authorization: apikey KEY"
    given = shown.encode()
    matches = [hmac.compare_digest(given, key.encode()) for key in settings.keys]
    return "" if any(matches) else "this key is not known here"


def _same_origin(request: Request) -> bool:
    """Tell whether no page of another origin sent this; every page can reach an open API on loopback."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
