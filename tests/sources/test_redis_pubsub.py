"""Plain Pub/Sub on a real Redis: who hears what, what it costs, and what happens when it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from hubbub.app import Hubbub
from hubbub.clock import SystemClock
from hubbub.errors import BrokerUnavailable
from hubbub.hub.permissions.namespaces import Namespace, Namespaces
from hubbub.model import ClientInfo, Kind
from hubbub.sources.redis_pubsub import PubsubSettings, RedisPubsub
from tests.e2e.road import Road
from tests.fakes.clock import JumpingClock
from tests.hub.stage import Listener, Stage
from tests.servers import RedisServer
from tests.sources.stage import client, connections, listen, node, until


def heard_by(redis: RedisServer, *channels: str) -> list[int]:
    """Return how many connections listen to each Redis channel."""
    with client(redis) as other:
        return [count for _, count in other.pubsub_numsub(*channels)]


def leave(app: Hubbub, listener: Listener, channel: str) -> None:
    """Follow a channel no longer; the linger time is over at once."""
    app.hub.detach(listener.info, channel, listener.wish(channel).encoding)
    app.hub.tick()


async def test_a_message_reaches_those_who_follow_its_channel_and_no_others(
    redis: RedisServer,
) -> None:
    async with node(redis) as one, node(redis) as other:
        ann, bob = await listen(one, "chat:zhang"), await listen(other, "chat:zhang", "bob")
        eve = await listen(one, "chat:li", "eve")
        assert redis.cli("PUBLISH", "chat:zhang", "hello") == "2"
        assert redis.cli("PUBLISH", "chat:nobody", "hello") == "0"
        redis.cli("PUBLISH", "chat:zhang", "again")
        redis.cli("PUBLISH", "chat:li", "for li")
        await until(lambda: ann.data.count(b"\n") == bob.data.count(b"\n") == 2 and eve.data)

    assert ann.seen() == bob.seen() == ["hello", "again"]
    assert eve.seen() == ["for li"]


async def test_what_a_client_says_is_published_as_it_is(redis: RedisServer) -> None:
    async with node(redis) as app:
        ann = await listen(app, "chat:zhang")
        with client(redis) as other:
            ears = other.pubsub(ignore_subscribe_messages=True)
            ears.subscribe("chat:zhang")
            assert ears.get_message(timeout=60) is None
            for data, kind in (
                (b"hello", Kind.TEXT),
                (b'"text"', Kind.JSON),
                (b"\xff", Kind.BINARY),
            ):
                await app.hub.publish("chat:zhang", data, kind, sender=ClientInfo("zhang", "s"))
            heard = [ears.get_message(timeout=60) for _ in range(3)]
            ears.close()
        await until(lambda: ann.data.count(b"\n") == 3)

    assert [message["data"] for message in heard if message] == [b"hello", b"text", b"\xff"]
    assert ann.data == b"hello\ntext\n\xff\n"


async def test_a_message_that_is_too_large_is_skipped(redis: RedisServer) -> None:
    async with node(redis, push={"payload_limit": 10}) as app:
        ann = await listen(app, "chat:zhang")
        redis.cli("PUBLISH", "chat:zhang", "x" * 11)
        redis.cli("PUBLISH", "chat:zhang", "x" * 10)
        await until(lambda: ann.data)

    assert ann.seen() == ["x" * 10]


async def test_a_redis_channel_is_heard_while_somebody_follows_it(redis: RedisServer) -> None:
    async with node(redis) as app:
        ann, bob = await listen(app, "chat:zhang"), await listen(app, "chat:zhang", "bob")
        assert heard_by(redis, "chat:zhang") == [1]
        leave(app, ann, "chat:zhang")
        assert heard_by(redis, "chat:zhang") == [1]
        leave(app, bob, "chat:zhang")
        await until(lambda: heard_by(redis, "chat:zhang") == [0])

        ann = await listen(app, "chat:zhang")
        redis.cli("PUBLISH", "chat:zhang", "back")
        await until(lambda: ann.data)


async def test_two_namespaces_may_mean_one_redis_channel(redis: RedisServer) -> None:
    async with node(redis) as app:
        ann, bob = await listen(app, "chat:zhang"), await listen(app, "also:zhang", "bob")
        redis.cli("PUBLISH", "chat:zhang", "both")
        await until(lambda: ann.data and bob.data)
        leave(app, bob, "also:zhang")
        redis.cli("PUBLISH", "chat:zhang", "one")
        await until(lambda: ann.data.count(b"\n") == 2)
        assert heard_by(redis, "chat:zhang") == [1]
        leave(app, ann, "chat:zhang")
        await until(lambda: heard_by(redis, "chat:zhang") == [0])

    assert (ann.seen(), bob.seen()) == (["both", "one"], ["both"])


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        ("chat:zhang", "p/zhang"),
        ("chat:", "p/"),
        ("chat:a:b", "p/a:b"),
        ("lobby", "p/lobby"),
        ("unknown:b", "p/unknown:b"),
        ("chat:张 *?[", "p/张 *?["),
    ],
)
async def test_names(redis: RedisServer, channel: str, name: str) -> None:
    of_source = Namespace(source="push", presence=False)
    stage = Stage(Namespaces(of_source, {"chat": of_source}))
    source = RedisPubsub(PubsubSettings(redis.url, "p/"), stage.hub, SystemClock())
    stage.hub.outlets["push"] = source
    await stage.broker.start("n1", stage.hub)
    await source.start()
    ann = await stage.listen("ann", channel)
    redis.cli("PUBLISH", name, "hello")
    await until(lambda: ann.data)
    await source.close()
    await stage.hub.close()
    await stage.broker.close()


# ── what breaks ─────────────────────────────────────────────────────────────────────────────────


async def test_channels_are_heard_again_after_redis_was_restarted(own_redis: RedisServer) -> None:
    names = [f"chat:{number}" for number in range(700)]
    async with node(own_redis) as app:
        listeners = [await listen(app, name, name) for name in names]
        own_redis.restart()
        await until(lambda: heard_by(own_redis, *names) == [1] * 700)
        for name in ("chat:0", "chat:699"):
            own_redis.cli("PUBLISH", name, f"for {name}")
        await until(lambda: listeners[0].data and listeners[-1].data)

    assert (listeners[0].seen(), listeners[-1].seen()) == (["for chat:0"], ["for chat:699"])
    assert not any(listener.data for listener in listeners[1:-1])


async def test_saying_something_while_redis_is_away_fails_clearly(own_redis: RedisServer) -> None:
    clock = JumpingClock()
    async with node(own_redis, clock=clock) as app:
        own_redis.kill()
        said = app.hub.publish("chat:zhang", b"hello", Kind.TEXT)
        await asyncio.sleep(0)
        assert not said.done()
        clock.jump(60.0)
        with pytest.raises(BrokerUnavailable, match=rf"Redis at .*{own_redis.port}.*"):
            await asyncio.wait_for(said, 60)


@asynccontextmanager
async def source_of(url: str, pulse: PubsubSettings) -> AsyncIterator[Stage]:
    """Run a node whose every channel is a Redis channel of the same name."""
    stage = Stage(Namespaces(Namespace(source="push", presence=False)))
    source = RedisPubsub(replace(pulse, url=url, node="n1"), stage.hub, SystemClock())
    stage.hub.outlets["push"] = source
    await stage.broker.start("n1", stage.hub)
    await source.start()
    try:
        yield stage
    finally:
        await source.close()
        await stage.hub.close()
        await stage.broker.close()


def numbers(redis: RedisServer, part: str = "") -> set[str]:
    """Return the server's numbers of our connections."""
    with client(redis) as other:
        return {one["id"] for one in other.client_list() if f"hubbub:n1:{part}" in one["name"]}


async def test_a_connection_that_is_deaf_is_made_anew(redis: RedisServer) -> None:
    pulse = PubsubSettings("", pulse_s=0.05, patience_s=0.5)
    async with Road(redis.port) as road:
        url = f"redis://127.0.0.1:{road.url.rpartition(':')[2].rstrip('/')}/0"
        async with source_of(url, pulse) as stage:
            ann = await stage.listen("ann", "zhang")
            first = numbers(redis)
            assert len(first) == 2
            road.deaf = True
            await until(lambda: not first & numbers(redis))
            road.deaf = False

            async def heard() -> bool:
                # Where the machine is busy, patience may run out again, and nothing is said twice.
                redis.cli("PUBLISH", "zhang", "hello")
                with suppress(BrokerUnavailable):
                    await stage.hub.publish("zhang", b"said", Kind.TEXT)
                return {b"hello", b"said"} == set(ann.data.split())

            await until(heard)


async def test_a_connection_that_came_back_is_not_taken_for_deaf(own_redis: RedisServer) -> None:
    """What it should hear of itself was said while it was away."""

    def signs() -> int:
        with client(own_redis) as other:
            return int(other.info("commandstats").get("cmdstat_publish", {}).get("calls", 0))

    async def away_while_signs_are_given() -> bool:
        own_redis.cli("CLIENT", "KILL", "TYPE", "pubsub")
        return signs() >= 5

    pulse = PubsubSettings("", pulse_s=0.01, patience_s=60.0)
    async with source_of(own_redis.url, pulse):
        publisher = numbers(own_redis, "pubsub-publisher")
        await until(away_while_signs_are_given)
        so_far = signs()
        await until(lambda: signs() >= so_far + 5)
        assert numbers(own_redis, "pubsub-publisher") == publisher


async def test_a_redis_that_is_not_there_is_told_at_the_start(
    tmp_path: Path, redis: RedisServer
) -> None:
    nobody = RedisServer(tmp_path)
    with pytest.raises(BrokerUnavailable, match=r"source 'push': .*Connection refused"):
        async with node(redis, push={"url": nobody.url}):
            pass
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await until(lambda: not connections(redis))


@pytest.mark.parametrize("away", [False, True])
async def test_nothing_is_left_of_it(own_redis: RedisServer, away: bool) -> None:
    before = asyncio.all_tasks()
    async with node(own_redis) as app:
        await listen(app, "chat:zhang")
        if away:
            own_redis.kill()
            await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    if not away:
        await until(lambda: not connections(own_redis))
