"""What became of publications whose answer was lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from hubbub.brokers.contract import Stored
from hubbub.brokers.redis import lua
from hubbub.brokers.redis.address import parse_address
from hubbub.brokers.redis.claims import settle
from hubbub.brokers.redis.command import Again, Claim, Command
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.link import Link, ask, connect
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import SystemClock
from hubbub.errors import BrokerUnavailable
from hubbub.model import Position, Retention
from tests.contracts.broker_stage import Recorder
from tests.servers import RedisServer

META, STREAM = b"hubbub:{0}:m:room", b"hubbub:{0}:s:room"


@pytest.fixture
async def broker(settings: RedisSettings) -> AsyncIterator[RedisBroker]:
    broker = RedisBroker(settings, SystemClock())
    await broker.start("node", Recorder())
    yield broker
    await broker.close()


@pytest.fixture
async def link(broker: RedisBroker, server: RedisServer) -> AsyncIterator[Link]:
    link = await connect(parse_address(server.url))
    await ask(link, [("SCRIPT", "LOAD", script.source) for script in lua.ALL])
    yield link
    link.abort("done")


async def server_ms(link: Link) -> int:
    (reply,) = await ask(link, [("TIME",)])
    seconds, micros = cast(list[bytes], reply)
    return int(seconds) * 1000 + int(micros) // 1000


def place(reply: list[Any]) -> Position:
    return Position(reply[0].decode(), reply[1], reply[2])


def lost(tag: int, since_ms: int) -> Command[Position]:
    """Return a publish that was written and not answered."""
    future: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
    command = Command(b"", place, Claim(META, STREAM, tag), 10, 0.0, future)
    command.since_ms = since_ms
    return command


async def publish(broker: RedisBroker, count: int, size: int) -> list[Stored]:
    futures = [broker.log.publish("room", b"x", Retention(size, 300.0)) for _ in range(count)]
    return list(await asyncio.gather(*futures))


@pytest.mark.parametrize("size", [0, 1, 50, 128, 1000])
async def test_the_executed_get_their_place_and_the_others_stay(
    broker: RedisBroker, link: Link, size: int
) -> None:
    before = await publish(broker, 3, size)
    since_ms = await server_ms(link)
    stored = await publish(broker, 40, size)
    executed = [lost(one.position.tag, since_ms) for one in stored]
    unexecuted = [lost(tag, since_ms) for tag in (1, 2, 3)]
    unwritten = lost(4, since_ms)
    unwritten.since_ms = None
    queue = deque[Command[Any]]([*executed, *unexecuted, unwritten])

    assert await settle(link, queue) == 40 * 10
    assert list(queue) == [*unexecuted, unwritten]
    assert [command.future.result() for command in executed] == [one.position for one in stored]
    assert [command.since_ms for command in unexecuted] == [None, None, None]
    assert not any(command.future.done() for command in queue)
    assert before[0].position.tag not in [one.position.tag for one in stored]


async def test_nothing_was_executed_in_a_channel_that_does_not_exist(link: Link) -> None:
    command = lost(7, await server_ms(link))
    queue = deque[Command[Any]]([command])

    assert await settle(link, queue) == 0
    assert list(queue) == [command]


@pytest.mark.parametrize("size", [0, 100])
async def test_what_cannot_be_known_fails(broker: RedisBroker, link: Link, size: int) -> None:
    """More was published since than the roll remembers: an honest refusal, not a second message."""
    since_ms = await server_ms(link)
    first = (await publish(broker, 1, size))[0]
    await publish(broker, 200, size)
    executed, unexecuted = lost(first.position.tag, since_ms), lost(7, since_ms)
    queue = deque[Command[Any]]([executed, unexecuted])

    assert await settle(link, queue) == 20
    assert not queue
    for command in (executed, unexecuted):
        with pytest.raises(BrokerUnavailable, match="cannot tell whether this message was stored"):
            await command.future


async def test_a_removed_history_is_not_taken_for_an_empty_one(
    broker: RedisBroker, link: Link
) -> None:
    since_ms = await server_ms(link)
    await publish(broker, 5, 1000)
    await broker.log.remove_history("room")
    command = lost(7, since_ms)
    await settle(link, deque[Command[Any]]([command]))

    with pytest.raises(BrokerUnavailable, match="history removed"):
        await command.future


async def test_much_history_from_before_proves_the_absence(broker: RedisBroker, link: Link) -> None:
    """Entries older than the loss end the search, however much history there is."""
    await publish(broker, 2000, 5000)
    await asyncio.sleep(0.01)
    command = lost(7, await server_ms(link))
    queue = deque[Command[Any]]([command])

    assert await settle(link, queue) == 0
    assert list(queue) == [command]


async def test_changing_the_history_size_confuses_nothing(broker: RedisBroker, link: Link) -> None:
    since_ms = await server_ms(link)
    stored = []
    for size in (0, 10, 1000, 0, 1000, 1000, 50):
        stored += await publish(broker, 3, size)
    newest = [lost(one.position.tag, since_ms) for one in stored[-3:]]
    queue = deque[Command[Any]](newest)
    await settle(link, queue)

    assert [command.future.result() for command in newest] == [one.position for one in stored[-3:]]


async def test_a_channel_that_refuses_fails_alone(
    broker: RedisBroker, link: Link, server: RedisServer
) -> None:
    since_ms = await server_ms(link)
    server.cli("SET", META.decode(), "foreign")
    command = lost(7, since_ms)
    future: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
    other = Command(b"", place, Claim(META + b"2", STREAM + b"2", 8), 10, 0.0, future)
    other.since_ms = since_ms
    same = Command(b"", place, Again.SAME, 10, 0.0, future)
    same.since_ms = since_ms
    queue = deque[Command[Any]]([command, other, same])
    await settle(link, queue)

    assert list(queue) == [other, same]
    with pytest.raises(BrokerUnavailable, match="holds something"):
        await command.future


async def test_a_cancelled_publish_is_settled_too(broker: RedisBroker, link: Link) -> None:
    since_ms = await server_ms(link)
    (stored,) = await publish(broker, 1, 1000)
    command = lost(stored.position.tag, since_ms)
    command.future.cancel()
    queue = deque[Command[Any]]([command])

    assert await settle(link, queue) == 10
    assert not queue
