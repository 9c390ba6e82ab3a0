"""An application that turns away whoever asks for it."""

from __future__ import annotations

from hubbub import Client, ConnectAsk, Hubbub, Reject

app = Hubbub()


@app.on_connect
async def who(request: ConnectAsk) -> str | None:
    """Let nobody in whose name says that they have gone."""
    if request.client.user == "gone":
        raise Reject(3000, "Go away!")
    return request.client.user or None


@app.on_publish
async def judge(session: Client, channel: str, data: object) -> None:
    """End the session of who says so."""
    if data == "!kick me":
        raise Reject(4501, "not here")
