"""How plain HTTP says no: JSON, like everything else that programs read."""

from __future__ import annotations

from starlette.responses import JSONResponse

from hubbub.sessions.contract import Headers, Refusal


def refuse(status: int, sentence: str, headers: Headers = ()) -> JSONResponse:
    """Return an error with its status in the body too."""
    error = {"code": status, "message": sentence}
    return JSONResponse({"error": error}, status, headers=dict(headers))


def refused(refusal: Refusal) -> JSONResponse:
    """Return what a doorkeeper refuses with."""
    return refuse(refusal.status, refusal.reason, refusal.headers)
