from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from hubbub.http import metrics
from hubbub.hub.contract import Statistics
from hubbub.sessions.revoking.revoked import Scope
from tests.http.site_stage import Site, site

ROOT = Path(__file__).parents[2]


async def scraped(place: Site) -> dict[str, float]:
    response = await place.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(response.text)
    return {sample.name: sample.value for family in families for sample in family.samples}


async def test_counts_are_those_of_the_hub_when_somebody_looks() -> None:
    async with site() as place:
        before = await scraped(place)
        assert (before["hubbub_published_total"], before["hubbub_subscriptions"]) == (0, 0)
        await place.place.listen("ann", "lobby")
        await place.place.say("lobby", "1", "2")
        place.crowd.now, place.crowd.total = 3, 5
        after = await scraped(place)
        assert after["hubbub_published_total"] == 2
        assert after["hubbub_delivered_total"] == 2
        assert (after["hubbub_channels"], after["hubbub_subscriptions"]) == (1, 1)
        assert (after["hubbub_sessions"], after["hubbub_sessions_opened_total"]) == (3, 5)
        assert after["hubbub_ready"] == 1
        again = await scraped(place)
        ours = [name for name in after if name.startswith("hubbub_")]
        assert [again[name] for name in ours] == [after[name] for name in ours]


async def test_orders_and_revocations_are_counted_too() -> None:
    async with site() as place:
        place.node.control.on("echo", lambda payload: payload)
        await place.node.control.call(place.node.name, "echo", b"x")
        await place.node.revocations.revoke(Scope.USER, "ann")
        shown = await scraped(place)
        assert shown["hubbub_orders_asked_total"] == 1
        assert shown["hubbub_orders_carried_out_total"] == 1
        assert shown["hubbub_revocations"] == 1


async def test_a_node_that_drains_says_so() -> None:
    async with site() as place:
        place.gate.closing = True
        assert (await scraped(place))["hubbub_ready"] == 0


async def test_every_statistic_is_shown_and_explained() -> None:
    async with site() as place:
        shown = await scraped(place)
        for field in dataclasses.fields(Statistics):
            assert {f"hubbub_{field.name}", f"hubbub_{field.name}_total"} & set(shown)
            assert field.name in metrics._HELP


WORKER = """
import asyncio, sys
from tests.http.site_stage import site

async def main():
    async with site() as place:
        await place.place.listen("ann", "lobby")
        await place.place.say("lobby", *["x"] * int(sys.argv[1]))
        place.crowd.now = 1
        place.app.state.metrics.refresh()
        print((await place.client.get("/metrics")).text if sys.argv[2] == "show" else "")

asyncio.run(main())
"""


def test_workers_add_up_in_a_shared_directory(tmp_path: Path) -> None:
    def worker(count: int, then: str) -> str:
        environment = os.environ | {
            metrics.SHARED: str(tmp_path),
            "PYTHONPATH": f"{ROOT}/src:{ROOT}",
        }
        ran = subprocess.run(
            [sys.executable, "-c", WORKER, str(count), then],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout

    worker(2, "leave")
    shown = worker(3, "show").splitlines()
    assert "hubbub_published_total 5.0" in shown
    assert "hubbub_subscriptions 2.0" in shown
