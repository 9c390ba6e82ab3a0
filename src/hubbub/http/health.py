"""Whether this process lives, and whether it should be sent clients."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hubbub.http.node import Node

_FRESH = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Readiness:
    """Say whether a node should be sent clients; `reason` is a sentence when it should not."""

    ok: bool
    reason: str = ""


def readiness(node: Node) -> Readiness:
    """Judge a node: one that drains or whose broker is away should be sent nobody."""
    if node.doors.closing:
        return Readiness(False, "the server is shutting down")
    health = node.hub.broker.health()
    return Readiness(health.ok, health.reason)


class Health:
    """Answer what orchestrators and load balancers ask."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def routes(self) -> list[Route]:
        """Return the two checks."""
        return [Route("/health/live", self.live), Route("/health/ready", self.ready)]

    async def live(self, request: Request) -> JSONResponse:
        """Answer 200 as long as the event loop turns."""
        return JSONResponse({"status": "ok", "node": self._node.name}, headers=_FRESH)

    async def ready(self, request: Request) -> JSONResponse:
        """Answer 200, or 503 with the reason."""
        judged = readiness(self._node)
        body: dict[str, object] = {
            "status": "ready" if judged.ok else "unavailable",
            "node": self._node.name,
        }
        if not judged.ok:
            body["reason"] = judged.reason
        if self._node.pulse.down:  # whoever asks is served all the same
            body["down"] = list(map(str, self._node.pulse.down))
        return JSONResponse(body, 200 if judged.ok else 503, headers=_FRESH)
