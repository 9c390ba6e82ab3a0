"""Chat rooms over Socket.IO: who comes, what they say, and who leaves, whichever worker they are on."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hubbub import Caller, Client, ErrorCode, Event, Hubbub, Refused

app = Hubbub()  # as hubbub.toml beside this file says

OUTSIDE = ErrorCode(1000, "join a room first")
INSIDE = ErrorCode(1001, "you are in a room already")


class Visitor(msgspec.Struct):
    """What a page says when somebody comes in; what does not fit is refused with a sentence."""

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Said(msgspec.Struct):
    """What a page says when somebody speaks."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


async def tell(room: str, event: str, data: dict[str, str], key: str = "") -> None:
    """Tell everybody in a room, on whichever worker they are; with a `key` only once."""
    await app.emit("message", {"event": event, "data": data}, channel=room, key=key)


@app.on("join")
async def join(session: Caller, visitor: Visitor) -> dict[str, str]:
    """Let somebody into the room that the address names, and return who is there, by session."""
    if "room" in session.state:
        raise Refused(INSIDE)
    room = f"room:{session.query.get('roomid', 'lobby')}"
    # What is said of a member here, another worker still knows when this one has died.
    await session.join(room, {"username": visitor.username})
    session.state.update(room=room, username=visitor.username)
    await tell(room, "join", {"session": session.id, "username": visitor.username})
    members = (await app.hub.members(room)).values()
    return {each.session: name_in(each.chan_info) for each in members if each.chan_info}


@app.on("say")
async def say(session: Caller, said: Said) -> None:
    """Tell the room what somebody says; the speaker hears it too, in the order in which all do."""
    room, name = session.state.get("room"), session.state.get("username")
    if room is None:
        raise Refused(OUTSIDE)
    spoken = {"session": session.id, "username": str(name), "text": said.text}
    await tell(str(room), "broadcast_say", spoken)


@app.on_unsubscribe
async def leave(session: Client, room: str, event: Event) -> None:
    """Tell the room that somebody has left: by closing the page, by a cut, or with the worker that died."""
    if event.info:
        told = {"session": session.id, "username": name_in(event.info)}
        await tell(room, "broadcast_quit", told, key=f"quit {session.id}")


def name_in(info: bytes) -> str:
    """Return the name that was noted of a member."""
    return str(msgspec.json.decode(info)["username"])
