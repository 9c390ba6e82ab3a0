"""An application that turns away whoever asks for it."""

from __future__ import annotations

from hubbub import Client, Hubbub, Reject

app = Hubbub()


@app.on_subscribe
async def close() -> None:
    """Let nobody stay."""
    raise Reject(3000, "Go away!")


@app.on_publish
async def judge(session: Client, channel: str, data: object) -> None:
    """End the session of who says so."""
    if data == "!kick me":
        raise Reject(4501, "not here")
