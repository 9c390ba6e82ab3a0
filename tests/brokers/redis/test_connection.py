"""Commands of many callers on one socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from hubbub.brokers.redis.address import parse_address
from hubbub.brokers.redis.command import Again
from hubbub.brokers.redis.connection import Commands
from hubbub.brokers.redis.link import pack
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import SystemClock
from hubbub.errors import BrokerUnavailable
from tests.brokers.redis.healer import until
from tests.fakes.clock import JumpingClock
from tests.servers import RedisServer


@pytest.fixture
async def commands(settings: RedisSettings) -> AsyncIterator[Commands]:
    patient = replace(settings, command_timeout_s=60.0)
    commands = Commands(parse_address(settings.url), patient, SystemClock())
    await commands.open("test:commands")
    yield commands
    await commands.close()


def text(reply: bytes) -> str:
    return reply.decode()


def reads(server: RedisServer) -> int:
    lines = server.cli("INFO", "stats").splitlines()
    return next(int(line.split(":")[1]) for line in lines if line.startswith("total_reads_proc"))


async def test_commands_of_one_turn_are_one_write(commands: Commands, server: RedisServer) -> None:
    before = reads(server)
    futures = [commands.send(pack(("ECHO", f"{number}")), text) for number in range(200)]
    answers = await asyncio.gather(*futures)

    assert answers == [f"{number}" for number in range(200)]
    # The server counts its reads: some are redis-cli's own, and a write may arrive in two.
    assert reads(server) - before < 20


async def test_a_refused_command_hurts_no_other(commands: Commands, server: RedisServer) -> None:
    server.cli("SET", "word", "x")
    good = commands.send(pack(("GET", "word")), text)
    wrong = commands.send(pack(("HGET", "word", "field")), text)
    unknown = commands.send(pack(("NOSUCH", "secret")), text)
    later = commands.send(pack(("GET", "word")), text)

    assert (await good, await later) == ("x", "x")
    with pytest.raises(BrokerUnavailable, match="holds something"):
        await wrong
    with pytest.raises(BrokerUnavailable) as caught:
        await unknown
    assert "secret" not in str(caught.value)


async def test_a_reply_of_another_shape_is_told(commands: Commands) -> None:
    with pytest.raises(BrokerUnavailable, match="makes no sense"):
        await commands.send(pack(("PING",)), int)
    assert await commands.send(pack(("PING",)), text) == "PONG"


async def test_a_cancelled_wait_leaves_the_replies_in_step(commands: Commands) -> None:
    futures = [commands.send(pack(("ECHO", f"{number}")), text) for number in range(10)]
    futures[0].cancel()
    await asyncio.sleep(0)
    futures[5].cancel()

    others = [number for number in range(10) if number not in (0, 5)]
    assert [await futures[number] for number in others] == [f"{number}" for number in others]


async def test_a_late_reply_finds_its_place(server: RedisServer, settings: RedisSettings) -> None:
    """What expired keeps its place in the queue, so that its reply is not taken for another's."""
    clock = JumpingClock()
    commands = Commands(parse_address(settings.url), settings, clock)
    await commands.open("test:commands")
    server.pause()
    late = commands.send(pack(("ECHO", "late")), text)
    await asyncio.sleep(0)
    clock.jump(settings.command_timeout_s)
    with pytest.raises(BrokerUnavailable, match=r"did not answer in 10 s"):
        await late
    following = commands.send(pack(("ECHO", "next")), text)
    server.resume()

    assert await following == "next"
    await commands.close()


async def test_before_the_start_and_after_the_end(settings: RedisSettings) -> None:
    commands = Commands(parse_address(settings.url), settings, SystemClock())
    with pytest.raises(BrokerUnavailable, match="not started"):
        await commands.send(pack(("PING",)), text)
    await commands.open("test:commands")
    waiting = commands.send(pack(("PING",)), text)
    await commands.close()
    with pytest.raises(BrokerUnavailable, match="closed"):
        await waiting
    with pytest.raises(BrokerUnavailable, match="closed"):
        await commands.send(pack(("PING",)), text)


async def test_closing_waits_for_answers_under_way(settings: RedisSettings) -> None:
    commands = Commands(parse_address(settings.url), settings, SystemClock())
    await commands.open("test:commands")
    futures = [commands.send(pack(("ECHO", f"{number}")), text) for number in range(100)]
    await commands.close(flush_s=60.0)

    assert [future.result() for future in futures] == [f"{number}" for number in range(100)]


async def test_after_a_loss_the_repeatable_is_repeated_and_the_rest_fails(
    commands: Commands, server: RedisServer
) -> None:
    server.pause()
    once = commands.send(pack(("RPUSH", "once", "x")), int, Again.NEVER)
    again = commands.send(pack(("ECHO", "x")), text)
    await asyncio.sleep(0)
    commands.drop("a test cut it")
    later = commands.send(pack(("ECHO", "y")), text)
    with pytest.raises(BrokerUnavailable, match="a test cut it, before it answered"):
        await once
    server.resume()

    assert (await again, await later) == ("x", "y")
    assert commands.reason == ""


async def test_an_answer_to_nothing_ends_the_connection(
    commands: Commands, server: RedisServer
) -> None:
    before = server.cli("CLIENT", "LIST")
    commands.on_reply(b"surprise")
    await until(lambda: "nobody asked" in commands.reason or server.cli("CLIENT", "LIST") != before)

    assert await commands.send(pack(("ECHO", "x")), text) == "x"
