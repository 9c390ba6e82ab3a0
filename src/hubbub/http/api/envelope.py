"""How answers are written: the envelope, or an HTTP status where the program wants one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from hubbub.errors import (
    BAD_REQUEST_ERROR,
    INTERNAL,
    PERMISSION_DENIED,
    BrokerUnavailable,
    ErrorCode,
    HookUnavailable,
    Refused,
    Reject,
)
from hubbub.http.api.results import Complaint
from hubbub.http.settings import ErrorMode
from hubbub.hub.nodes.orders import OrderFailed

MODE_HEADERS = ("x-error-mode", "x-centrifugo-error-mode")
"""Headers by which a request chooses how errors are told."""

STATUSES: Mapping[int, int] = {
    101: 401,
    102: 404,
    103: 403,
    104: 404,
    107: 400,
    108: 400,
    111: 429,
    112: 416,
    113: 409,
}
"""HTTP statuses of the protocol's codes; of any other it is 500."""

_MODES = {mode.value: mode for mode in ErrorMode}

JSON = "application/json"
encode = msgspec.json.Encoder().encode
"""Write a result, a complaint or an envelope of them."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong: code, sentence, and the HTTP status that it has where errors are in the body too."""

    code: int
    message: str
    status: int = 200

    @classmethod
    def of(cls, error: ErrorCode, detail: str = "", status: int = 200) -> Failure:
        """Return the failure that an error of the protocol is."""
        return cls(error.code, f"{error.message}: {detail}" if detail else error.message, status)

    @property
    def complaint(self) -> Complaint:
        """Return it as the API writes it."""
        return Complaint(self.code, self.message)


Outcome = Struct | Failure

EXPECTED = (
    *(Refused, Reject, BrokerUnavailable, HookUnavailable, OrderFailed),
    msgspec.DecodeError,
)
"""What a method may raise: all else is a fault of ours."""


def failure_of(fault: Exception) -> Failure:
    """Return what a program is told of something `EXPECTED`."""
    if isinstance(fault, Refused):
        return Failure.of(fault.error, fault.detail)
    if isinstance(fault, msgspec.DecodeError):
        return Failure.of(BAD_REQUEST_ERROR, str(fault))
    if isinstance(fault, Reject):
        return Failure.of(PERMISSION_DENIED, str(fault))
    return Failure.of(INTERNAL, str(fault))


def succeed(result: Struct) -> Response:
    """Return the response of a method that gave a result."""
    return Response(encode({"result": result}), media_type=JSON)


def complain(failure: Failure, mode: ErrorMode) -> Response:
    """Return the response of a method that failed."""
    if mode is ErrorMode.TRANSPORT:
        status = failure.status if failure.status != 200 else STATUSES.get(failure.code, 500)
        return Response(encode(failure.complaint), status, media_type=JSON)
    return Response(encode({"error": failure.complaint}), failure.status, media_type=JSON)


def mode_of(request: Request, usual: ErrorMode) -> ErrorMode:
    """Return how a request wants its errors; a word that is no mode is ignored, as the header is a wish."""
    for header in MODE_HEADERS:
        wanted = _MODES.get(request.headers.get(header, "").lower())
        if wanted is not None:
            return wanted
    return usual
