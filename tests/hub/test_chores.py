from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from hubbub.hub.chores import Chores
from tests.hub.stage import turn


async def test_work_runs_as_far_as_it_goes_at_once() -> None:
    chores, done, gate = Chores(), [], asyncio.Event()

    async def work() -> None:
        done.append("begun")
        await gate.wait()
        done.append("ended")

    chores.begin(work())
    assert done == ["begun"]
    gate.set()
    await turn()
    assert done == ["begun", "ended"]


async def test_what_fails_is_logged_and_harms_nothing() -> None:
    chores = Chores()

    async def fails() -> None:
        raise ValueError("a fault")

    with capture_logs() as logs:
        chores.begin(fails())
        await turn()
    assert [log["event"] for log in logs] == ["work in the background failed"]
    await chores.close()


async def test_the_end_breaks_off_what_is_under_way() -> None:
    chores, ends = Chores(), []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("end")

    for _ in range(3):
        chores.begin(waits())
    await turn()
    await chores.close()
    assert ends == ["end"] * 3
