"""An app as a part of another program, which says when it starts, and may start it again."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from hubbub.app import Hubbub
from hubbub.config import Settings
from hubbub.errors import SHUTDOWN, BrokerUnavailable, LifecycleError
from tests.fakes.clock import JumpingClock
from tests.test_app import delivered, enter, running, say
from tests.transports.wire import until


async def test_an_app_runs_inside_another_program() -> None:
    app = Hubbub(Settings.model_validate({"broker": "memory://"}), JumpingClock())
    async with app.running() as same:
        _, carrier = enter(app, "/ws/lobby")
        await delivered(same, "lobby", "hello")

    assert carrier.lines() == ["hello"]
    assert carrier.closes == [SHUTDOWN]
    assert app.loop is None


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
async def test_an_app_that_has_ended_starts_as_a_new_node(engine: str, tmp_path: Path) -> None:
    url = "memory://" if engine == "memory" else f"sqlite:///{tmp_path}/hubbub.db"
    app = Hubbub(Settings.model_validate({"broker": url}), JumpingClock())
    nodes = set()
    for said in ("first", "second"):
        async with app.lifespan(host=None):
            nodes.add(app.node)
            talk, carrier = enter(app, "/ws/lobby")
            say(talk, said)
            await until(lambda carrier=carrier: carrier.data)  # type: ignore[misc]
            assert carrier.lines() == [said]
            page = await app.hub.history("lobby", -1, None, False)
            kept = [publication.data for publication in page.publications]

    assert len(nodes) == 2
    assert kept == ([b"second"] if engine == "memory" else [b"first", b"second"])


async def test_an_app_starts_once() -> None:
    async with running() as app:
        with pytest.raises(LifecycleError, match="start it once"):
            await app.start()
        assert app.broker.health().ok


async def test_a_start_that_fails_may_be_tried_again(tmp_path: Path) -> None:
    place = tmp_path / "later"
    url = f"sqlite:///{place}/hubbub.db"
    app = Hubbub(Settings.model_validate({"broker": url}), JumpingClock())
    with pytest.raises(BrokerUnavailable):
        await app.start()
    place.mkdir()
    async with app.running():
        assert app.broker.health().ok


@pytest.mark.parametrize(("values", "status"), [({}, 403), ({"open": True}, 200)])
async def test_an_app_that_nobody_configured_is_not_open_to_the_world_in_a_host(
    values: dict[str, object], status: int
) -> None:
    async with running(**values) as app:
        transport = httpx.ASGITransport(app.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7") as client:
            assert (await client.get("/health/live")).status_code == status
