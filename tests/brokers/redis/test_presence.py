"""What is this engine's own about presence: bounded reaping, lives of one name, and the layout."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from hubbub.brokers.contract import Ghost
from hubbub.brokers.redis import lua
from hubbub.brokers.redis.address import parse_address
from hubbub.brokers.redis.engine import RedisBroker
from hubbub.brokers.redis.link import ask, connect
from hubbub.brokers.redis.settings import Bounds, RedisSettings
from hubbub.clock import SystemClock
from tests.contracts.broker_stage import Recorder
from tests.servers import RedisServer


class Cluster:
    """Start nodes, and let them die without a word."""

    def __init__(self, settings: RedisSettings) -> None:
        self.settings = settings
        self.started: list[RedisBroker] = []

    async def start(self, name: str) -> RedisBroker:
        broker = RedisBroker(self.settings, SystemClock())
        await broker.start(name, Recorder())
        self.started.append(broker)
        return broker

    def die(self, server: RedisServer, name: str) -> None:
        """Take a node's lease away, as its end would in time."""
        for key in server.cli("KEYS", f"hubbub:{{0}}:lease:{name}.*").split():
            server.cli("DEL", key)


@pytest.fixture
async def cluster(settings: RedisSettings) -> AsyncIterator[Cluster]:
    cluster = Cluster(replace(settings, bounds=Bounds(reap_entries=10)))
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
        *("EVALSHA", lua.REAP.digest, 2, f"{root}nodes", f"{root}reaped:token"),
        *(f"{root}lease:", f"{root}entries:", f"{root}p:", 10, 60_000),
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
