"""Rooms by functions: what a page of Socket.IO says is answered here, and so is what others call."""

from __future__ import annotations

from dataclasses import dataclass

from hubbub import Caller, Hubbub, Refused
from hubbub.errors import PERMISSION_DENIED

app = Hubbub()


@dataclass
class Said:
    text: str
    echo: bool = True


@app.on("join")
async def join(session: Caller, data: dict[str, str]) -> dict[str, object]:
    room = session.query.get("roomid", "lobby")
    session.state.update(room=room, name=data["username"])
    await session.join(room)
    told = {"event": "join", "data": data["username"]}
    stored = await app.emit("message", told, channel=room, exclude=session)
    return {"room": room, "offset": stored.position.offset}


@app.on("say")
@app.on("chat:say")
async def say(session: Caller, data: Said) -> int:
    room = str(session.state.get("room", "lobby"))
    told = {"event": "broadcast_say", "data": data.text, "from": session.state.get("name")}
    stored = await app.emit("message", told, channel=room, exclude="" if data.echo else session)
    return stored.position.offset


@app.on("both")
async def both(session: Caller, data: list[object]) -> None:
    await app.emit("both", *data, channel=str(session.state["room"]))


@app.on("reverse")
async def reverse(session: Caller, data: bytes) -> bytes:
    return data[::-1]


@app.on("ask me")
async def ask(session: Caller) -> object:
    answers = [await session.call("double", n) for n in (1, 2, 3)]
    rest = await session.call("bytes", b"\x00\xff")
    return [*answers, await session.call("nothing"), rest == b"\xff"]


@app.on("greet me")
def greet(session: Caller, data: str) -> str:
    return f"hello {data}"  # in a thread


@app.on("leave")
async def leave(session: Caller) -> None:
    session.leave(str(session.state["room"]))


@app.on("forbidden")
async def forbidden(session: Caller) -> None:
    raise Refused(PERMISSION_DENIED, "not you")
