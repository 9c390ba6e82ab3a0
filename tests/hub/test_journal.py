from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Set

import pytest

from hubbub.brokers.contract import Broker
from hubbub.hub import journal as journals
from hubbub.hub.journal import Journal, Subject
from hubbub.model import Retention
from tests.fakes.clock import JumpingClock
from tests.fakes.moody_broker import MoodyBroker
from tests.hub.conftest import Cluster, RedisCluster
from tests.hub.stage import until
from tests.servers import RedisServer

NAME = "!facts"


class Reader:
    """A node that reads a journal."""

    def __init__(self, broker: Broker, size: int = 100_000) -> None:
        self.broker = broker
        self.taken: list[bytes] = []
        self.losses: list[Set[bytes]] = []
        subject = Subject(NAME, Retention(size, 300.0), self.taken.append, self.losses.append)
        self.journal = Journal(broker, subject)

    async def start(self, node: str) -> None:
        await self.broker.start(node, self.journal)
        await self.journal.start()

    async def write(self, *payloads: bytes) -> None:
        for payload in payloads:
            await self.journal.append(payload, payload.hex())

    async def knows(self, *payloads: bytes) -> None:
        await until(lambda: set(payloads) <= set(self.taken))

    async def close(self) -> None:
        await self.journal.close()
        await self.broker.close()


@pytest.fixture
async def readers(cluster: Cluster) -> AsyncIterator[list[Reader]]:
    readers = [Reader(cluster.make_broker()) for _ in range(3)]
    yield readers
    for reader in readers:
        await reader.close()


async def test_every_node_learns_every_entry_those_that_start_later_too(
    readers: list[Reader],
) -> None:
    one, two, late = readers
    await one.start("one")
    await two.start("two")
    await one.write(b"1", b"2")
    await two.write(b"3")
    await one.knows(b"1", b"2", b"3")
    await two.knows(b"1", b"2", b"3")
    await late.start("late")
    assert late.taken == [b"1", b"2", b"3"]
    await one.write(b"4")
    await late.knows(b"4")


async def test_a_long_journal_is_read_in_pages(
    readers: list[Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "PAGE", 3)
    one, *others = readers
    await one.start("one")
    for number, reader in enumerate(others):
        await one.write(*(b"%d.%d" % (number, n) for n in range(6 + number)))
        await reader.start(f"reader{number}")
        assert len(reader.taken) == 6 + number * 7
    assert len(set(others[1].taken)) == 13


async def test_the_same_key_is_one_entry(readers: list[Reader]) -> None:
    one, two, _ = readers
    await one.start("one")
    await two.start("two")
    await one.write(b"1")
    await two.write(b"1", b"2")
    await one.knows(b"1", b"2")
    assert one.taken == [b"1", b"2"]


async def test_announcements_say_nothing(readers: list[Reader]) -> None:
    one = readers[0]
    await one.start("one")
    await one.broker.feed.announce(NAME, b"hello")
    await one.write(b"1")
    await one.knows(b"1")
    assert one.taken == [b"1"]


@pytest.fixture
async def moody() -> AsyncIterator[tuple[Reader, MoodyBroker]]:
    broker = MoodyBroker(JumpingClock())
    reader = Reader(broker)
    await reader.start("one")
    yield reader, broker
    await reader.close()


async def test_a_gap_is_filled_at_the_next_entry(moody: tuple[Reader, MoodyBroker]) -> None:
    reader, broker = moody
    broker.lose(2)
    await reader.write(b"1", b"2", b"3")
    await reader.knows(b"1", b"2", b"3")
    await reader.write(b"4")
    await reader.knows(b"4")
    assert broker.moody.recoveries == 1


@pytest.mark.parametrize("how", ["restored", "looked"])
async def test_a_lost_last_entry_is_found(moody: tuple[Reader, MoodyBroker], how: str) -> None:
    reader, broker = moody
    broker.lose(1)
    await reader.write(b"1")
    assert reader.taken == []
    if how == "restored":
        reader.journal.on_restored()
    else:
        reader.journal.look()
    await reader.knows(b"1")
    assert reader.losses == []


async def test_it_waits_for_a_broker_that_is_away(
    moody: tuple[Reader, MoodyBroker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "RETRY_S", 0.01)
    reader, broker = moody
    broker.lose(1)
    await reader.write(b"1")
    broker.moody.away = True
    reader.journal.look()
    await until(lambda: broker.moody.recoveries > 2)
    broker.moody.away = False
    await reader.knows(b"1")


async def test_it_reads_on_whatever_the_broker_does(
    moody: tuple[Reader, MoodyBroker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "RETRY_S", 0.01)
    reader, broker = moody
    broker.lose(1)
    await reader.write(b"1")
    broker.moody.fault = ValueError("a bug of the engine's")
    reader.journal.look()
    await reader.knows(b"1")


async def test_what_comes_while_it_reads_is_not_lost(moody: tuple[Reader, MoodyBroker]) -> None:
    reader, broker = moody
    gate = broker.moody.slow = asyncio.Event()
    broker.lose(1)
    await reader.write(b"1", b"2")
    await until(lambda: broker.moody.asked_now)
    broker.lose(1)
    await reader.write(b"3", b"4")
    broker.moody.slow = None
    gate.set()
    await reader.knows(b"1", b"2", b"3", b"4")


async def test_a_reader_that_missed_too_much_reads_anew() -> None:
    broker = MoodyBroker(JumpingClock())
    reader = Reader(broker, size=3)
    await reader.start("one")
    broker.lose(5)
    await reader.write(*(b"%d" % n for n in range(6)))
    await reader.knows(b"3", b"4", b"5")
    assert reader.losses == [{b"3", b"4", b"5"}]
    await reader.close()


async def test_who_doubts_compares_with_the_whole_log(moody: tuple[Reader, MoodyBroker]) -> None:
    reader, _ = moody
    await reader.write(b"1", b"2")
    reader.journal.doubt()
    reader.journal.look()
    await until(lambda: reader.losses)
    assert reader.losses == [{b"1", b"2"}]


async def test_a_log_that_was_lost_is_told_to_who_remembers(redis_server: RedisServer) -> None:
    redis_server.cli("FLUSHALL")
    cluster = RedisCluster(redis_server)
    one, two = Reader(cluster.make_broker()), Reader(cluster.make_broker())
    await one.start("one")
    await two.start("two")
    await one.write(b"1", b"2")
    await two.knows(b"1", b"2")
    redis_server.cli("FLUSHALL")
    await two.write(b"3")
    for reader in (one, two):
        await until(lambda at=reader: at.losses)
        assert reader.losses[0] == {b"3"}
        await reader.close()
