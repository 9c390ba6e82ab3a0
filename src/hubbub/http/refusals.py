"""How plain HTTP says no: JSON, like everything else that programs read."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

from hubbub.sessions.contract import Headers, Refusal


def refuse(status: int, sentence: str, headers: Headers = ()) -> JSONResponse:
    """Return an error with its status in the body too."""
    error = {"code": status, "message": sentence}
    return JSONResponse({"error": error}, status, headers=dict(headers))


def refused(refusal: Refusal, headers: Headers = ()) -> JSONResponse:
    """Return what a doorkeeper refuses with."""
    return refuse(refusal.status, refusal.reason, refusal.headers + headers)


def peer_of(request: HTTPConnection) -> str:
    """Return the address of who asks; "" where it has none."""
    return request.client.host if request.client else ""
