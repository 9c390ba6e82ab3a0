"""What breaks around a stream's room: nothing is lost, doubled or reordered; whoever must know is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hubbub.app import Hubbub
from hubbub.brokers.contract import Stored
from hubbub.brokers.records import Bar
from hubbub.clock import SystemClock
from hubbub.errors import BrokerUnavailable
from hubbub.hub.permissions.namespaces import Namespace, Namespaces
from hubbub.model import Kind, Retention
from hubbub.sources.redis_stream import RedisStream, StreamSettings
from tests.fakes.clock import JumpingClock
from tests.hub.stage import Stage
from tests.servers import RedisServer
from tests.sources.stage import ROOM, STREAM, connections, keeps, node, texts, until, xadd


async def test_a_failure_in_the_middle_reorders_and_loses_nothing(redis: RedisServer) -> None:
    stage = Stage(Namespaces(Namespace(source="stream")))
    source = RedisStream(StreamSettings(redis.url, STREAM, ROOM), stage.hub, SystemClock())
    stage.hub.outlets["stream"] = source
    await stage.broker.start("n1", stage.hub)
    stumbles = {3, 4, 7, 11, 12, 13}
    appended: list[str] = []
    log = stage.broker.moody
    publish = log.publish

    def stumble(
        channel: str, payload: bytes, retention: Retention, key: str, bar: Bar | None
    ) -> asyncio.Future[Stored]:
        number = len(appended)
        appended.append(key)
        log.away = number in stumbles
        try:
            return publish(channel, payload, retention, key)
        finally:
            log.away = False

    log.publish = stumble  # type: ignore[method-assign, assignment]
    said = [f"m{number}" for number in range(20)]
    xadd(redis, said)
    await source.start()

    async def complete() -> bool:
        page = await stage.hub.history(ROOM, 100, None, reverse=False)
        return len(page.publications) >= 20

    await until(complete)
    page = await stage.hub.history(ROOM, 100, None, reverse=False)
    await source.close()
    await stage.hub.close()
    await stage.broker.close()

    assert [one.data.decode() for one in page.publications] == said
    assert len(appended) == 20 + len(stumbles)


async def test_a_connection_that_is_lost_while_the_broker_is_slow_is_noticed_at_once(
    redis: RedisServer,
) -> None:
    stage = Stage(Namespaces(Namespace(source="stream")))
    source = RedisStream(StreamSettings(redis.url, STREAM, ROOM), stage.hub, SystemClock())
    stage.hub.outlets["stream"] = source
    await stage.broker.start("n1", stage.hub)
    log = stage.broker.moody
    publish = log.publish
    slow: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asked: list[str] = []

    async def late(channel: str, payload: bytes, retention: Retention, key: str) -> Stored:
        await slow
        return await publish(channel, payload, retention, key)

    def hesitate(
        channel: str, payload: bytes, retention: Retention, key: str, bar: Bar | None
    ) -> asyncio.Future[Stored]:
        asked.append(key)
        return asyncio.ensure_future(late(channel, payload, retention, key))

    log.publish = hesitate  # type: ignore[method-assign, assignment]
    await source.start()
    xadd(redis, ["one"])
    await until(lambda: asked)
    redis.cli("CLIENT", "KILL", "TYPE", "normal")
    await until(lambda: connections(redis) == ["stream-writer"])  # which has come back already
    slow.set_result(None)
    xadd(redis, ["two"])
    # Whoever asks on a lost connection waits in vain for as long as an answer may take: 10 s.
    await until(lambda: len(asked) == 2, 9.0)
    await source.close()
    await stage.hub.close()
    await stage.broker.close()


async def test_reading_goes_on_after_redis_was_restarted(own_redis: RedisServer) -> None:
    async with node(own_redis) as app:
        xadd(own_redis, ["one", "two"])
        await keeps(app, "one", "two")
        own_redis.save()
        own_redis.restart(empty=False)
        xadd(own_redis, ["three"])
        await keeps(app, "one", "two", "three")
        own_redis.restart(empty=True)
        xadd(own_redis, ["four"])
        await keeps(app, "one", "two", "three", "four")
        await until(lambda: "reader" in str(connections(own_redis)))
        answer = app.hub.publish(ROOM, b"five", Kind.TEXT)
        await answer
        await keeps(app, "one", "two", "three", "four", "five")


async def test_saying_something_while_redis_is_away_fails_clearly(own_redis: RedisServer) -> None:
    clock = JumpingClock()
    async with node(own_redis, clock=clock) as app:
        own_redis.kill()
        said = app.hub.publish(ROOM, b"hello", Kind.TEXT)
        await asyncio.sleep(0)
        assert not said.done()
        clock.jump(60.0)
        with pytest.raises(BrokerUnavailable, match=rf"Redis at .*{own_redis.port}.*"):
            await asyncio.wait_for(said, 60)
        own_redis.start()
        await until(lambda: "stream-writer" in connections(own_redis))
        await app.hub.publish(ROOM, b"again", Kind.TEXT)
        await keeps(app, "again")


async def test_a_key_of_another_type_is_told_at_the_start(redis: RedisServer) -> None:
    redis.cli("SET", STREAM, "a string")
    with pytest.raises(BrokerUnavailable, match=r"source 'stream': .*another type"):
        async with node(redis):
            pass
    await until(lambda: not connections(redis))


async def test_a_key_that_becomes_one_of_another_type_is_waited_for(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with node(redis) as app:
        xadd(redis, ["one"])
        await keeps(app, "one")
        redis.cli("DEL", STREAM)
        redis.cli("SET", STREAM, "a string")
        redis.cli("CLIENT", "KILL", "TYPE", "normal")
        await until(lambda: "another type" in caplog.text)
        redis.cli("DEL", STREAM)
        xadd(redis, ["two"])
        await keeps(app, "one", "two")


async def test_a_redis_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    nobody = RedisServer(tmp_path)
    with pytest.raises(BrokerUnavailable, match=r"source 'stream': .*Connection refused"):
        async with node(nobody):
            pass
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize(
    "moment", ["at once", "while it waits", "while it reads", "while it is away"]
)
async def test_nothing_is_left_of_it(own_redis: RedisServer, moment: str) -> None:
    before = asyncio.all_tasks()
    async with node(own_redis) as app:
        if moment != "at once":
            await until(lambda: "stream-reader" in connections(own_redis))
        if moment == "while it reads":
            xadd(own_redis, ["x"] * 3000)
            await until(lambda: _some(app))
        if moment == "while it is away":
            own_redis.kill()
            await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    if moment != "while it is away":
        await until(lambda: not connections(own_redis))


async def _some(app: Hubbub) -> bool:
    return bool(await texts(app))
