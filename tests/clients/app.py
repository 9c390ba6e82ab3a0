"""The application of the matrix: what its clients call."""

from __future__ import annotations

from hubbub import Client, ErrorCode, Hubbub, Refused

app = Hubbub()


@app.on("echo")
async def echo(session: Client, data: object) -> dict[str, object]:
    """Say who said what."""
    return {"user": session.user, "said": data}


@app.on("refuse")
async def refuse() -> None:
    """Answer nobody."""
    raise Refused(ErrorCode(1001, "not today"))
