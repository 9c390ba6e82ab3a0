"""The login of the admin page, and the API's methods for whoever is let in."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from importlib.metadata import version

import msgspec
import structlog
from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hubbub.errors import UNAUTHORIZED
from hubbub.http.admin import ticket
from hubbub.http.admin.throttle import Throttle
from hubbub.http.api.keys import Barred, Caller, Keyring, demand_own_page
from hubbub.http.api.methods import METHODS
from hubbub.http.api.router import Api
from hubbub.http.node import Node
from hubbub.http.refusals import refuse
from hubbub.http.settings import ApiKey, HttpSettings

COOKIE = "hubbub_admin"
PASSWORD = "the admin password"  # noqa: S105 - what it is called
"""What logs call whoever typed it; no key of the API can have a name with a space."""
_BODY_LIMIT = 4096
_FRESH = {"Cache-Control": "no-store"}

_log = structlog.get_logger(__name__)


class Login(Struct):
    """What somebody typed: a key of the API, or the password."""

    secret: str


_LOGIN = msgspec.json.Decoder(Login)


class Admin:
    """Let people in, and answer their page.

    Args:
        node: the node they ask. api: what answers.
    """

    def __init__(self, node: Node, api: Api) -> None:
        self._node = node
        self._api = api
        self._keyring = _keyring(node.settings)
        self._throttle = Throttle()

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
        shown = ticket.read(request.cookies.get(COOKIE, ""))
        lock = self._keyring.named(shown.name) if shown is not None else None
        if shown is None or lock is None or not shown.holds(lock.digest, time.time()):
            raise Barred(401, UNAUTHORIZED, "log in first")
        return lock.caller

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
            login = _LOGIN.decode(await _body(request))
        except Barred as barred:
            return refuse(403, barred.detail)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return refuse(400, "a login is JSON with a secret")
        address, now = request.client.host if request.client else "", time.monotonic()
        if not self._throttle.allow(address, now):
            _log.warning("too many logins to the admin page", peer=address)
            return refuse(429, "too many attempts", (("Retry-After", "6"),))
        lock = self._keyring.try_secret(login.secret)
        if lock is None:
            _log.warning("a login to the admin page failed", peer=address)
            return refuse(401, "this is no key, and not the password")
        self._throttle.forgive(address, now)
        _log.info("somebody logged in to the admin page", peer=address, by=lock.caller.name)
        answer = JSONResponse(self._welcome(lock.caller), headers=_FRESH)
        lasts_s = self._node.settings.admin.session_s
        cookie = ticket.issue(lock.caller.name, lock.digest, int(time.time()) + lasts_s)
        _set(answer, request, cookie, lasts_s)
        return answer

    async def log_out(self, request: Request) -> Response:
        """Have the browser forget."""
        try:
            demand_own_page(request)
        except Barred as barred:
            return refuse(403, barred.detail)
        answer = Response(status_code=204, headers=_FRESH)
        _set(answer, request, "", 0)
        return answer

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
