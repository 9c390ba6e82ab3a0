"""A subscription connection by itself, on names that any program may publish to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from hubbub.brokers.redis.address import parse_address
from hubbub.brokers.redis.settings import Bounds, RedisSettings
from hubbub.brokers.redis.subscription import Subscription
from hubbub.errors import BrokerUnavailable
from tests.brokers.redis.healer import until
from tests.servers import RedisServer


class Ear:
    """Keep what was heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, bytes]] = []
        self.restored = 0

    def on_message(self, name: bytes, data: bytes) -> None:
        self.heard.append((name, data))

    def on_restored(self) -> None:
        self.restored += 1


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def subscription(settings: RedisSettings, ear: Ear) -> AsyncIterator[Subscription]:
    small = replace(settings, command_timeout_s=60.0, bounds=Bounds(subscribe_names=3))
    subscription = Subscription(parse_address(settings.url), small)
    await subscription.open("test:subscription", ear)
    yield subscription
    await subscription.close()


async def test_names_are_heard_until_they_are_released(
    subscription: Subscription, ear: Ear, server: RedisServer
) -> None:
    await subscription.subscribe([b"a", b"b\x00\xff"])
    assert subscription.take_heard()
    assert not subscription.take_heard()
    server.cli("PUBLISH", "a", "1")
    server.cli("PUBLISH", "c", "2")
    await until(lambda: bool(ear.heard))
    subscription.release(b"a")
    await until(lambda: server.cli("PUBSUB", "NUMSUB", "a").split()[-1] == "0")
    server.cli("PUBLISH", "a", "3")
    await subscription.subscribe([b"marker"])

    assert ear.heard == [(b"a", b"1")]
    assert (subscription.wants(b"a"), subscription.wants(b"b\x00\xff")) == (False, True)


async def test_many_names_go_in_batches_and_are_heard_again_after_a_loss(
    subscription: Subscription, ear: Ear, server: RedisServer
) -> None:
    names = [b"%d" % number for number in range(10)]
    await asyncio.gather(subscription.subscribe(names[:7]), subscription.subscribe(names[4:]))
    calls = server.cli("INFO", "commandstats")
    server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    await until(lambda: ear.restored == 1)

    assert "cmdstat_subscribe:calls=" in calls
    assert subscription.standing
    assert all(server.cli("PUBLISH", name.decode(), "x") == "1" for name in names)
    await until(lambda: len(ear.heard) == 10)


async def test_a_wish_that_is_taken_back_ends_the_wait(subscription: Subscription) -> None:
    waiting = asyncio.create_task(subscription.subscribe([b"a"]))
    await asyncio.sleep(0)
    subscription.release(b"a")
    await waiting

    assert not subscription.wants(b"a")


async def test_no_confirmation_in_time_is_refused(
    settings: RedisSettings, ear: Ear, server: RedisServer
) -> None:
    hasty = replace(settings, command_timeout_s=0.3)
    subscription = Subscription(parse_address(settings.url), hasty)
    await subscription.open("test:hasty", ear)
    server.pause()
    with pytest.raises(BrokerUnavailable, match="did not confirm"):
        await subscription.subscribe([b"a"])
    server.resume()

    assert not subscription.wants(b"a")
    await until(lambda: server.cli("PUBSUB", "NUMSUB", "a").split()[-1] == "0")
    await subscription.close()


async def test_reasons(subscription: Subscription, settings: RedisSettings) -> None:
    unopened = Subscription(parse_address(settings.url), settings)
    with pytest.raises(BrokerUnavailable, match="not started"):
        await unopened.subscribe([b"a"])
    await until(lambda: subscription.standing)
    assert subscription.reason == ""
    await subscription.close()

    assert "closed" in subscription.reason
