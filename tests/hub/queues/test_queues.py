from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.records import Life
from hubbub.errors import BrokerUnavailable, Refused
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.queues.consumer import Consumer
from tests.hub.queues.stage import nodes


async def test_a_queue_needs_history() -> None:
    async with nodes(namespace=Namespace(history_size=0)) as (one,):
        with pytest.raises(Refused, match="history"):
            await one.queues.open("q")


async def test_whoever_takes_nothing_has_nothing_to_say() -> None:
    async with nodes() as (one,):
        stranger = Consumer(lambda _: None, lambda: True, acks=True, prefetch=1)
        await one.queues.acknowledge(stranger, 1, alone=True)
        await one.queues.refuse(stranger, 1, alone=True)
        one.queues.part([stranger])


async def test_a_node_that_stops_gives_back_what_it_had() -> None:
    async with nodes(2) as (one, two):
        worker = await one.worker()
        await one.send("1", "2")
        await one.queues.close()
        assert worker.seen == ["1", "2"]
        other = await two.worker()
        assert other.seen == ["1", "2"]


async def test_a_queue_that_cannot_be_opened_follows_nothing() -> None:
    async with nodes() as (one,):
        get = one.records.get

        async def away(record: str) -> dict[str, bytes]:
            raise BrokerUnavailable("it is away")

        one.records.get = away
        with pytest.raises(BrokerUnavailable):
            await one.worker()
        assert one.place.hub.statistics.subscriptions == 0
        one.records.get = get
        worker = await one.worker()
        await one.send("1")
        assert worker.seen == ["1"]


async def test_a_queue_is_not_let_go_while_it_claims() -> None:
    async with nodes() as (one,):
        worker, put_new, claimed = await one.worker(), one.records.put_new, asyncio.Event()

        async def slow(record: str, field: str, value: bytes, life: Life) -> bool:
            await claimed.wait()
            return await put_new(record, field, value, life)

        one.records.put_new = slow
        await one.send("1")
        await worker.leave()
        one.queues.tick()
        other = await one.worker()
        claimed.set()
        await one.look()
        assert other.seen == ["1"]
        assert list((await one.place.broker.records.get("queue:q")).values()) == [b"n1"]
