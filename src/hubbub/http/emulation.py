"""The requests that clients send beside their streams: `/emulation` of the Centrifuge protocol."""

from __future__ import annotations

import msgspec
import structlog
from google.protobuf.message import DecodeError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.dialects.centrifuge.centrifuge_pb2 import EmulationRequest
from hubbub.errors import BrokerUnavailable
from hubbub.http.node import Node
from hubbub.http.refusals import peer_of, refuse, refused
from hubbub.hub.nodes.orders import OrderFailed
from hubbub.sessions.contract import Headers, Refusal
from hubbub.sessions.origins import PREFLIGHT
from hubbub.sessions.polls.emulation import Outcome, Said

_log = structlog.get_logger(__name__)

_REFUSED = {
    Outcome.NOBODY: (404, "there is no such session, or no such node"),
    # An SDK connects again upon 404; of a session's end, and whether to come back, its stream tells.
    Outcome.GONE: (410, "this session has ended"),
    Outcome.BUSY: (429, "so much of this session waits that no more is taken"),
}

_OCTETS = "application/octet-stream"
"""The media type of a request in Protobuf; its `data` has messages after their lengths."""


class _Asked(msgspec.Struct):
    """A request in JSON; `data` has commands, divided by newlines."""

    node: str
    session: str
    data: str


_decode = msgspec.json.Decoder(_Asked).decode


class EmulationRoute:
    """Take what clients say beside their streams, for sessions of any node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def routes(self) -> list[Route]:
        """Return the one route."""
        return [Route("/emulation", self.answer, methods=["POST", "OPTIONS"])]

    async def answer(self, request: Request) -> Response:
        """Bring the message to its session; 204 says that it is there."""
        greeting = self._node.doors.greet(request.headers)
        if isinstance(greeting, Refusal):
            return refused(greeting)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=dict(greeting + PREFLIGHT))
        crowded = self._node.entries.messages.refuse(peer_of(request))
        if crowded is not None:
            return refused(crowded, greeting)
        said = await self._read(request, greeting)
        if isinstance(said, Response):
            return said
        try:
            outcome = await self._node.emulation.bring(said)
        except (OrderFailed, BrokerUnavailable) as fault:
            _log.info("a message beside a stream could not be brought", fault=str(fault))
            return refuse(503, "the node of this session cannot be reached now", greeting)
        if outcome is Outcome.TAKEN:
            return Response(status_code=204, headers=dict(greeting))
        return refuse(*_REFUSED[outcome], greeting)

    async def _read(self, request: Request, greeting: Headers) -> Said | Response:
        """Return what is said, or what is wrong with the request."""
        limit = self._node.settings.emulation_limit
        body = bytearray()
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    return refuse(413, f"the request is larger than {limit} bytes", greeting)
        except ClientDisconnect:
            return refuse(400, "the request broke off", greeting)
        try:
            if request.headers.get("content-type", "").partition(";")[0] == _OCTETS:
                message = EmulationRequest.FromString(bytes(body))
                return Said(message.node, message.session, message.data, binary=True)
            asked = _decode(body)
        except (msgspec.DecodeError, DecodeError, UnicodeDecodeError, RecursionError) as fault:
            return refuse(400, f"this is no emulation request: {fault}", greeting)
        return Said(asked.node, asked.session, asked.data.encode())
