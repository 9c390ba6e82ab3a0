from __future__ import annotations

import asyncio

import pytest

from hubbub.brokers.records import Life
from hubbub.errors import BrokerUnavailable
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.queues.queue import REFUSALS
from tests.hub.queues.stage import nodes
from tests.hub.stage import turn


async def test_each_message_goes_to_one_consumer() -> None:
    async with nodes() as (one,):
        workers = [await one.worker() for _ in range(2)]
        await one.send("1", "2", "3", "4")
        assert sorted(workers[0].seen + workers[1].seen) == ["1", "2", "3", "4"]
        assert len(workers[0].seen) == 2


async def test_who_comes_later_gets_what_waits() -> None:
    async with nodes() as (one,):
        await one.send("1", "2")
        worker = await one.worker()
        assert worker.seen == ["1", "2"]


async def test_a_consumer_gets_no_more_than_it_can_have() -> None:
    async with nodes() as (one,):
        worker = await one.worker(prefetch=2)
        await one.send("1", "2", "3", "4", "5")
        assert worker.seen == ["1", "2"]
        await worker.ack(1)
        assert worker.seen == ["1", "2", "3"]
        await worker.ack(3, alone=False)
        assert worker.seen == ["1", "2", "3", "4", "5"]
        await worker.ack(99)


async def test_who_does_not_acknowledge_has_it_done_when_it_is_shown() -> None:
    async with nodes() as (one,):
        worker = await one.worker(acks=False, prefetch=1)
        await one.send("1", "2", "3")
        assert worker.seen == ["1", "2", "3"]
        await worker.leave()
        await one.look()
        assert (await one.worker()).seen == []


async def test_who_is_not_ready_is_asked_again() -> None:
    async with nodes() as (one,):
        worker = await one.worker(acks=False)
        worker.ready = False
        await one.send("1")
        assert worker.seen == []
        worker.ready = True
        one.queues.tick()
        await turn(20)
        assert worker.seen == ["1"]


async def test_what_is_given_back_somebody_else_gets() -> None:
    async with nodes() as (one,):
        worker = await one.worker()
        await one.send("1", "2", "3")
        await worker.ack(2)
        await worker.leave()
        other = await one.worker()
        assert other.seen == ["1", "3"]


async def test_two_nodes_share_a_queue() -> None:
    async with nodes(2) as (one, two):
        here, there = await one.worker(prefetch=100), await two.worker(prefetch=100)
        texts = [str(n) for n in range(100)]
        await one.send(*texts)
        assert sorted(here.seen + there.seen) == sorted(texts)
        await here.leave()
        await turn(50)
        assert sorted(there.seen, key=int) == texts


async def test_what_a_dead_node_had_goes_to_others() -> None:
    async with nodes(2) as (one, two):
        here, there = await one.worker(prefetch=1), await two.worker(prefetch=1)
        await one.send("1", "2")
        assert sorted(here.seen + there.seen) == ["1", "2"]
        await two.place.broker.close()  # without a word to the others
        one.place.clock.jump(60)
        await one.place.broker.presence.leave("!nodes", "n2")
        await here.ack(here.offsets[0])
        await one.look()
        assert sorted(here.seen) == ["1", "2"]


async def test_what_is_refused_comes_again_and_at_last_to_the_dead() -> None:
    async with nodes() as (one,):
        worker = await one.worker(prefetch=1)
        await one.send("1")
        for _ in range(REFUSALS):
            await worker.nack(worker.offsets[-1])
        assert worker.seen == ["1"] * REFUSALS
        page = await one.place.hub.history("q.dead", 9, None, reverse=False)
        assert [each.data for each in page.publications] == [b"1"]


async def test_a_record_stays_small() -> None:
    async with nodes() as (one,):
        worker = await one.worker(prefetch=1000)
        await one.send(*(str(n) for n in range(100)))
        for offset in reversed(worker.offsets):
            await worker.ack(offset)
        await one.look()
        await one.look()
        fields = await one.place.broker.records.get("queue:q")
        assert list(fields.values()) == [b"100"]


async def test_what_is_not_kept_any_more_holds_nothing_up() -> None:
    async with nodes(namespace=Namespace(history_size=3)) as (one,):
        await one.send(*(str(n) for n in range(10)))
        worker = await one.worker()
        assert worker.seen == ["7", "8", "9"]
        await worker.ack(10, alone=False)
        for _ in range(3):
            await one.look()
        assert [*(await one.place.broker.records.get("queue:q")).values()] == [b"10"]


async def test_a_queue_that_is_born_again_begins_anew() -> None:
    async with nodes() as (one,):
        worker = await one.worker()
        await one.send("1")
        one.world._lines.clear()  # as a broker that came back empty
        await one.send("2")
        await one.look()
        assert worker.seen == ["1", "2"]
        assert list(worker.consumer.held) == [1]


async def test_while_the_broker_is_away_nothing_is_lost() -> None:
    async with nodes() as (one,):
        worker = await one.worker(prefetch=2)
        await one.send("1", "2", "3")
        one.records.away = True
        with pytest.raises(BrokerUnavailable):
            await worker.ack(1)
        one.records.away = False
        await one.look()
        await worker.leave()
        other = await one.worker(prefetch=9)
        assert other.seen == ["2", "3"]


async def test_a_queue_without_consumers_is_let_go() -> None:
    async with nodes() as (one,):
        worker = await one.worker()
        await worker.leave()
        one.queues.tick()
        assert not one.queues._queues
        assert one.place.hub.statistics.subscriptions == 0
        again = await asyncio.gather(one.worker(), one.worker())
        await one.send("1")
        assert [each.seen for each in again].count(["1"]) == 1


async def test_a_node_that_has_not_heard_of_a_new_life_leaves_its_record_alone() -> None:
    async with nodes(2) as (one, two):
        here = await one.worker(prefetch=1)
        await one.send("0")
        assert here.seen == ["0"]  # there is no room for more, so that this node reads nothing
        there = await two.worker()
        two.world._lines.clear()
        await two.send("1", "2")
        assert there.seen == ["1", "2"]
        await there.ack(1)
        await one.look()
        await two.look()
        assert there.seen == ["1", "2"]


async def test_a_message_that_is_held_for_ever_does_not_let_the_record_grow() -> None:
    async with nodes(namespace=Namespace(history_size=5)) as (one,):
        worker = await one.worker(prefetch=2)
        for n in range(1, 50):
            await one.send(f"{n}")
            if n > 1:
                await worker.ack(n)
        for _ in range(2):
            await one.look()
        assert len(await one.place.broker.records.get("queue:q")) <= 6
        await worker.ack(1)
        await one.send("50")
        assert worker.seen[-1] == "50"


async def test_what_nobody_can_read_takes_nothing_behind_it_along() -> None:
    async with nodes() as (one,):
        hostile = b"\xc1 nobody wrote this"
        await one.place.broker.log.publish("q", hostile, Namespace().retention)
        worker = await one.worker(prefetch=1)
        await one.send("2", "3", "4")
        await one.look()
        await one.look()
        await worker.leave()
        other = await one.worker()
        assert other.seen == ["2", "3", "4"]


async def test_while_it_is_asked_how_often_a_message_was_refused_nobody_gets_it() -> None:
    async with nodes() as (one,):
        worker = await one.worker(prefetch=1)
        await one.send("1")
        for _ in range(REFUSALS - 1):
            await worker.nack(1)
        raise_to, asked = one.records.raise_to, asyncio.Event()

        async def slow(record: str, field: str, number: int, life: Life) -> int:
            if ":n:" in field:
                await asked.wait()
            return await raise_to(record, field, number, life)

        one.records.raise_to = slow
        refusing = asyncio.create_task(worker.nack(1))
        await turn(20)
        await one.look()
        asked.set()
        await refusing
        await one.look()
        assert worker.seen == ["1"] * REFUSALS


async def test_what_cannot_be_counted_goes_to_others_all_the_same() -> None:
    async with nodes() as (one,):
        worker = await one.worker(prefetch=1)
        await one.send("1")
        raise_to = one.records.raise_to

        async def away(record: str, field: str, number: int, life: Life) -> int:
            raise BrokerUnavailable("it is away")

        one.records.raise_to = away
        with pytest.raises(BrokerUnavailable):
            await worker.nack(1)
        one.records.raise_to = raise_to
        await one.look()
        assert worker.seen == ["1", "1"]


async def test_who_stays_does_not_get_too_much_when_another_one_leaves() -> None:
    async with nodes() as (one,):
        staying, leaving = await one.worker(prefetch=1), await one.worker(prefetch=1)
        put_new, claimed = one.records.put_new, asyncio.Event()

        async def slow(record: str, field: str, value: bytes, life: Life) -> bool:
            await claimed.wait()
            return await put_new(record, field, value, life)

        one.records.put_new = slow
        await one.send("1", "2")
        await leaving.leave()
        claimed.set()
        await one.look()
        assert staying.seen == ["1"]
        await staying.ack(1)
        await one.look()
        assert staying.seen == ["1", "2"]
