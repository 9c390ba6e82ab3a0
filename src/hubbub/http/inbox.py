"""The inbox over plain HTTP, for clients that only ask now and then: `POST /inbox/pull` and its like.

A request shows whose it is as a connection does: by a token (`Authorization: Bearer TOKEN`), by whatever the
application's connect hook knows it by, by the header of a proxy, or on an open server by `?user=`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.dialects.commands import Unsupported
from hubbub.dialects.contract import Connect, Failed
from hubbub.dialects.contract import Request as Asked
from hubbub.dialects.inbox import INBOX_OPERATIONS, InboxCommand
from hubbub.dialects.operations import PREFIX, operation
from hubbub.errors import (
    INTERNAL,
    PERMISSION_DENIED,
    TOKEN_EXPIRED,
    TOO_MANY_REQUESTS_ERROR,
    Close,
    ErrorCode,
    HubbubError,
)
from hubbub.http.node import Node
from hubbub.http.refusals import peer_of, refuse, refused
from hubbub.model import ClientInfo, SessionId
from hubbub.sessions.contract import Headers, Refusal
from hubbub.sessions.hooks import Client
from hubbub.sessions.operations.mailing import Correspondent, answer
from hubbub.sessions.origins import PREFLIGHT
from hubbub.sessions.verdicts import verdict

_STATUS = {
    PERMISSION_DENIED.code: 403,
    TOKEN_EXPIRED.code: 401,
    TOO_MANY_REQUESTS_ERROR.code: 429,
    INTERNAL.code: 503,
}
"""HTTP statuses of errors; of all others it is 400."""

_ALLOWED: Headers = (
    PREFLIGHT[0],
    ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
    *PREFLIGHT[2:],
)

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Visitor:
    """Be somebody who asks without a session (a `sessions.gate.Applicant`)."""

    request: Asked | None
    id: SessionId = ""
    info: ClientInfo = field(default_factory=lambda: ClientInfo("", ""))

    def client(self) -> Client:
        """Return it as hooks see it."""
        asked = self.request or Asked()
        return Client(
            self.id,
            self.info.user,
            "http",
            "http",
            asked.peer,
            asked.headers,
            self.info.conn_info,
            scope=asked.scope,
            query=asked.query,
        )


class InboxRoutes:
    """Answer what users ask about their inboxes."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def routes(self) -> Sequence[Route]:
        """Return a route for each operation: `/inbox/send`, `/inbox/pull` ..."""
        return [
            Route(
                f"/inbox/{name.removeprefix('inbox_')}",
                self._endpoint(name),
                methods=["POST", "OPTIONS"],
            )
            for name in INBOX_OPERATIONS
        ]

    def _endpoint(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return await self._answer(request, PREFIX + name)

        return answer

    async def _answer(self, request: Request, name: str) -> Response:
        greeting = self._node.doors.greet(request.headers)
        if isinstance(greeting, Refusal):
            return refused(greeting)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=dict(greeting + _ALLOWED))
        crowded = self._node.entries.inbox.refuse(peer_of(request))
        if crowded is not None:
            return _crowded(crowded, greeting)
        try:
            body = await self._read(request)
        except ClientDisconnect:
            return refuse(400, "the request broke off", greeting)
        if body is None:
            limit = self._node.settings.payload_limit
            return refuse(413, f"the request is larger than {limit} bytes", greeting)
        command = operation(name, body, 0)
        if isinstance(command, Unsupported):
            return _failed(command.error, command.error.message, greeting)
        assert isinstance(command, InboxCommand)  # noqa: S101 - these names are all that is asked
        try:
            who = await self._who(request)
            crowded = self._node.entries.user_inbox.refuse(who.info.user)
            if crowded is not None:
                return _crowded(crowded, greeting)
            said = await answer(self._node.inbox, self._node.gate, who, command)
        except HubbubError as fault:
            return _explained(fault, greeting)
        return Response(_encode(said), headers=dict(greeting), media_type="application/json")

    async def _read(self, request: Request) -> bytes | None:
        """Return the body; None for one that is too large."""
        limit = self._node.settings.payload_limit
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                return None
        return bytes(body)

    async def _who(self, request: Request) -> Correspondent:
        """Return whose request it is. Raises what `Gate.admit` does."""
        asked = Asked(
            path=request.url.path,
            query=dict(request.query_params),
            headers=dict(request.headers),
            peer=peer_of(request),
            carrier="http",
            scope=request.scope,
        )
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else ""
        connect = Connect(user=asked.query.get("user", ""), token=bearer)
        admission = await self._node.gate.admit(connect, Visitor(asked))
        identity = admission.identity
        info = ClientInfo(identity.user, "", identity.info)
        client = Visitor(asked, info=info).client()
        return Correspondent(info, identity, client, asked.query.get("device", ""))


def _explained(fault: HubbubError, greeting: Headers) -> Response:
    told = verdict(fault)
    if isinstance(told, Failed):
        return _failed(told.error, told.detail or told.error.message, greeting)
    if isinstance(told, Close):
        return refuse(401, told.reason, greeting)
    raise fault


def _crowded(refusal: Refusal, greeting: Headers) -> Response:
    return _failed(TOO_MANY_REQUESTS_ERROR, refusal.reason, refusal.headers + greeting)


def _failed(error: ErrorCode, sentence: str, greeting: Headers) -> Response:
    body = {"error": {"code": error.code, "message": sentence}}
    status = _STATUS.get(error.code, 400)
    return Response(_encode(body), status, headers=dict(greeting), media_type="application/json")
