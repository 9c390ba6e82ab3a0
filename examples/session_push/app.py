"""Push inside a cluster of workers: every session says where it lives, and any worker reaches any of them."""

from __future__ import annotations

import os

import msgspec

from hubbub import Client, ConnectAsk, ConnectGrant, Hubbub, NodeAnswers

app = Hubbub()  # as hubbub.toml beside this file says


class Load(msgspec.Struct):
    """What a worker tells of itself."""

    pid: int
    sessions: int
    users: int


@app.on_connect
async def who(request: ConnectAsk) -> ConnectGrant:
    """Take a visitor's word for its name, and tag its session as its address wants it."""
    query = request.client.query
    tags = [tag for tag in query.get("tags", "").split(",") if tag]
    return ConnectGrant(query.get("user", ""), tags=tags)


@app.order("load")
async def load() -> Load:
    """Tell how many are here; it runs on whichever worker is asked."""
    return Load(os.getpid(), len(app.registry), app.registry.users)


@app.on("load")
async def loads(session: Client) -> NodeAnswers:
    """Ask all workers, and return what they answer within a second, and who did not."""
    return await app.ask_all("load", timeout_s=1.0)
