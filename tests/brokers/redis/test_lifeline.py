"""A connection that comes back, and whose pauses grow where coming back is no use."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hubbub.brokers.redis.address import parse_address
from hubbub.brokers.redis.lifeline import Lifeline
from hubbub.brokers.redis.link import Link, Unreachable, ask, pack
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.errors import BrokerUnavailable
from tests.brokers.redis.healer import until
from tests.servers import RedisServer


class Owner:
    """Note what happens to a connection."""

    def __init__(self) -> None:
        self.ups = 0
        self.downs = 0
        self.replies: list[object] = []
        self.link: Link | None = None
        self.refuses = False
        self.greeted: list[object] = []

    async def greet(self, link: Link) -> None:
        if self.refuses:
            raise Unreachable("the owner does not like it")
        self.greeted += await ask(link, [("CLIENT", "GETNAME")])

    def on_up(self, link: Link) -> None:
        self.ups += 1
        self.link = link

    def on_reply(self, reply: object) -> None:
        self.replies.append(reply)

    def on_down(self) -> None:
        self.downs += 1


def lifeline(settings: RedisSettings, owner: Owner) -> Lifeline:
    return Lifeline(parse_address(settings.url), settings, owner)


async def test_it_opens_uses_and_closes(settings: RedisSettings) -> None:
    owner = Owner()
    line = lifeline(settings, owner)
    assert line.closed
    assert "not started" in line.reason
    await line.open("a name\n")
    assert (owner.ups, line.reason, line.closed) == (1, "", False)
    assert owner.link is not None
    owner.link.write(pack(("ECHO", "x")))
    await until(lambda: bool(owner.replies))
    await line.close()

    assert owner.greeted == [b"a-name-"]
    assert owner.replies == [b"x"]
    assert (owner.downs, line.closed) == (1, True)
    assert "closed" in line.reason


async def test_a_killed_connection_comes_back(server: RedisServer, settings: RedisSettings) -> None:
    owner = Owner()
    line = lifeline(settings, owner)
    await line.open("name")
    for round_number in range(1, 4):
        server.cli("CLIENT", "KILL", "TYPE", "normal")
        await until(lambda number=round_number: owner.ups == number + 1)  # type: ignore[misc]
        line.proven()
    await line.close()

    assert owner.downs == 4


async def test_a_first_refusal_is_raised_and_not_tried_again(settings: RedisSettings) -> None:
    owner = Owner()
    owner.refuses = True
    line = lifeline(settings, owner)
    with pytest.raises(BrokerUnavailable, match="does not like it"):
        await line.open("name")

    assert owner.ups == 0
    await line.close()


async def test_pauses_grow_where_each_connection_must_be_given_up(settings: RedisSettings) -> None:
    """A replica that is taken for the master must not be called a thousand times a second."""
    owner = Owner()
    line = lifeline(replace(settings, retry_first_s=0.05), owner)
    await line.open("name")

    clock = asyncio.get_running_loop()
    begun = clock.time()
    while owner.ups < 4:
        if owner.ups > owner.downs:
            line.proven()
            line.drop("no use")
        await asyncio.sleep(0.002)
    took_s = clock.time() - begun
    await line.close()

    # Pauses of at least 50, 100 and 200 ms; timers may be a little early.
    assert took_s > 0.33


async def test_closing_ends_the_attempts(server: RedisServer, settings: RedisSettings) -> None:
    before = asyncio.all_tasks()
    owner = Owner()
    line = lifeline(settings, owner)
    await line.open("name")
    owner.refuses = True
    line.drop("a test")
    await until(lambda: "does not like it" in line.reason)
    await line.close()

    assert asyncio.all_tasks() == before
    assert "closed" in line.reason
