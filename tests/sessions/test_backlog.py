from __future__ import annotations

import pytest

from hubbub.dialects.contract import Publish
from hubbub.sessions.backlog import WAITING_BYTES, WAITING_LIMIT, Backlog
from tests.fakes.carrier import Carrier


def publish(number: int) -> Publish:
    return Publish("room", b"%d" % number, id=number)


def test_commands_come_out_in_order() -> None:
    backlog = Backlog(Carrier())
    for number in (1, 2, 3):
        backlog.put(publish(number), 1)
    assert [backlog.take() for _ in range(4)] == [publish(1), publish(2), publish(3), None]


@pytest.mark.parametrize(("size", "most"), [(1, WAITING_LIMIT), (WAITING_BYTES // 4, 4)])
def test_reading_pauses_while_there_are_too_many_or_too_large_ones(size: int, most: int) -> None:
    carrier = Carrier()
    backlog = Backlog(carrier)
    for number in range(most - 1):
        backlog.put(publish(number), size)
    reading = [carrier.reading]
    for number in range(10):  # what was read already still comes
        backlog.put(publish(number), size)
        reading.append(carrier.reading)
    for _ in range(10):
        backlog.take()
        reading.append(carrier.reading)
    backlog.put(publish(0), size)
    reading.append(carrier.reading)
    assert reading == [True, *[False] * 10, *[False] * 9, True, False]
