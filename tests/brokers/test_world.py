"""The logs of the memory engine: right in any life, and bounded."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings

from hubbub.brokers import world
from hubbub.brokers.memory import MemorySettings
from hubbub.model import Retention
from tests.brokers.test_memory import MemoryCluster
from tests.contracts.broker import Recorder
from tests.contracts.broker_oracle import STEPS, Step, compare


@settings(deadline=None)
@given(steps=STEPS)
def test_any_life_agrees_with_the_oracle(steps: list[Step]) -> None:
    """Publishing, keys, trimming, ageing, removal and reading, in any order, are what they should be."""
    asyncio.run(compare(MemoryCluster(MemorySettings()), steps))


async def test_idle_channels_and_keys_are_forgotten() -> None:
    """What is not used goes: entries by age, keys by theirs, and empty channels by the meta time."""
    settings = MemorySettings(meta_ttl_s=1000.0)
    cluster = MemoryCluster(settings)
    broker = cluster.make_broker()
    await broker.start("node", Recorder())
    for number in range(300):
        broker.log.publish(f"room:{number}", b"x", Retention(10, 100.0), key="once")
    (old,) = await broker.log.tops(["room:7"])
    assert cluster.world.size == (300, 300)
    for _ in range(20):
        await cluster.elapse(70)
        await broker.log.tops(["kept in use"])

    assert cluster.world.size == (1, 0)
    (new,) = await broker.log.tops(["room:7"])
    assert old.epoch != new.epoch


async def test_a_channel_with_kept_entries_is_not_forgotten() -> None:
    """The meta time begins when the last kept entry is gone."""
    cluster = MemoryCluster(MemorySettings(meta_ttl_s=100.0))
    broker = cluster.make_broker()
    await broker.start("node", Recorder())
    stored = await broker.log.publish("a", b"x", Retention(10, 10_000.0))
    for _ in range(10):
        await cluster.elapse(500)
        await broker.log.tops(["b"])

    assert [stored.position] == await broker.log.tops(["a"])


async def test_channels_without_a_publication_go_soon_however_fast_they_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Invented names take the room of some minutes, at whatever rate; one that is asked for stays."""
    monkeypatch.setattr(world, "CHANNELS_PER_SWEEP", 5)
    cluster = MemoryCluster(MemorySettings())
    broker = cluster.make_broker()
    await broker.start("node", Recorder())
    (asked,) = await broker.log.tops(["asked for"])
    most = 0
    for second in range(900):
        await broker.log.tops([f"{second}.{number}" for number in range(50)])
        await cluster.elapse(1)
        if second % 10 == 0:
            assert await broker.log.tops(["asked for"]) == [asked]
        most = max(most, cluster.world.size[0])

    # They live 300 seconds, are looked at within 100, and the last ones have just come.
    assert most <= 50 * (300 + 100 + 60)
