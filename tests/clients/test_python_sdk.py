"""PyPI `centrifuge-python`, as it is published, in both encodings and on each engine."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.clients import python_rooms as rooms
from tests.clients import python_sessions as sessions
from tests.clients.engines import Site
from tests.clients.python_cell import Cell

ENCODINGS = ("json", "protobuf")

SCENARIOS = (
    rooms.publish_and_subscribe,
    rooms.page_through_history,
    rooms.see_who_is_there,
    rooms.be_told_of_joins_and_leaves,
    rooms.be_sent_differences,
    rooms.filter_by_tags,
    rooms.recover_after_a_cut,
    rooms.be_told_that_too_much_was_missed,
    rooms.be_given_the_latest_value,
    sessions.connect_with_a_token,
    sessions.refresh_the_connection,
    sessions.subscribe_with_a_token,
    sessions.refresh_a_subscription,
    sessions.follow_what_the_token_says,
    sessions.be_subscribed_and_unsubscribed_by_the_api,
    sessions.be_disconnected_by_the_api,
    sessions.call_the_application,
)
"""They run beside each other."""


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_all_scenarios(encoding: str, served: Site) -> None:
    async with AsyncExitStack() as stack:
        cell = Cell(served, stack, binary=encoding == "protobuf")
        outcome = await asyncio.gather(
            *(scenario(cell) for scenario in SCENARIOS), return_exceptions=True
        )
    failed = [
        f"{scenario.__name__}: {fault!r}"
        for scenario, fault in zip(SCENARIOS, outcome, strict=True)
        if fault is not None
    ]
    assert not failed, "\n".join(failed) + served.served.log()


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_workers_death(encoding: str, served: Site) -> None:
    async with AsyncExitStack() as stack:
        cell = Cell(served, stack, binary=encoding == "protobuf")
        await rooms.recover_after_a_workers_death(cell)
