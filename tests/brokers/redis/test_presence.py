"""What is this engine's own about presence: bounded reaping, lives of one name, and the layout."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from hubbub.brokers.contract import Ghost
from hubbub.brokers.redis import lua
from hubbub.brokers.redis.address import parse_address
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.link import ask, connect
from hubbub.brokers.redis.settings import Bounds, RedisSettings
from hubbub.clock import Clock, SystemClock
from hubbub.errors import BrokerUnavailable
from tests.contracts.broker_stage import Recorder
from tests.fakes.clock import JumpingClock
from tests.servers import RedisServer


class Cluster:
    """Start nodes, and let them die without a word."""

    def __init__(self, settings: RedisSettings) -> None:
        self.settings = settings
        self.clock: Clock = SystemClock()
        self.started: list[RedisBroker] = []

    async def start(self, name: str) -> RedisBroker:
        broker = RedisBroker(self.settings, self.clock)
        await broker.start(name, Recorder())
        self.started.append(broker)
        return broker

    def die(self, server: RedisServer, name: str) -> None:
        """Take a node's lease away, as its end would in time."""
        for key in server.cli("KEYS", f"hubbub:{{0}}:lease:{name}.*").split():
            server.cli("DEL", key)


@pytest.fixture
async def cluster(settings: RedisSettings) -> AsyncIterator[Cluster]:
    cluster = Cluster(replace(settings, bounds=Bounds(presence_at_once=10)))
    yield cluster
    for broker in cluster.started:
        await broker.close()


async def test_many_ghosts_are_reaped_in_bounded_steps(
    cluster: Cluster, server: RedisServer
) -> None:
    dying, one, two = [await cluster.start(name) for name in ("dying", "one", "two")]
    expected = {Ghost(f"room:{n}", f"s{n % 7}", b"%d" % n) for n in range(95)}
    for ghost in expected:
        await dying.presence.enter(ghost.channel, ghost.session, ghost.member)
    cluster.die(server, "dying")
    shares = await asyncio.gather(one.presence.reap(), two.presence.reap(), one.presence.reap())

    ghosts = [ghost for share in shares for ghost in share]
    assert len(ghosts) == 95
    assert set(ghosts) == expected
    assert server.cli("KEYS", "hubbub:{0}:p:*") == ""
    assert server.cli("KEYS", "hubbub:{0}:entries:*") == ""
    assert "dying" not in server.cli("SMEMBERS", "hubbub:{0}:nodes")


async def test_a_node_that_starts_again_is_another_one(
    cluster: Cluster, server: RedisServer
) -> None:
    """What a crashed process of the same name left behind is a ghost, not kept alive by its heir."""
    first = await cluster.start("node")
    await first.presence.enter("room", "s1", b"ann")
    cluster.die(server, "node")
    second = await cluster.start("node")

    assert await second.presence.members("room") == {}
    assert list(await second.presence.reap()) == [Ghost("room", "s1", b"ann")]


async def test_a_repeated_reap_gives_the_same_ghosts(cluster: Cluster, server: RedisServer) -> None:
    """When the answer was lost, the repetition has it; a ghost that nobody heard of stays nobody's."""
    dying = await cluster.start("dying")
    await dying.presence.enter("room", "s1", b"\x00\xff")
    cluster.die(server, "dying")
    link = await connect(parse_address(server.url))
    root = "hubbub:{0}:"
    command = (
        *("EVALSHA", lua.REAP.digest, 3, f"{root}nodes", f"{root}told:token", f"{root}occupied"),
        *(f"{root}lease:", f"{root}entries:", f"{root}p:", 10, 60_000, "", 0),
    )
    first, again = await ask(link, [command, command])
    link.abort("done")

    assert first == [0, [b"room", b"s1", b"\x00\xff"]]
    assert again == first


async def test_odd_names_are_taken_apart_again(cluster: Cluster, server: RedisServer) -> None:
    dying, other = await cluster.start("dy/ing:1"), await cluster.start("other")
    names = ["a:b", "3:x", "", "房间", "a\nb", "a/b"]
    for channel in names:
        for session in ("s/1", "2:y", "会话"):
            await dying.presence.enter(channel, session, channel.encode())
    members = [await other.presence.members(channel) for channel in names]
    cluster.die(server, "dy-ing:1")
    ghosts = await other.presence.reap()

    assert all(set(each) == {"s/1", "2:y", "会话"} for each in members)
    assert len(ghosts) == 18
    assert {ghost.channel for ghost in ghosts} == set(names)
    assert all(ghost.member == ghost.channel.encode() for ghost in ghosts)


async def test_an_entry_written_again_after_reaping_is_no_ghost(
    cluster: Cluster, server: RedisServer
) -> None:
    node, other = await cluster.start("node"), await cluster.start("other")
    await node.presence.enter("room", "s1", b"ann")
    cluster.die(server, "node")
    assert len(await other.presence.reap()) == 1
    await node.presence.renew()
    await node.presence.enter("room", "s1", b"ann")

    assert await other.presence.members("room") == {"s1": b"ann"}
    assert list(await other.presence.reap()) == []


async def test_vacated_channels_come_in_bounded_steps(
    cluster: Cluster, server: RedisServer
) -> None:
    dying, one = await cluster.start("dying"), await cluster.start("one")
    rooms = {f"room:{n}" for n in range(35)}
    for room in rooms:
        await dying.presence.enter(room, "s1", b"ann", watched=True)
    cluster.die(server, "dying")
    await one.presence.reap()
    vacated = await one.presence.vacate(0.0)

    assert {change.channel for change in vacated} == rooms
    numbers = [change.number for change in vacated]
    assert numbers == sorted(set(numbers))
    assert server.cli("EXISTS", "hubbub:{0}:occupied") == "0"


async def test_a_change_whose_answer_was_lost_is_told_to_the_repetition(
    cluster: Cluster, server: RedisServer
) -> None:
    await cluster.start("node")
    link = await connect(parse_address(server.url))
    root = "hubbub:{0}:"
    occupied, last = f"{root}occupied", f"{root}occupied:last"
    enter = (
        *("EVALSHA", lua.ENTER.digest, 6, f"{root}p:room", f"{root}entries:n", f"{root}nodes"),
        *(occupied, last, f"{root}told:a", "s1", "n/ann", "4:rooms1", "n", "room", 60_000),
    )
    vacate = (
        *("EVALSHA", lua.VACATE.digest, 3, occupied, last, f"{root}told:b"),
        *(0, f"{root}p:", 10, 60_000, "", 0),
    )
    first, again = await ask(link, [enter, enter])
    server.cli("HDEL", "hubbub:{0}:p:room", "s1")
    server.cli("ZADD", "hubbub:{0}:occupied", "1", "room")
    vacated, vacated_again = await ask(link, [vacate, vacate])
    link.abort("done")

    assert isinstance(first, int)
    assert again == first
    assert vacated_again == vacated
    assert isinstance(vacated, list)
    more, (channel, number) = vacated
    assert (more, channel) == (0, b"room")
    assert number > first


async def test_what_was_lost_with_all_data_is_told_rather_twice_than_never(
    cluster: Cluster, server: RedisServer
) -> None:
    node = await cluster.start("node")
    first = await node.presence.enter("room", "s1", b"ann", watched=True)
    server.cli("FLUSHALL")
    again = await node.presence.enter("room", "s1", b"ann", watched=True)
    server.cli("FLUSHALL")
    await node.presence.leave("room", "s1", watched=True)
    (vacated,) = await node.presence.vacate(0.0)

    assert first is not None
    assert again is not None
    assert first.number < again.number < vacated.number
    assert not vacated.occupied


async def test_who_does_not_watch_keeps_a_channel_occupied_too(cluster: Cluster) -> None:
    """Two nodes may be configured differently for a while."""
    one, two = await cluster.start("one"), await cluster.start("two")
    await one.presence.enter("room", "s1", b"ann", watched=True)
    await one.presence.leave("room", "s1", watched=True)
    await two.presence.enter("room", "s2", b"bob")
    assert list(await one.presence.vacate(0.0)) == []
    await two.presence.leave("room", "s2")
    assert len(await one.presence.vacate(0.0)) == 1


async def test_a_change_that_nobody_waited_for_any_more_is_told_to_the_next_try(
    cluster: Cluster, server: RedisServer
) -> None:
    """Redis was so slow that the node gave up, but it did what it was asked."""
    cluster.clock = clock = JumpingClock()
    node = await cluster.start("node")

    async def given_up(asked: Coroutine[Any, Any, object]) -> None:
        server.pause()
        waiting = asyncio.create_task(asked)
        await asyncio.sleep(0)
        clock.jump(cluster.settings.command_timeout_s)
        with pytest.raises(BrokerUnavailable):
            await waiting
        server.resume()

    await given_up(node.presence.enter("room", "s1", b"ann", watched=True))
    again = await node.presence.enter("room", "s1", b"ann", watched=True)
    await node.presence.leave("room", "s1", watched=True)
    await given_up(node.presence.vacate(0.0))
    vacated = await node.presence.vacate(0.0)

    assert again is not None
    assert [change.channel for change in vacated] == ["room"]
    assert again.number < vacated[0].number
