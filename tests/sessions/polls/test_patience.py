from __future__ import annotations

import asyncio

from hubbub.sessions.polls.patience import Patience
from tests.transports.wire import until


async def test_what_waits_too_long_is_told_once_and_in_order() -> None:
    told: list[str] = []
    patience = Patience[str](0.02, told.append)
    for name in ("a", "b", "c"):
        patience.begin(name)
    patience.end("b")
    patience.end("nobody")
    assert len(patience) == 2
    await until(lambda: told == ["a", "c"])
    assert len(patience) == 0


async def test_who_begins_anew_has_all_the_time_again() -> None:
    told: list[str] = []
    loop = asyncio.get_running_loop()
    patience = Patience[str](1.0, told.append)
    patience.begin("a")
    patience.begin("b")
    await asyncio.sleep(0.01)
    patience.begin("a")
    begun = loop.time()
    await until(lambda: told == ["b", "a"])
    assert loop.time() - begun >= 1.0


async def test_one_that_is_told_may_begin_again() -> None:
    told: list[str] = []

    def again(name: str) -> None:
        told.append(name)
        if len(told) < 3:
            patience.begin(name)

    patience = Patience[str](0.01, again)
    patience.begin("a")
    await until(lambda: told == ["a", "a", "a"])
