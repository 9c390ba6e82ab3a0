"""All that plain HTTP answers, as one Starlette app."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hubbub.http.admin import Admin, AdminPage
from hubbub.http.api import Api, Handbook
from hubbub.http.emulation import EmulationRoute
from hubbub.http.health import Health
from hubbub.http.inbox import InboxRoutes
from hubbub.http.metrics import Metrics
from hubbub.http.node import Node
from hubbub.http.pages import BUILT, Pages
from hubbub.http.polling import PollingRoutes
from hubbub.http.refusals import refuse
from hubbub.http.sockjs import SockJsRoutes
from hubbub.http.streams import StreamRoutes

_UPGRADE = (("Upgrade", "websocket"), ("Connection", "Upgrade"))
"""What a 426 must say (RFC 9110 section 15.5.22)."""


def build(node: Node, pages: Path = BUILT) -> Starlette:
    """Return the app of a node; `state.metrics` has its `Metrics`.

    Args:
        node: whose hub it speaks for. pages: where the built pages are.
    """
    api = Api(node)
    metrics = Metrics(node, api.calls)
    routes = [
        *Handbook().routes,
        *api.routes,
        *Health(node).routes,
        *metrics.routes,
        *Admin(node, api).routes,
        *EmulationRoute(node).routes,
        *StreamRoutes(node).routes,
        *PollingRoutes(node).routes,
        *SockJsRoutes(node).routes,
        *InboxRoutes(node).routes,
        *Pages(pages).routes,
        *AdminPage().routes,
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: partial(_explain, node)})
    app.router.redirect_slashes = False
    app.state.metrics = metrics
    return app


async def _explain(node: Node, request: Request, fault: Exception) -> Response:
    """Answer an HTTP error as JSON, like everything else that programs read."""
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    headers = tuple((fault.headers or {}).items()) if isinstance(fault, HTTPException) else ()
    path = request.scope["path"]
    if status == 404 and any(
        door.carrier == "websocket" and door.pattern.fullmatch(path) for door in node.doors.doors
    ):
        return refuse(426, f"{path} is for WebSockets, and this is no handshake", _UPGRADE)
    sentences = {
        404: f"nothing is at {path}",
        405: f"{path} does not take {request.method}",
    }
    return refuse(status, sentences.get(status, "this went wrong"), headers)
