"""Messages from user to user over several nodes: whoever is away finds them on coming back."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Annotated
from urllib.parse import parse_qs

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hubbub import Client, ConnectAsk, Hubbub, Refused, Reject

app = Hubbub()  # as hubbub.toml beside this file says

SECRET = os.environ.get("INBOX_SECRET", "the same on all nodes").encode()
REPLY = "/topic/reply"
"""Where pages subscribe to what is for their user, behind `/user`."""
NAME_LIMIT = 40
TEXT_LIMIT = 2000
BODY_LIMIT = 16 * 1024
PAGE = 100
"""Messages that one pull returns at most; `more` says that there are others."""


# ── who somebody is ─────────────────────────────────────────────────────────────────────────────


def signed(name: str) -> str:
    """Return what only this server can make of a name."""
    mark = hmac.new(SECRET, name.encode(), sha256).hexdigest()
    return f"{name.encode().hex()}.{mark}"


def user_of(headers: Mapping[str, str]) -> str:
    """Return whose session cookie came with a request; "" where none did, or a forged one."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get("session")
        shown = cookie.value if cookie else ""
        name = bytes.fromhex(shown.partition(".")[0]).decode()
    except (CookieError, ValueError):
        return ""
    return name if hmac.compare_digest(shown.encode(), signed(name).encode()) else ""


# ── interceptors ────────────────────────────────────────────────────────────────────────────────


@app.on_connect
def handshake(request: ConnectAsk) -> str:
    """Let in who has logged in; everything that comes over this connection is that user's."""
    user = user_of(request.client.headers)
    if not user:
        raise Reject(4501, "log in first")
    return user


@app.on_subscribe
def subscribing(session: Client, channel: str) -> bool:
    """Judge a SUBSCRIBE: news is for everybody, and nothing else is a topic."""
    return channel == "news"


@app.on_publish
def sending(session: Client, channel: str) -> bool:
    """Judge a SEND to a topic: only the editor writes news."""
    return channel == "news" and session.user == "editor"


# ── messages ────────────────────────────────────────────────────────────────────────────────────


class Message(msgspec.Struct):
    """What one user writes to another."""

    receiver: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_LIMIT)]
    msg: Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_LIMIT)]


async def deliver(sender: str, message: Message) -> str:
    """Put a message into an inbox, wherever its owner is, or is not; return its id."""
    said = {"from": sender, "msg": message.msg}
    return (await app.send(message.receiver, said, sender=sender)).id


@app.on("sendToUser")
async def send_to_user(session: Client, message: Message) -> dict[str, str]:
    """Take a SEND to /message/sendToUser."""
    return {"id": await deliver(session.user, message)}


# ── over HTTP ───────────────────────────────────────────────────────────────────────────────────


class Stop(Exception):
    """End a request with an error."""


def answer(code: int, **more: object) -> Response:
    """Answer as this API does: the code is in the body too, as text."""
    return JSONResponse({"code": str(code), **more}, code)


async def stopped(request: Request, fault: Exception) -> Response:
    """Say what was wrong with a request."""
    code, sentence = fault.args if isinstance(fault, Stop) else (400, str(fault))
    return answer(code, message=sentence)


async def form(request: Request) -> dict[str, str]:
    """Return the parameters of a request: in the address, as a form, or as JSON."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_LIMIT:
            raise Stop(413, "too much")
    if request.headers.get("content-type", "").startswith("application/json"):
        said = msgspec.json.decode(bytes(body), type=dict[str, str])
    else:
        said = {name: values[-1] for name, values in parse_qs(body.decode()).items()}
    return {**request.query_params, **said}


def caller(request: Request) -> str:
    """Return who asks."""
    user = user_of(request.headers)
    if not user:
        raise Stop(401, "log in first")
    return user


async def login(request: Request) -> Response:
    """Set the session cookie; a real program would ask for a password here."""
    name = (await form(request)).get("name", "").strip()
    if not 0 < len(name) <= NAME_LIMIT or not name.isprintable():
        raise Stop(400, f"a name has 1 to {NAME_LIMIT} characters")
    response = answer(200, result=name)
    response.set_cookie("session", signed(name), httponly=True, samesite="lax")
    return response


async def logout(request: Request) -> Response:
    """Take the session cookie away."""
    response = answer(200)
    response.delete_cookie("session")
    return response


async def who(request: Request) -> Response:
    """Say who is logged in."""
    return answer(200, result=caller(request))


async def send(request: Request) -> Response:
    """Send `msg` to the user `receiver`."""
    sender = caller(request)
    return answer(200, result=await deliver(sender, msgspec.convert(await form(request), Message)))


async def pull(request: Request) -> Response:
    """Return what the caller has not read, and count it as read: a second call returns only what is new."""
    user = caller(request)
    if (await form(request)).get("destination", REPLY) != REPLY:
        raise Stop(404, f"messages are for {REPLY}")
    page = await app.inbox.pull(user, PAGE, take=True)
    shown = [
        {"id": (each.tags or {}).get("id", ""), **msgspec.json.decode(each.data)}
        for each in page.messages
    ]
    return answer(200, result=shown, more=page.more, lost=page.lost)


FAULTS = (Stop, Refused, msgspec.DecodeError, UnicodeDecodeError)
"""What a request can be wrong by."""

app.mount(
    "/wsTemplate",
    Starlette(
        routes=[
            Route("/login", login, methods=["POST"]),
            Route("/logout", logout, methods=["POST"]),
            Route("/who", who),
            Route("/sendToUser", send, methods=["POST"]),
            Route("/pullUnreadMessage", pull, methods=["POST"]),
        ],
        exception_handlers=dict.fromkeys(FAULTS, stopped),
    ),
)
