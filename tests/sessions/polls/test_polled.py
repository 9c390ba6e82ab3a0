"""Sessions that are polled, by hand: what waits, and what is held back."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.errors import FORCE_DISCONNECT, NO_PONG, NORMAL, STALE, Close, ProtocolViolation
from hubbub.model import Packet
from hubbub.sessions.polls import polled
from hubbub.sessions.polls.fetched import HIGH_WATER
from hubbub.sessions.polls.polled import POLL_LIMIT
from tests.hub.stage import turn, until
from tests.sessions.poller import NOTHING, Polled
from tests.sessions.stage import floor


async def test_what_is_said_waits_for_a_poll_and_a_poll_waits_for_it() -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        await client.say('421["presence","room"]', '422["presence","a"]')
        first, second = (await client.poll()).split(b"\x1e")
        assert (first[:3], second[:3]) == (b"431", b"432")
        waiting = asyncio.create_task(client.connection.poll("", 5))
        await turn(3)
        assert not waiting.done()
        client.connection.send(Packet(b"4x"))
        client.connection.send(Packet(b"\xff", binary=True))
        assert await waiting == b"4x\x1eb/w=="
        assert await client.poll() == NOTHING


async def test_a_poll_that_is_asked_again_is_answered_the_same() -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        client.connection.send(Packet(b"4x"))
        assert await client.poll("n1") == b"4x"
        client.connection.send(Packet(b"4y"))
        assert await client.poll("n1") == b"4x"
        assert await client.poll("n2") == b"4y"


async def test_of_two_polls_the_newer_one_counts() -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        older = asyncio.create_task(client.connection.poll("n1", 5))
        await turn(2)
        newer = asyncio.create_task(client.connection.poll("n1", 5))
        await turn(2)
        client.connection.send(Packet(b"4x"))
        assert (await older, await newer) == (NOTHING, b"4x")


async def test_a_poll_that_comes_behind_the_answer_of_an_older_one_leaves_none_without_answer() -> (
    None
):
    async with floor() as place:
        connection = (await Polled(place).connect()).connection
        told: dict[str, bytes] = {}

        def ask(name: str) -> None:
            connection.wait(name, 5, lambda said: told.update({name: said}))

        def first(said: bytes) -> None:
            told["n1"] = said
            ask("n3")  # it had come already, and is read now

        connection.wait("n1", 5, first)
        ask("n2")
        connection.send(Packet(b"4x"))
        await turn(3)
        assert told == {"n1": NOTHING, "n2": NOTHING, "n3": b"4x"}


async def test_one_poll_does_not_take_everything() -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        large = b"4" + b"x" * (POLL_LIMIT // 2)
        for _ in range(3):
            client.connection.send(Packet(large))
        assert client.connection.backlog() > POLL_LIMIT
        assert [len(await client.poll()) for _ in range(4)] == [*[len(large)] * 3, 1]
        assert client.connection.backlog() == 0


async def test_who_does_not_poll_is_congested_until_it_does() -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        client.connection.send(Packet(b"4" + b"x" * HIGH_WATER))
        assert client.session.id in place.registry.congested
        await client.poll()
        assert client.session.id not in place.registry.congested


async def test_who_says_too_much_is_answered_later() -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        client.connection.pause_reading()
        saying = asyncio.create_task(client.say("3"))
        await turn(5)
        assert not saying.done()
        client.connection.resume_reading()
        await saying


async def test_the_end_is_heard_after_what_was_said() -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        client.session.end(FORCE_DISCONNECT)
        assert not client.gone
        assert await client.poll() == b"41"
        assert await client.poll() == b"1"
        assert client.gone == [client.connection]
        client.connection.close(NORMAL)
        client.connection.send(Packet(b"4x"))
        assert client.connection.backlog() == 0


async def test_a_waiting_poll_hears_of_the_end_at_once() -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        waiting = asyncio.create_task(client.connection.poll("", 5))
        await turn(2)
        await client.say("1")
        assert await waiting == b"1"
        aborted = await Polled(place).connect()
        aborted.connection.abort()
        await turn(2)
        assert aborted.session.gone
        assert aborted.gone == [aborted.connection]


@pytest.mark.parametrize("close", [NO_PONG, NORMAL, STALE])
async def test_nothing_is_kept_for_who_is_not_there(close: Close) -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        client.session.end(close)
        assert client.gone == [client.connection]


@pytest.mark.parametrize("close", [NO_PONG, NORMAL, STALE])
@pytest.mark.parametrize("given_up", [True, False])
async def test_nothing_stays_of_who_gives_up_its_last_poll_or_asks_no_more(
    close: Close, given_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polled, "LINGER_S", 0.01)
    async with floor() as place:
        client, told = await Polled(place).connect(), list[bytes]()
        client.connection.wait("", 60, told.append)
        client.session.end(close)
        if given_up:  # as it closes, a browser says so and gives up its poll in one moment
            client.connection.drop(told.append)
        await until(lambda: client.gone == [client.connection])
        assert bool(told) is not given_up


async def test_what_cannot_be_read_is_refused() -> None:
    async with floor() as place:
        client = await Polled(place).connect()
        with pytest.raises(ProtocolViolation):
            await client.say("b!")
