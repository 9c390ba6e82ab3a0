"""The login of the admin page, and the API's methods for whoever is let in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib.metadata import version

import msgspec
import structlog
from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hubbub.errors import UNAUTHORIZED, BrokerUnavailable, Refused
from hubbub.http.admin.guard import Guard
from hubbub.http.admin.ticket import Login, issue, read
from hubbub.http.api.keys import Barred, Caller, Keyring, Lock, demand_own_page
from hubbub.http.api.methods import METHODS
from hubbub.http.api.router import Api
from hubbub.http.node import Node
from hubbub.http.refusals import peer_of, refuse
from hubbub.http.settings import ApiKey, HttpSettings
from hubbub.sessions.revoking.revoked import Scope

COOKIE = "hubbub_admin"
PASSWORD = "the admin password"  # noqa: S105 - what it is called
"""What logs call whoever typed it; no key of the API can have a name with a space."""
_BODY_LIMIT = 4096
_FRESH = {"Cache-Control": "no-store"}

_log = structlog.get_logger(__name__)


class _Typed(Struct):
    """What somebody typed: a key of the API, or the password."""

    secret: str


_TYPED = msgspec.json.Decoder(_Typed)


class Admin:
    """Let people in, and answer their page.

    Args:
        node: the node they ask. api: what answers.
    """

    def __init__(self, node: Node, api: Api) -> None:
        self._node = node
        self._api = api
        self._keyring = _keyring(node.settings)
        self._guard = Guard(node.control)
        self._lasts_s = int(min(node.settings.admin.session_s, node.revocations.ttl_s))

    @property
    def routes(self) -> list[Route]:
        """Return the paths behind the page."""
        answer = partial(self._api.answer, self.admit)
        return [
            Route("/admin/session", self.tell, methods=["GET"]),
            Route("/admin/session", self.log_in, methods=["POST"]),
            Route("/admin/session", self.log_out, methods=["DELETE"]),
            Route("/admin/api/{method:path}", answer, methods=["POST"]),
        ]

    def admit(self, request: Request) -> Caller:
        """Return who sends a request. Raises Barred (401, 403)."""
        if not self._keyring.has_keys:
            return self._keyring.admit(request)  # open to all, or closed to all
        demand_own_page(request)
        shown = self._shown(request)
        if shown is None:
            raise Barred(401, UNAUTHORIZED, "log in first")
        return shown[1].caller

    def _shown(self, request: Request) -> tuple[Login, Lock] | None:
        """Return the login that a request shows, and its key; None where there is none that counts."""
        shown = read(request.cookies.get(COOKIE, ""))
        lock = self._keyring.named(shown.login.name) if shown is not None else None
        if shown is None or lock is None:
            return None
        revocations, login = self._node.revocations, shown.login
        if not shown.holds(lock.digest, revocations.now_s()):
            return None
        if revocations.check_login(login.name, login.id, login.since):
            return None
        return login, lock

    async def tell(self, request: Request) -> Response:
        """Tell whether a browser is let in, as whom, and what it may do."""
        try:
            caller = self.admit(request)
        except Barred as barred:
            state = "out" if self._keyring.has_keys else "closed"
            if barred.status == 403:
                return refuse(403, barred.detail)
            return JSONResponse({"state": state, "version": version("hubbub")}, headers=_FRESH)
        return JSONResponse(self._welcome(caller), headers=_FRESH)

    async def log_in(self, request: Request) -> Response:
        """Let a browser in that shows a key or the password."""
        try:
            demand_own_page(request)
            typed = _TYPED.decode(await _body(request))
        except Barred as barred:
            return refuse(403, barred.detail)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return refuse(400, "a login is JSON with a secret")
        address = peer_of(request)
        if not self._guard.allow(address):
            return refuse(429, "too many attempts", (("Retry-After", "6"),))
        lock = self._keyring.try_secret(typed.secret)
        if lock is None:
            await self._guard.tell(address)
            _log.warning("a login to the admin page failed", peer=address)
            return refuse(401, "this is no key, and not the password")
        self._guard.forgive(address)
        _log.info("somebody logged in to the admin page", peer=address, by=lock.caller.name)
        answer = JSONResponse(self._welcome(lock.caller), headers=_FRESH)
        name, revocations = lock.caller.name, self._node.revocations
        since = max(revocations.now_s(), revocations.logins_from(name))
        _set(
            answer,
            request,
            issue(Login.new(name, since, self._lasts_s), lock.digest),
            self._lasts_s,
        )
        return answer

    async def log_out(self, request: Request) -> Response:
        """End a login on all nodes, with `?everywhere` all by its key; and have the browser forget."""
        try:
            demand_own_page(request)
        except Barred as barred:
            return refuse(403, barred.detail)
        answer = Response(status_code=204, headers=_FRESH)
        shown = self._shown(request)
        if shown is not None:
            try:
                await self._end(shown[0], everywhere="everywhere" in request.query_params)
            except (BrokerUnavailable, Refused) as fault:
                _log.warning("somebody who logged out may be let in again", fault=str(fault))
                answer = refuse(
                    503, "the cookie is gone, but counts on: the other nodes were not told"
                )
        _set(answer, request, "", 0)
        return answer

    async def _end(self, login: Login, *, everywhere: bool) -> None:
        """Have a login count no longer. Raises BrokerUnavailable, and Refused where too much is revoked."""
        revocations = self._node.revocations
        if everywhere:
            await revocations.revoke(Scope.LOGINS, login.name, self._lasts_s)
        else:
            left_s = max(1, login.until - revocations.now_s())
            await revocations.revoke(Scope.LOGIN, login.id, min(left_s, self._lasts_s))

    def _welcome(self, caller: Caller) -> dict[str, object]:
        return {
            "state": "in",
            "open": not self._keyring.has_keys,
            "name": caller.name,
            "may": [method for method in METHODS if caller.is_good_for(method)],
            "channels": list(caller.channels),
            "version": version("hubbub"),
        }


def _keyring(settings: HttpSettings) -> Keyring:
    """Return the API's keys, and the password beside them; it opens nothing but the page."""
    password = settings.admin.password
    keys = (ApiKey(PASSWORD, password), *settings.keys) if password else settings.keys
    return Keyring(replace(settings, keys=keys))


def _set(answer: Response, request: Request, value: str, lasts_s: int) -> None:
    """Set the cookie, or take it back: for this page alone, and out of reach of its scripts."""
    # The browser says how it came here; behind a proxy our own address would not tell.
    by_tls = request.headers.get("origin", str(request.url)).startswith("https:")
    answer.set_cookie(
        COOKIE,
        value,
        max_age=lasts_s,
        path=f"{request.scope.get('root_path', '')}/admin",
        secure=by_tls,
        httponly=True,
        samesite="strict",
    )


async def _body(request: Request) -> bytes:
    """Return a short body. Raises DecodeError for a longer one."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > _BODY_LIMIT:
                raise msgspec.DecodeError("it is too long")
    except ClientDisconnect:
        raise msgspec.DecodeError("it broke off") from None
    return bytes(body)
