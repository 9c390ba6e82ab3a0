"""Requests that wait, on sockets whose every byte a test decides."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

import pytest

from hubbub.dialects.contract import Request
from hubbub.http.polls import Answer
from hubbub.server.listener import OnePortProtocol
from hubbub.server.waiting import whole
from hubbub.transports.listening import ListenerSettings
from tests.server.ports import GET, PAGE, listening
from tests.transports.wire import RawClient, raw_client, until

POLL = b"GET /poll?sid=1 HTTP/1.1\r\nHost: hubbub.test\r\n\r\n"
ANSWER = b"content-length: 4\r\n\r\nwhat"


class Answers:
    """Answer polls at `/poll` when the test does, and those that say `now` at once."""

    def __init__(self, answer: bytes = b"what") -> None:
        self.answer = answer
        self.waiting: list[Answer] = []
        self.given_up = 0
        self.said = 0

    def takes(self, request: Request) -> bool:
        return request.path == "/poll"

    def begin(self, request: Request, answer: Answer) -> Callable[[], object]:
        if "now" in request.query:
            self.said += 1
            answer(200, (("x-now", "yes"),), self.answer)
        else:
            self.waiting.append(answer)
        return self._give_up

    def _give_up(self) -> None:
        self.given_up += 1

    def hurry(self) -> None:
        while self.waiting:
            self.said += 1
            self.waiting.pop(0)(200, (), self.answer)


async def ask(client: RawClient, answers: Answers, request: bytes = POLL) -> None:
    """Send a poll, and return when it waits."""
    waiting = len(answers.waiting)
    await client.send(request)
    await until(lambda: len(answers.waiting) > waiting)


async def test_a_poll_waits_without_http_and_comes_back_to_it() -> None:
    answers = Answers()
    async with listening(polls=answers) as (port, listener), raw_client(port) as client:
        for _ in range(3):
            await ask(client, answers)
            assert len(listener.room.requests) == 1
            gc.collect()
            assert not [each for each in gc.get_objects() if isinstance(each, OnePortProtocol)]
            answers.hurry()
            assert (await client.until(ANSWER)).startswith(b"HTTP/1.1 200 OK\r\n")
            assert not listener.busy
            await client.send(GET)
            assert (await client.until(PAGE)).startswith(b"HTTP/1.1 200 OK\r\n")
        assert answers.given_up == 0


async def test_one_that_need_not_wait_stays_in_http() -> None:
    answers = Answers()
    async with listening(polls=answers) as (port, listener), raw_client(port) as client:
        for _ in range(3):
            await client.send(POLL.replace(b"sid=1", b"sid=1&now"))
            assert b"\r\nx-now: yes\r\n" in await client.until(ANSWER)
        assert (listener.opened, listener.busy) == (0, False)


async def test_what_is_said_while_one_waits_comes_behind_its_answer() -> None:
    answers = Answers()
    async with listening(polls=answers) as (port, _), raw_client(port) as client:
        await ask(client, answers)
        await client.send(GET[:10])
        await client.send(GET[10:])
        answers.hurry()
        await client.until(ANSWER)
        assert (await client.until(PAGE)).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_who_says_too_much_meanwhile_is_dropped() -> None:
    answers = Answers()
    settings = ListenerSettings(head_limit=500)
    async with (
        listening(settings, polls=answers) as (port, listener),
        raw_client(port) as client,
    ):
        await ask(client, answers)
        await client.send(b"x" * 501)
        await until(lambda: answers.given_up)
        answers.hurry()  # nobody is there any more
        assert not listener.busy


async def test_a_poll_whose_client_is_gone_is_given_up() -> None:
    answers = Answers()
    async with listening(polls=answers) as (port, listener):
        async with raw_client(port) as client:
            await ask(client, answers)
        await until(lambda: answers.given_up == 1)
        assert not listener.busy


@pytest.mark.parametrize("now", [b"sid=1", b"sid=1&now"])
@pytest.mark.parametrize(
    "last",
    [
        POLL.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        POLL.replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
    ids=["close", "1.0"],
)
async def test_the_last_request_ends_the_connection(last: bytes, now: bytes) -> None:
    answers = Answers()
    async with listening(polls=answers) as (port, _), raw_client(port) as client:
        await client.send(last.replace(b"sid=1", now))
        if b"now" not in now:
            await until(lambda: answers.waiting)
            answers.hurry()
        said = await client.rest()
        assert b"\r\nconnection: close\r\n" in said
        assert said.endswith(b"what")


async def test_a_kept_connection_is_closed_when_nothing_follows() -> None:
    answers = Answers()
    async with (
        listening(polls=answers, timeout_keep_alive=0.1) as (port, _),
        raw_client(port) as client,
    ):
        await ask(client, answers)
        answers.hurry()
        await client.until(ANSWER)
        assert await client.rest() == b""


@pytest.mark.parametrize(
    "request_",
    [
        POLL.replace(b"GET", b"POST"),
        POLL.replace(b"sid=1", b"other=1"),
        POLL.replace(b"/poll", b"/page"),
        POLL.replace(b"\r\n\r\n", b"\r\nContent-Length: 1\r\n\r\nx"),
        POLL.replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
    ],
    ids=["method", "no session", "path", "body", "upgrade"],
)
async def test_what_is_unusual_is_left_to_the_app(request_: bytes) -> None:
    answers = Answers()
    async with listening(polls=answers) as (port, _), raw_client(port) as client:
        await client.send(request_)
        assert (await client.until(PAGE)).startswith(b"HTTP/1.1 200 OK\r\n")
        assert not answers.waiting


async def test_nothing_may_be_in_one_piece_with_a_poll() -> None:
    answers = Answers()
    async with listening(polls=answers) as (port, _), raw_client(port) as client:
        await client.send(POLL + GET)
        assert (await client.rest()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("now", [b"sid=1", b"sid=1&now"])
async def test_who_reads_no_answers_gets_no_more_of_them(now: bytes) -> None:
    answers = Answers(b"x" * 1_000_000)
    async with listening(polls=answers) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        for _ in range(20):
            writer.write(POLL.replace(b"sid=1", now))
            await asyncio.sleep(0.02)
            answers.hurry()
        said = answers.said
        first = await reader.readexactly(1_000_000)
        writer.transport.abort()
        assert said < 10  # the sockets hold some of them
        assert first.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_those_who_wait_count_as_connections() -> None:
    answers = Answers()
    settings = ListenerSettings(connection_cap=1)
    async with (
        listening(settings, polls=answers) as (port, _),
        raw_client(port) as client,
    ):
        await ask(client, answers)
        async with raw_client(port) as other:
            assert (await other.rest()).startswith(b"HTTP/1.1 503 ")


def test_a_whole_response() -> None:
    said = whole(400, (("a", "b"),), b"no", [(b"date", b"now")], keep=False)
    head = b"HTTP/1.1 400 Bad Request\r\ndate: now\r\na: b\r\n"
    assert said == head + b"content-length: 2\r\nconnection: close\r\n\r\nno"


async def test_a_trusted_proxy_says_of_each_request_whose_it_is_and_how_it_was_asked() -> None:
    who = b"GET /who HTTP/1.1\r\nHost: hubbub.test\r\n"
    told = b"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n"
    for trusted, said in {
        ("127.0.0.1",): b"203.0.113.7 by https",
        ("192.0.2.1",): b"127.0.0.1 by http",
        (): b"127.0.0.1 by http",
    }.items():
        settings = ListenerSettings(trusted_proxies=trusted)
        async with (
            listening(settings, proxy_headers=False) as (port, _),
            raw_client(port) as client,
        ):
            await client.send(who + told + b"\r\n")
            await client.until(said)
            await client.send(who + b"\r\n")
            await client.until(b"127.0.0.1 by http")
