"""A stream and its room on a real Redis: what other programs write, what clients say, and the place in it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from hubbub.brokers.memory import MemorySettings, World
from hubbub.errors import BrokerUnavailable, Refused
from hubbub.hub.permissions.namespaces import Namespace, Namespaces
from hubbub.model import ClientInfo, Kind
from hubbub.sources.redis_stream import RedisStream, StreamSettings
from tests.fakes.clock import JumpingClock
from tests.hub.stage import Stage
from tests.servers import RedisServer
from tests.sources.stage import (
    ROOM,
    STREAM,
    client,
    history,
    keeps,
    listen,
    node,
    until,
    xadd,
)


async def test_what_any_program_adds_becomes_a_publication(redis: RedisServer) -> None:
    async with node(redis) as app:
        ann = await listen(app, ROOM)
        redis.cli(
            "XADD", STREAM, "*", "sender", "bob", "message", "hello", "timestamp", "1700000000"
        )
        await until(lambda: ann.data)
        [said] = await history(app)

    assert ann.seen() == ["hello"]
    assert (said.sender, said.kind) == (ClientInfo("bob", ""), Kind.TEXT)
    assert said.tags is not None
    assert said.tags["stream_id"].endswith("-0")


async def test_foreign_fields_and_bytes(redis: RedisServer) -> None:
    async with node(redis, stream={"payload_limit": 1000}) as app:
        with client(redis) as other:
            other.xadd(STREAM, {"text": "no message in here"})
            other.xadd(STREAM, {"message": b"\xff\x00\xfe"})
            other.xadd(STREAM, {"message": "x" * 1001, "sender": "too large"})
            other.xadd(STREAM, {b"\xff": b"\xff", "message": '{"title": "ok"}', "sender": b"\xff"})
            other.xadd(STREAM, {"message": ""})
            other.xadd(STREAM, {"message": "last", "sender": ""})

        async def arrived() -> bool:
            return len(await history(app)) == 4

        await until(arrived)
        said = [(one.data, one.kind, one.sender) for one in await history(app)]

    assert said == [
        (b"\xff\x00\xfe", Kind.BINARY, None),
        (b'{"title": "ok"}', Kind.JSON, ClientInfo("\ufffd", "")),
        (b"", Kind.TEXT, None),
        (b"last", Kind.TEXT, None),
    ]


async def test_what_a_client_says_is_a_plain_entry_and_comes_back_by_it(redis: RedisServer) -> None:
    async with node(redis) as app:
        ann = await listen(app, ROOM)
        await app.hub.publish(ROOM, b"hello", Kind.TEXT, sender=ClientInfo("zhang", "s1"))
        await app.hub.publish(ROOM, b'"from an SDK"', Kind.JSON)
        await until(lambda: ann.data.count(b"\n") == 2)
        with client(redis) as other:
            entries = [fields for _, fields in other.xrange(STREAM)]
        [first, second] = await history(app)

    assert [list(fields) for fields in entries] == [[b"sender", b"message", b"timestamp"]] * 2
    assert (entries[0][b"sender"], entries[0][b"message"]) == (b"zhang", b"hello")
    assert 1.7e12 < int(entries[0][b"timestamp"]) < 1e13
    assert (entries[1][b"sender"], entries[1][b"message"]) == (b"", b"from an SDK")
    assert (first.sender, second.sender) == (ClientInfo("zhang", ""), None)
    assert ann.seen() == ["hello", "from an SDK"]


@pytest.mark.parametrize(("maxlen", "most"), [(100, 250), (0, 2000)])
async def test_the_stream_is_trimmed(redis: RedisServer, maxlen: int, most: int) -> None:
    async with node(redis, stream={"maxlen": maxlen}) as app:
        await asyncio.gather(*(app.hub.publish(ROOM, b"x", Kind.TEXT) for _ in range(2000)))
        length = int(redis.cli("XLEN", STREAM))

    assert (min(maxlen, 1) * 100 <= length <= most) if maxlen else length == most


async def test_only_the_streams_own_channel_can_be_spoken_in(redis: RedisServer) -> None:
    async with node(redis) as app:
        with pytest.raises(Refused, match="'stream:chat'"):
            app.hub.publish("stream:other", b"hello", Kind.TEXT)


# ── where reading begins and goes on ────────────────────────────────────────────────────────────


async def test_a_channel_that_knows_nothing_reads_what_the_stream_has(redis: RedisServer) -> None:
    said = [f"m{number}" for number in range(450)]
    xadd(redis, said)
    async with node(redis) as app:
        await keeps(app, *said)


async def test_what_is_older_than_the_history_is_left_out(redis: RedisServer) -> None:
    with client(redis) as other:
        other.xadd(STREAM, {"message": "of 1970"}, id="1-1")
    async with node(redis) as app:
        with client(redis) as other:
            other.xadd(STREAM, {"message": "new, although its id is old"}, id="2-1")
        await keeps(app, "new, although its id is old")


async def test_a_channel_without_history_is_for_what_is_said_from_now_on(
    redis: RedisServer,
) -> None:
    xadd(redis, ["before"])
    namespaces = {"stream": {"source": "stream", "history_size": 0}, "chat": {"source": "push"}}
    async with node(redis, namespaces=namespaces) as app:
        ann = await listen(app, ROOM)
        xadd(redis, ["after"])
        await until(lambda: ann.data)

    assert ann.seen() == ["after"]


async def test_a_node_that_comes_back_goes_on_where_the_channel_is(
    redis: RedisServer, own_redis: RedisServer
) -> None:
    async with node(redis, broker=own_redis.url) as app:
        xadd(redis, ["one", "two"])
        await keeps(app, "one", "two")
    xadd(redis, ["three"])
    async with node(redis, broker=own_redis.url) as app:
        await keeps(app, "one", "two", "three")
        xadd(redis, ["four"])
        await keeps(app, "one", "two", "three", "four")
        offsets = [one.offset for one in await history(app)]

    assert offsets == [1, 2, 3, 4]


# ── several nodes ───────────────────────────────────────────────────────────────────────────────


async def test_two_nodes_bring_each_entry_once_in_the_streams_order(redis: RedisServer) -> None:
    said = [f"m{number}" for number in range(2000)]
    untrimmed = {"maxlen": 0}
    async with (
        node(redis, broker=redis.url, stream=untrimmed) as one,
        node(redis, broker=redis.url, stream=untrimmed) as other,
    ):
        ann, bob = await listen(one, ROOM), await listen(other, ROOM, "bob")
        for start in range(0, 2000, 100):
            xadd(redis, said[start : start + 100])
            with suppress(BrokerUnavailable):  # killed on the way; the stream tells
                await one.hub.publish(ROOM, f"client {start}".encode(), Kind.TEXT)
            if start % 500 == 400:
                # Readers, writers and the broker's command connections of both nodes.
                redis.cli("CLIENT", "KILL", "TYPE", "normal")
        with client(redis) as reader:
            order = [fields[b"message"].decode() for _, fields in reader.xrange(STREAM)]
        await until(lambda: min(ann.data.count(b"\n"), bob.data.count(b"\n")) >= len(order))

        assert ann.seen() == order
        assert bob.seen() == order
        assert [one for one in order if one.startswith("m")] == said


async def test_a_node_that_was_stuck_does_not_repeat_what_others_brought(
    redis: RedisServer,
) -> None:
    clock = JumpingClock()
    world = World(MemorySettings(), clock)
    namespaces = Namespaces(Namespace(source="stream"))
    stages = [Stage(namespaces, world=world, clock=clock) for _ in range(2)]
    settings = StreamSettings(redis.url, STREAM, ROOM)
    sources = [RedisStream(settings, stage.hub, clock) for stage in stages]
    for number, (stage, source) in enumerate(zip(stages, sources, strict=True)):
        stage.hub.outlets["stream"] = source
        await stage.broker.start(f"n{number}", stage.hub)
        await source.start()
    well, stuck = stages
    stuck.broker.moody.away = True

    said = [f"m{number}" for number in range(10)]
    xadd(redis, said)

    async def brought() -> bool:
        return len((await well.hub.history(ROOM, 100, None, reverse=False)).publications) >= 10

    await until(brought)
    clock.jump(3600.0)  # all keys are forgotten
    stuck.broker.moody.away = False
    xadd(redis, ["last"])
    await until(lambda: all(source._cursor == sources[0]._cursor for source in sources))

    async def complete() -> bool:
        page = await well.hub.history(ROOM, 100, None, reverse=False)
        return page.publications[-1].data == b"last"

    await until(complete)
    page = await well.hub.history(ROOM, 100, None, reverse=False)
    for stage, source in zip(stages, sources, strict=True):
        await source.close()
        await stage.hub.close()
        await stage.broker.close()

    assert [one.data.decode() for one in page.publications] == [*said, "last"]
