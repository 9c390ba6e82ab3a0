"""The subscription connection: one for everything, and the last wish wins."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import SystemClock
from hubbub.errors import BrokerUnavailable
from hubbub.model import Retention
from tests.brokers.redis.healer import until
from tests.contracts.broker_stage import Recorder
from tests.servers import RedisServer

KEEP = Retention(100, 300.0)


class Started:
    """A broker and what it delivered."""

    def __init__(self, settings: RedisSettings) -> None:
        self.broker = RedisBroker(settings, SystemClock())
        self.seen = Recorder()


@pytest.fixture
async def node(settings: RedisSettings) -> AsyncIterator[Started]:
    node = Started(replace(settings, command_timeout_s=60.0))
    await node.broker.start("node", node.seen)
    yield node
    await node.broker.close()


def clients(server: RedisServer) -> list[str]:
    """Return the names of Hubbub's connections."""
    words = server.cli("CLIENT", "LIST").split()
    return sorted(word.removeprefix("name=") for word in words if word.startswith("name=hubbub"))


def subscribed(server: RedisServer, channel: str) -> bool:
    return server.cli("PUBSUB", "NUMSUB", f"hubbub:{{0}}:c0:{channel}").split()[-1] == "1"


async def test_ten_thousand_channels_are_one_connection(node: Started, server: RedisServer) -> None:
    names = [f"room:{number}" for number in range(10_000)]
    for at in range(10):
        await node.broker.feed.subscribe(names[at::10])
    for name in (names[0], names[5_000], names[9_999]):
        await node.broker.log.publish(name, b"x", KEEP)
        await node.seen.until_payload(name, b"x")

    assert clients(server) == ["hubbub:node:commands", "hubbub:node:feed"]
    assert len(server.cli("PUBSUB", "CHANNELS").splitlines()) == 10_001
    node.broker.feed.unsubscribe(names)
    await until(lambda: len(server.cli("PUBSUB", "CHANNELS").splitlines()) == 1)


@pytest.mark.parametrize("ends_subscribed", [True, False])
async def test_churn_ends_in_the_last_wish(
    node: Started, server: RedisServer, ends_subscribed: bool
) -> None:
    """A thousand changes of mind on one name, some waited for and some not, with others in between."""
    chance = random.Random(7)
    tasks = []
    for _ in range(1_000):
        if chance.random() < 0.5:
            tasks.append(asyncio.create_task(node.broker.feed.subscribe(["room"])))
        else:
            node.broker.feed.unsubscribe(["room"])
        if chance.random() < 0.3:
            await asyncio.sleep(0)
        if chance.random() < 0.01:
            await asyncio.gather(*tasks)
    await asyncio.gather(*tasks)
    if ends_subscribed:
        await node.broker.feed.subscribe(["room"])
        assert subscribed(server, "room")
    else:
        node.broker.feed.unsubscribe(["room"])
        await until(lambda: not subscribed(server, "room"))
    before = len(node.seen.payloads("room"))
    await node.broker.log.publish("room", b"x", KEEP)
    await node.broker.feed.subscribe(["marker"])
    await node.broker.log.publish("marker", b"x", KEEP)
    await node.seen.until_payload("marker", b"x")

    assert len(node.seen.payloads("room")) - before == int(ends_subscribed)


async def test_churn_survives_a_reconnect(node: Started, server: RedisServer) -> None:
    """Wishes made while the connection is away hold when it is back; all are confirmed then."""
    await node.broker.feed.subscribe([f"old:{number}" for number in range(600)])
    server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    node.broker.feed.unsubscribe(["old:0", "old:1"])
    waiting = asyncio.create_task(node.broker.feed.subscribe(["new", "old:1"]))
    await waiting
    await until(lambda: node.seen.restored == 1)

    assert subscribed(server, "new")
    assert subscribed(server, "old:1")
    assert subscribed(server, "old:599")
    assert not subscribed(server, "old:0")


async def test_the_news_of_a_return_comes_when_everything_is_confirmed(
    node: Started, server: RedisServer
) -> None:
    names = [f"room:{number}" for number in range(3_000)]
    await node.broker.feed.subscribe(names)
    counts: list[int] = []

    def count() -> None:
        node.seen.restored += 1
        counts.append(len(server.cli("PUBSUB", "CHANNELS").splitlines()))

    node.seen.on_restored = count  # type: ignore[method-assign]
    server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    await until(lambda: node.seen.restored == 1)

    assert counts == [3_001]
    assert node.broker.health().ok


async def test_a_subscription_that_is_not_confirmed_in_time_is_withdrawn(
    settings: RedisSettings, server: RedisServer
) -> None:
    node = Started(replace(settings, command_timeout_s=0.5))
    await node.broker.start("hasty", node.seen)
    server.pause()
    patient = asyncio.create_task(node.broker.feed.subscribe(["shared", "mine"]))
    with pytest.raises(BrokerUnavailable):
        await node.broker.feed.subscribe(["shared", "theirs"])
    with pytest.raises(BrokerUnavailable):
        await patient
    server.resume()

    await until(lambda: server.cli("PING") == "PONG")
    await until(lambda: not any(subscribed(server, n) for n in ("shared", "mine", "theirs")))
    await node.broker.feed.subscribe(["later"])
    assert subscribed(server, "later")
    await node.broker.close()


async def test_foreign_messages_on_our_channels_are_skipped(
    node: Started, server: RedisServer
) -> None:
    await node.broker.feed.subscribe(["room"])
    server.cli("PUBLISH", "hubbub:{0}:c0:room", "hello from elsewhere")
    server.cli("PUBLISH", "hubbub:{0}:c0:!probe.node", "hello from elsewhere")
    await node.broker.log.publish("room", b"ours", KEEP)
    await node.seen.until_payload("room", b"ours")

    assert node.seen.payloads("room") == [b"ours"]
    assert node.seen.restored == 0


async def test_an_unstarted_feed_says_so(settings: RedisSettings) -> None:
    broker = RedisBroker(settings, SystemClock())
    with pytest.raises(BrokerUnavailable, match="not started"):
        await broker.feed.subscribe(["room"])
