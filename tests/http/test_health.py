from __future__ import annotations

import pytest

from hubbub.brokers.contract import Health
from tests.http.site_stage import site


async def test_a_node_that_runs_is_alive_and_ready() -> None:
    async with site() as place:
        live = await place.client.get("/health/live")
        assert (live.status_code, live.json()) == (200, {"status": "ok", "node": "n1"})
        ready = await place.client.get("/health/ready")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready", "node": "n1"})
        assert ready.headers["cache-control"] == "no-store"


async def test_a_node_that_drains_is_alive_but_not_ready() -> None:
    async with site() as place:
        place.gate.closing = True
        ready = await place.client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["reason"] == "the server is shutting down"
        assert (await place.client.get("/health/live")).status_code == 200


async def test_readiness_follows_the_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    async with site() as place:
        monkeypatch.setattr(place.place.broker, "health", lambda: Health(False, "Redis is deaf"))
        ready = await place.client.get("/health/ready")
        assert (ready.status_code, ready.json()["reason"]) == (503, "Redis is deaf")
        monkeypatch.undo()
        assert (await place.client.get("/health/ready")).status_code == 200
