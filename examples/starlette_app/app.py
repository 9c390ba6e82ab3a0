"""A help desk in Starlette: visitors talk in rooms, and the desk's own routes see and say things there."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser, requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from hubbub import ConnectAsk, Hubbub

PAGE = Path(__file__).parent / "page"

realtime = Hubbub()  # as hubbub.toml beside this file says


@realtime.on_connect
async def who(request: ConnectAsk) -> str | None:
    """Take clients for whom the desk's own middleware takes them."""
    user = request.client.scope["user"]
    return str(user.display_name) if user.is_authenticated else None


class ByCookie(AuthenticationBackend):
    """Believe a cookie, which a real desk would sign."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        name = conn.cookies.get("name", "")
        return (AuthCredentials(["authenticated"]), SimpleUser(name)) if name else None


@requires("authenticated")
async def announce(request: Request) -> Response:
    """Say something to everybody in a room."""
    channel = f"room:{request.path_params['room']}"
    said = {"from": request.user.display_name, "text": (await request.body()).decode()}
    stored = await realtime.publish(channel, said)
    return JSONResponse({"offset": stored.position.offset})


async def people(request: Request) -> Response:
    """Say who is in a room."""
    members = await realtime.hub.members(f"room:{request.path_params['room']}")
    return JSONResponse(sorted({member.user or "somebody" for member in members.values()}))


app = Starlette(
    routes=[
        Route("/rooms/{room}/announce", announce, methods=["POST"]),
        Route("/rooms/{room}/people", people),
        Mount("/rt", realtime.asgi),
        Mount("/", StaticFiles(directory=PAGE, html=True)),
    ],
    middleware=[Middleware(AuthenticationMiddleware, backend=ByCookie())],
    lifespan=realtime.lifespan,
)
