from __future__ import annotations

import pytest

from hubbub.sessions.doors import Door
from tests.http.site_stage import site


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/nope", 404, "nothing is at /nope"),
        ("GET", "/health/", 404, "nothing is at /health/"),
        ("GET", "/metrics/", 404, "nothing is at /metrics/"),
        ("POST", "/health/live", 405, "/health/live does not take POST"),
        ("DELETE", "/metrics", 405, "/metrics does not take DELETE"),
        ("PUT", "/api/publish", 405, "/api/publish does not take PUT"),
    ],
)
async def test_errors_are_json(method: str, path: str, status: int, sentence: str) -> None:
    async with site() as place:
        response = await place.client.request(method, path)
        assert response.status_code == status
        assert response.json() == {"error": {"code": status, "message": sentence}}


async def test_who_asks_where_websockets_are_is_told_so() -> None:
    doors = (Door("/ws/{channel}", {}), Door("/events", {}, "sse"))
    async with site() as place:
        place.gate.doors = doors
        response = await place.client.get("/ws/lobby")
        assert (response.status_code, response.headers["upgrade"]) == (426, "websocket")
        assert response.json()["error"]["message"] == (
            "/ws/lobby is for WebSockets, and this is no handshake"
        )
        assert (await place.client.get("/ws")).status_code == 404
