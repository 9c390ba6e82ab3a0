"""A shop in FastAPI whose pages see what happens to an order while it happens."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

from fastapi import Cookie, Depends, FastAPI, HTTPException, Response
from fastapi.requests import HTTPConnection
from fastapi.responses import FileResponse

from hubbub import Audience, ConnectAsk, Hubbub, Namespace, Reject, Settings

PAGE = Path(__file__).parent / "page" / "index.html"
SESSIONS: dict[str, str] = {}
"""Who is logged in, by cookie; a real shop has a table for that."""

# Customers follow their orders; only the shop says something about them.
ORDERS = Namespace(publish=Audience.NOBODY, subscribe=Audience.USERS)
realtime = Hubbub(Settings(broker="memory://", namespaces={"order": ORDERS}))

app = FastAPI(lifespan=realtime.lifespan)
app.mount("/rt", realtime.asgi)


@realtime.on_connect
async def who(request: ConnectAsk) -> str:
    """Let in whoever the shop knows, by the cookie that its own routes go by."""
    cookies = HTTPConnection(request.client.scope).cookies
    user = SESSIONS.get(cookies.get("session", ""))
    if user is None:
        raise Reject(4501, "log in first")
    return user


def logged_in(session: Annotated[str, Cookie()] = "") -> str:
    """Return who asks."""
    if session not in SESSIONS:
        raise HTTPException(401, "log in first")
    return SESSIONS[session]


@app.post("/login")
async def log_in(name: str, response: Response) -> dict[str, str]:
    session = secrets.token_urlsafe()
    SESSIONS[session] = name
    response.set_cookie("session", session, httponly=True, samesite="strict")
    return {"name": name}


@app.post("/orders/{number}")
async def move(
    number: int, status: str, user: Annotated[str, Depends(logged_in)]
) -> dict[str, int]:
    """Tell everybody who watches an order what happened to it."""
    stored = await realtime.publish(f"order:{number}", {"status": status, "by": user})
    return {"told": stored.position.offset}


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(PAGE)
