"""The API's paths: who calls, what is asked, and how it is answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.errors import BAD_REQUEST_ERROR, INTERNAL, METHOD_NOT_FOUND, Refused
from hubbub.http.api.batch import Call, run_batch, run_lines
from hubbub.http.api.census import Census
from hubbub.http.api.envelope import (
    EXPECTED,
    JSON,
    STATUSES,
    Failure,
    Outcome,
    complain,
    failure_of,
    mode_of,
    succeed,
)
from hubbub.http.api.keys import Barred, Caller, Forbidden, Keyring
from hubbub.http.api.methods import METHODS
from hubbub.http.api.oblivion import Oblivion
from hubbub.http.api.server import Server
from hubbub.http.node import Node

_log = structlog.get_logger(__name__)

UNKNOWN = "unknown"
"""What counts call a method that does not exist, and a program that showed no key of ours."""

Several = Callable[[Call, bytes, int], Coroutine[Any, Any, bytes]]


Admit = Callable[[Request], Caller]
"""Return who sends a request. Raises Barred."""


class Called(NamedTuple):
    """What is counted: a method, the program that called it, and the code of its error (0: none)."""

    method: str
    program: str
    code: int


class _Opened(NamedTuple):
    caller: Caller
    body: bytes


class Api:
    """Answer programs for one node."""

    def __init__(self, node: Node) -> None:
        self._settings = node.settings
        self._server = Server(node, Census(node), Oblivion(node.hub, node.control))
        self._keyring = Keyring(node.settings)
        self.calls: Counter[Called] = Counter()

    @property
    def routes(self) -> list[Route]:
        """Return the paths: one for commands as lines, one for batches, one for each method."""
        return [
            Route("/api", partial(self.answer_several, run_lines), methods=["POST"]),
            Route("/api/batch", partial(self.answer_several, run_batch), methods=["POST"]),
            Route(
                "/api/{method:path}", partial(self.answer, self._keyring.admit), methods=["POST"]
            ),
        ]

    async def answer(self, admit: Admit, request: Request) -> Response:
        """Run the method that the path names, for whom `admit` says that it is."""
        name = request.path_params["method"]
        opened = await self._open(admit, request, name)
        if isinstance(opened, Failure):
            return self._refuse(request, opened)
        outcome = await self.call(opened.caller, name, opened.body)
        if isinstance(outcome, Failure):
            return self._refuse(request, outcome)
        return succeed(outcome)

    async def answer_several(self, run: Several, request: Request) -> Response:
        """Run several methods; each has its own reply, and there is no envelope around them."""
        opened = await self._open(self._keyring.admit, request, UNKNOWN)
        if not isinstance(opened, Failure):
            call = partial(self.call, opened.caller)
            limit = self._settings.api.commands_limit
            try:
                return Response(await run(call, opened.body, limit), media_type=JSON)
            except EXPECTED as fault:
                opened = failure_of(fault)
        # Without an envelope, what is wrong with the whole is told by the status.
        return self._refuse(request, replace(opened, status=STATUSES.get(opened.code, 500)))

    def _refuse(self, request: Request, failure: Failure) -> Response:
        return complain(failure, mode_of(request, self._settings.api.error_mode))

    async def _open(self, admit: Admit, request: Request, method: str) -> _Opened | Failure:
        """Find out who calls, and read what it says."""
        try:
            caller = admit(request)
            return _Opened(caller, await self._body(request))
        except Barred as barred:
            failure = Failure.of(barred.error, barred.detail, barred.status)
            self._count(method, UNKNOWN, failure)
        except Refused as refused:
            failure = failure_of(refused)
            self._count(method, caller.name, failure)
        return failure

    async def _body(self, request: Request) -> bytes:
        """Return the body. Raises Refused (107) once it is larger than the limit."""
        limit = self._settings.body_limit
        body = bytearray()
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    raise Refused(BAD_REQUEST_ERROR, f"the request is larger than {limit} bytes")
        except ClientDisconnect:
            raise Refused(BAD_REQUEST_ERROR, "the request broke off") from None
        return bytes(body)

    async def call(self, caller: Caller, name: str, body: bytes) -> Outcome:
        """Run a method for a program. Nothing is raised: whatever goes wrong is a failure."""
        outcome = await self._run(caller, name, body)
        self._count(name, caller.name, outcome)
        return outcome

    async def _run(self, caller: Caller, name: str, body: bytes) -> Outcome:
        method = METHODS.get(name)
        if method is None:
            return Failure.of(METHOD_NOT_FOUND, f"the methods are {', '.join(METHODS)}", 404)
        try:
            caller.may(name)
            return await method.run(self._server, caller, method.read(body))
        except Forbidden as forbidden:
            return Failure.of(forbidden.error, forbidden.detail, 403)
        except EXPECTED as fault:
            return failure_of(fault)
        except Exception as fault:  # noqa: BLE001 - the program is told, and what is ours is logged
            _log.error("a method of the API failed", method=name, exc_info=fault)
            return Failure.of(INTERNAL)

    def _count(self, method: str, program: str, outcome: Outcome) -> None:
        code = outcome.code if isinstance(outcome, Failure) else 0
        method = method if method in METHODS else UNKNOWN
        self.calls[Called(method, program, code)] += 1
        _log.debug("the API was called", method=method, program=program, code=code)
