"""The connections to a real backend: kept, replaced, and never more than are needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from hubbub.hooks import pool
from hubbub.hooks.connection import Broken, Response
from hubbub.hooks.pool import Address, Pool, Unreachable
from tests.hooks.backend import Backend, Manner, answering, hang_up, running, silent
from tests.servers import free_port

QUESTION = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
YES = answering(b"yes")


@dataclass
class Stage:
    pool: Pool
    backend: Backend

    async def ask(self) -> bytes:
        response = await self.pool.ask(QUESTION)
        assert response == Response(200, response.body)
        return response.body


@asynccontextmanager
async def stage(*manners: Manner) -> AsyncIterator[Stage]:
    async with running(*manners) as backend:
        made = Pool(Address.of(backend.url), 1000)
        try:
            yield Stage(made, backend)
        finally:
            made.close()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://a", Address("a", 80, False, "a", "/")),
        ("https://a.b/c?d=e", Address("a.b", 443, True, "a.b", "/c?d=e")),
        ("http://a:81/?x", Address("a", 81, False, "a:81", "/?x")),
        ("http://[::1]:81/c", Address("::1", 81, False, "[::1]:81", "/c")),
        ("HTTP://A/B", Address("a", 80, False, "A", "/B")),
    ],
)
def test_a_url_leads_somewhere(url: str, address: Address) -> None:
    assert Address.of(url) == address


def test_a_query_is_not_shown() -> None:
    assert Address.of("https://a:1/b?token=hush").shown == "https://a:1/b"


async def test_one_after_the_other_shares_a_connection_and_together_they_do_not() -> None:
    async with stage(YES) as on:
        for _ in range(3):
            assert await on.ask() == b"yes"
        assert on.backend.connections == 1

        await asyncio.gather(*(on.ask() for _ in range(3)))
        assert on.backend.connections == 3
        for _ in range(3):
            await on.ask()
        assert on.backend.connections == 3


async def test_a_connection_that_the_backend_closes_is_used_no_more() -> None:
    async with stage(answering(b"yes", "200 OK", "Connection: close")) as on:
        for _ in range(2):
            assert await on.ask() == b"yes"
        assert on.backend.connections == 2

        on.backend.behave(YES)
        await on.ask()
        on.backend.drop_all()
        await asyncio.sleep(0.05)
        assert await on.ask() == b"yes"


async def test_a_connection_that_was_idle_for_long_is_used_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with stage(YES) as on:
        await asyncio.gather(on.ask(), on.ask())
        monkeypatch.setattr(pool, "KEEP_S", 0.0)
        await asyncio.sleep(0.01)
        await on.ask()
        assert on.backend.connections == 3


async def test_a_connection_that_failed_is_used_no_more() -> None:
    async with stage(hang_up, YES) as on:
        with pytest.raises(Broken):
            await on.ask()
        assert await on.ask() == b"yes"

        on.backend.behave(silent, YES)
        given_up = asyncio.create_task(on.ask())
        while len(on.backend.asked) < 3:
            await asyncio.sleep(0.01)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        assert await on.ask() == b"yes"
        assert on.backend.connections == 3


@pytest.mark.parametrize("host", ["127.0.0.1", "a" * 64 + ".invalid"])
async def test_nobody_is_there(host: str) -> None:
    lonely = Pool(Address.of(f"http://{host}:{free_port()}"), 1000)

    with pytest.raises(Unreachable):
        await lonely.ask(QUESTION)


async def test_a_pool_that_is_closed_leaves_no_question_unanswered() -> None:
    async with stage(silent) as on:
        asking = asyncio.create_task(on.ask())
        while not on.backend.asked:
            await asyncio.sleep(0.01)
        on.pool.close()
        with pytest.raises(Broken):
            await asking
