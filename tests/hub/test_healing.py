from __future__ import annotations

import asyncio
import random

import pytest

from hubbub.brokers.contract import Entry
from hubbub.hub.healing import CONCURRENT_REPAIRS
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from tests.hub.stage import stage, turn, until


async def test_a_lost_entry_is_repaired_once_and_nobody_notices() -> None:
    async with stage() as node:
        crowd = [await node.listen(f"u{n}", "room") for n in range(20)]
        await node.say("room", "a")
        node.broker.lose(2)
        await node.say("room", "b", "c", "d")
        await until(lambda: crowd[0].data.count(b"\n") == 4)
        assert all(one.seen() == ["a", "b", "c", "d"] for one in crowd)
        assert (node.hub.statistics.heals, node.broker.moody.recoveries) == (1, 1)
        assert not any(one.resyncs for one in crowd)


async def test_a_lost_last_entry_is_found_by_the_audit() -> None:
    async with stage(settings=HubSettings(audit_interval_s=10)) as node:
        ann = await node.listen("ann", "room")
        await node.say("room", "a")
        node.broker.lose(1)
        await node.say("room", "b")
        assert ann.seen() == ["a"]
        for _ in range(3):  # one interval to notice that the channel is quiet, one to compare
            node.clock.jump(10)
            node.hub.tick()
            await turn()
        await until(lambda: ann.data == b"b\n")


@pytest.mark.parametrize(("size", "stays"), [(0, False), (100, True)])
async def test_nobody_who_waits_loses_the_first_word(size: int, stays: bool) -> None:
    """Brokers keep unused channels for minutes only; a node asks for those whose positions are worth it."""
    async with stage(Namespace(history_size=size)) as node:
        ann = await node.listen("ann", "room")
        for _ in range(100):
            node.clock.jump(10)
            node.hub.tick()
            await node.broker.log.tops(["elsewhere"])
            await turn()
        (top,) = await node.broker.log.tops(["room"])
        assert stays == (top == ann.arrivals[0].position)
        await node.say("room", "a")
        assert (ann.seen(), ann.resyncs) == (["a"], [])
        assert (node.hub.statistics.heals, node.hub.statistics.resyncs) == (0, 0)


async def test_a_restored_feed_is_compared_at_once() -> None:
    async with stage() as node:
        ann = await node.listen("ann", "room")
        await node.say("room", "a")
        node.broker.lose(3)
        await node.say("room", "b", "c", "d")
        node.hub.on_restored()
        await until(lambda: ann.data.count(b"\n") == 4)
        assert ann.seen() == ["a", "b", "c", "d"]


async def test_what_history_no_longer_covers_is_told_and_the_channel_goes_on() -> None:
    async with stage(Namespace(history_size=3)) as node:
        ann = await node.listen("ann", "room")
        await node.say("room", "a")
        node.broker.lose(5)
        top = await node.say("room", "b", "c", "d", "e", "f")
        top = await node.say("room", "g")
        await until(lambda: bool(ann.resyncs))
        assert (ann.resyncs[0].reason, ann.resyncs[0].position) == ("gap", top)
        await node.say("room", "h")
        assert ann.seen() == ["a", "h"]
        assert node.hub.statistics.resyncs == 1


async def test_a_fork_is_seen_by_the_predecessors_tag() -> None:
    async with stage() as node:
        ann = await node.listen("ann", "room")
        top = await node.say("room", "a")
        forged = Entry(top.epoch, top.offset + 1, 5, top.tag ^ 1, 0, b"")
        node.hub.on_entry("room", forged)
        await until(lambda: node.hub.statistics.heals == 1)
        await node.say("room", "b")
        await until(lambda: ann.data == b"a\nb\n")


async def test_a_broker_that_is_away_is_asked_again() -> None:
    async with stage() as node:
        ann = await node.listen("ann", "room")
        node.broker.lose(1)
        await node.say("room", "a")
        node.broker.moody.away = True
        top = node.broker.moody
        node.hub.on_restored()  # the comparison fails quietly
        await turn()
        top.away = False
        await node.say("room", "b")
        await until(lambda: ann.data == b"a\nb\n")


@pytest.mark.parametrize("seed", range(5))
async def test_a_feed_that_loses_a_third_loses_nothing_for_subscribers(seed: int) -> None:
    dice = random.Random(seed)
    async with stage(settings=HubSettings(ring_size=8)) as node:
        crowd = [await node.listen(f"u{n}", "room") for n in range(5)]
        for n in range(300):
            if dice.random() < 0.3:
                node.broker.lose(1)
            await node.hub.publish("room", str(n).encode())
            if dice.random() < 0.2:
                await turn()
        node.hub.on_restored()
        await until(lambda: crowd[0].data.count(b"\n") >= 300)
        for one in crowd:
            assert one.seen() == [str(n) for n in range(300)]
            assert not one.resyncs


async def test_a_channel_without_history_goes_on_after_a_gap() -> None:
    async with stage(Namespace(history_size=0)) as node:
        ann = await node.listen("ann", "room")
        await node.say("room", "a")
        node.broker.lose(1)
        await node.say("room", "b", "c", "d")
        assert ann.seen() == ["a", "c", "d"]
        assert (node.hub.statistics.resyncs, node.hub.statistics.heals) == (1, 0)


async def test_an_interruption_during_a_repair_is_repaired_too() -> None:
    async with stage() as node:
        ann = await node.listen("ann", "room")
        await node.say("room", "a")
        node.broker.lose(1)
        node.broker.moody.slow = asyncio.Event()  # answers are made, but do not arrive yet
        await node.say("room", "b", "c")
        await until(lambda: node.broker.moody.recoveries == 1)
        node.broker.lose(1)
        await node.say("room", "d")
        node.hub.on_restored()
        node.broker.moody.slow.set()
        await until(lambda: ann.data.count(b"\n") == 4)
        assert ann.seen() == ["a", "b", "c", "d"]


async def test_an_interruption_while_a_channel_is_established_loses_nothing() -> None:
    async with stage() as node:
        node.broker.moody.slow = asyncio.Event()
        coming = asyncio.create_task(node.listen("ann", "room"))
        await turn()
        node.broker.lose(1)
        await node.hub.publish("room", b"a")
        node.hub.on_restored()
        node.broker.moody.slow.set()
        ann = await coming
        await node.say("room", "b")
        assert (ann.arrivals[0].position.offset, ann.seen()) == (1, ["b"])
        assert node.hub.statistics.heals == 0


async def test_a_repair_survives_whatever_the_broker_does() -> None:
    async with stage() as node:
        ann = await node.listen("ann", "room")
        await node.say("room", "a")
        node.broker.lose(1)
        node.broker.moody.fault = ValueError("a bug of the engine's")
        await node.say("room", "b", "c")
        await until(lambda: ann.data == b"a\nb\nc\n")
        bob = await asyncio.wait_for(node.listen("bob", "room"), 30)
        assert bob.arrivals[0].position.offset == 3


async def test_an_interruption_of_all_channels_does_not_ask_for_all_at_once() -> None:
    names = [f"c{n}" for n in range(CONCURRENT_REPAIRS + 50)]
    async with stage() as node:
        crowd = [await node.listen("ann", name) for name in names]
        node.broker.lose(len(names))
        for name in names:
            await node.hub.publish(name, b"x")
        node.hub.on_restored()
        node.broker.moody.slow = asyncio.Event()
        await until(lambda: node.broker.moody.asked_now >= CONCURRENT_REPAIRS)
        await turn()
        node.broker.moody.slow.set()
        await until(lambda: all(one.data == b"x\n" for one in crowd))
        assert node.broker.moody.recoveries == len(names)
        assert node.broker.moody.asked_most <= CONCURRENT_REPAIRS
