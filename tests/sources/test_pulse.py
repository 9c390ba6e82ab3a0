from __future__ import annotations

import asyncio

from hubbub.sources.pulse import Pulse
from tests.hub.stage import until


class Heart:
    """Answer, or not, as the test says."""

    def __init__(self) -> None:
        self.asked = 0
        self.lost = 0
        self.beats = asyncio.Event()
        self.beats.set()
        self.pulse = Pulse(self._ask, self._lose, every_s=0.001, patience_s=0.02)

    async def _ask(self) -> None:
        self.asked += 1
        await self.beats.wait()

    def _lose(self) -> None:
        self.lost += 1


async def test_answers_are_asked_for_again_and_again() -> None:
    heart = Heart()
    heart.pulse.start()
    await until(lambda: heart.asked > 5)
    await heart.pulse.close()

    assert heart.lost == 0


async def test_a_missing_answer_is_told_each_time() -> None:
    heart = Heart()
    heart.beats.clear()
    heart.pulse.start()
    await until(lambda: heart.lost == 2)
    heart.beats.set()
    before = heart.asked
    await until(lambda: heart.asked > before + 3)
    await heart.pulse.close()

    assert heart.lost in {2, 3}


async def test_nothing_is_left_of_it() -> None:
    heart = Heart()
    heart.beats.clear()
    heart.pulse.start()
    await until(lambda: heart.asked == 1)
    await heart.pulse.close()

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_one_that_never_began_can_be_closed() -> None:
    await Heart().pulse.close()
