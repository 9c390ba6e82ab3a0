"""An application of functions, which notes what it is told in the file `told` of its working directory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from hubbub import Client, ConnectAsk, ConnectGrant, Event, Hubbub, Reject

app = Hubbub()


@dataclass
class Said:
    room: str
    text: str


@app.on_connect
async def who(request: ConnectAsk, data: dict[str, str] | None) -> ConnectGrant:
    if not data:
        raise Reject(4501, "say who you are")
    return ConnectGrant(data["user"], meta=b'{"tenant":1}')


@app.on_subscribe
def may_follow(session: Client, channel: str) -> bool:
    return channel != "room:secret"


@app.on_publish
async def sign(session: Client, channel: str, data: dict[str, str]) -> dict[str, str]:
    return {"from": session.user, **data}


@app.on("say")
async def say(session: Client, data: Said) -> dict[str, int]:
    said = {"from": session.user, "text": data.text}
    stored = await app.publish(f"room:{data.room}", said, exclude=session)
    return {"offset": stored.position.offset}


@app.on("fail")
async def fail(session: Client) -> None:
    raise KeyError("mine")


@app.on_disconnect
def gone(session: Client, event: Event) -> None:
    note("disconnected", session.user, event.number, json.loads(session.meta))


@app.on_unsubscribe
def left(session: Client, channel: str, event: Event) -> None:
    note("unsubscribed", session.user, event.number, channel)


@app.on_occupied
async def occupied(channel: str) -> None:
    note("occupied", channel)


@app.on_vacated
async def vacated(channel: str) -> None:
    note("vacated", channel)


def note(*words: object) -> None:
    with Path("told").open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(words)}\n")
