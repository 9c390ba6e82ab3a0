"""What plain HTTP answers where streams begin: a browser's question before a page may ask, and wrong methods.

Requests that begin a stream do not come here; the listener takes them.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.http.node import Node
from hubbub.http.refusals import refuse, refused
from hubbub.sessions.contract import SPOKEN_TO, STREAM_METHODS, Refusal
from hubbub.sessions.origins import PREFLIGHT


class StreamRoutes:
    """Answer for the paths of a node's streams."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def routes(self) -> list[Route]:
        """Return one route for each path."""
        return [
            Route(door.path, self.answer, methods=[*STREAM_METHODS[door.carrier], "OPTIONS"])
            for door in self._node.doors.doors
            if door.carrier in SPOKEN_TO
        ]

    async def answer(self, request: Request) -> Response:
        """Say whether a page may ask, and how long that is true."""
        greeting = self._node.doors.greet(request.headers)
        if isinstance(greeting, Refusal):
            return refused(greeting)
        if request.method != "OPTIONS":
            return refuse(501, f"{request.method} begins no stream here", greeting)
        return Response(status_code=204, headers=dict(greeting + PREFLIGHT))
