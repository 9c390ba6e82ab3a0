"""A backend that is slow, dead or lies: nobody gets in by it, and who does not need it does not notice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.clients.talk import Talk, talking
from tests.docs.served import Served
from tests.hooks.backend import (
    Backend,
    Manner,
    answering,
    hang_up,
    response,
    running,
    saying,
    silent,
)
from tests.security.hostile_tokens import SECRET, signed
from tests.servers import free_port

TIMEOUT_S = 1.0
LONG_S = 120.0
"""A timeout of hooks that no test reaches."""
AT_ONCE = 40

SETTINGS = """
[tokens]
hmac_secret = "{secret}"

[hooks]
connect = "{url}/connect"
subscribe = "{url}/subscribe"
publish = "{url}/publish"
rpc = "{url}/rpc"
timeout_s = {timeout}
failures = 0

[namespaces.asked]
subscribe_hook = true
publish_hook = true
"""


BACKEND = free_port()


def asking(folder: Path, timeout_s: float) -> Served:
    """Return a server that asks a backend, which each test runs as it likes."""
    url = f"http://127.0.0.1:{BACKEND}"
    text = SETTINGS.format(secret=SECRET, url=url, timeout=timeout_s)
    (folder / "hubbub.toml").write_text(text, encoding="utf-8")
    return Served(folder, "--broker", "memory://")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with asking(tmp_path_factory.mktemp("server"), TIMEOUT_S) as served:
        yield served.port


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    async with running(port=BACKEND) as backend:
        yield backend


async def introduce(talk: Talk, **claims: object) -> None:
    await talk.result("connect", token=signed({"sub": "zhang", **claims}))


FAILING: dict[str, Manner] = {
    "silent": silent,
    "dead": hang_up,
    "half an answer": saying(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"),
    "not HTTP": saying(b"\x16\x03\x01\x02\x00\x01\x00"),
    "an error page": answering(b"<h1>Oops</h1>", "500 Internal Server Error"),
    "a redirect": answering(b"", "302 Found", "Location: http://127.0.0.1:9/"),
    "not JSON": answering(b"yes"),
    "a list": answering([{"result": {}}]),
    "null": answering(None),
    "a result that is a word": answering({"result": "yes"}),
    "too much": answering(b'{"result":{"info":"' + b"x" * 300_000 + b'"}}'),
    "deep nesting": answering(b'{"result":{"info":' + b"[" * 100_000),
}


async def test_a_backend_that_fails_lets_nobody_in(port: int, backend: Backend) -> None:
    codes = {}
    for how, manner in FAILING.items():
        backend.behave(manner)
        async with talking(port) as talk:
            codes[how] = await talk.verdict("connect", data={"user": "root"})
    assert {how: code for how, code in codes.items() if code != 100} == {}


async def test_without_a_backend_nobody_gets_in(port: int) -> None:
    async with talking(port) as talk:
        assert await talk.verdict("connect", data={"user": "root"}) == 100


async def test_a_backend_that_fails_opens_no_channel(port: int, backend: Backend) -> None:
    async with talking(port) as talk:
        await introduce(talk)
        for how, manner in FAILING.items():
            backend.behave(manner)
            assert await talk.verdict("subscribe", channel="asked:room") == 100, how
            assert await talk.verdict("publish", channel="asked:room", data={}) == 100, how
            assert await talk.verdict("rpc", method="any", data={}) == 100, how
        backend.behave(answering({"result": {}}))
        assert await talk.verdict("subscribe", channel="asked:room") == 0


async def test_a_slow_backend_holds_nobody_else_up(tmp_path: Path, backend: Backend) -> None:
    answers = asyncio.Event()

    async def slow(asked: object, writer: asyncio.StreamWriter) -> None:
        await answers.wait()
        writer.write(response(b'{"result":{"user":"slow"}}'))

    backend.behave(slow)
    with asking(tmp_path, LONG_S) as served:
        async with talking(served.port) as quick:
            await introduce(quick)
            await quick.result("subscribe", channel="lobby")

            async def wait() -> int:
                async with talking(served.port) as talk:
                    return await talk.verdict("connect")

            waiting = [asyncio.create_task(wait()) for _ in range(AT_ONCE)]
            async with asyncio.timeout(60):
                while len(backend.asked) < AT_ONCE:
                    await asyncio.sleep(0.01)
            for number in range(20):
                await quick.result("publish", channel="lobby", data={"n": number})
                await quick.push("pub")
            assert not any(task.done() for task in waiting)
            answers.set()
            assert await asyncio.gather(*waiting) == [0] * AT_ONCE


LIES: list[dict[str, object]] = [
    {"user": 7},
    {"user": "zhang\r\nroot"},
    {"user": "x" * 10_000},
    {"user": "zhang", "channels": ["!control"]},
    {"user": "zhang", "channels": ["x" * 300]},
    {"user": "zhang", "channels": [f"room{n}" for n in range(1000)]},
    {"user": "zhang", "expire_at": -1},
    {"user": "zhang", "expire_at": "never"},
]


async def test_a_backend_that_lies_breaks_nothing(port: int, backend: Backend) -> None:
    for lie in LIES:
        backend.behave(answering({"result": lie}))
        async with talking(port) as talk:
            assert await talk.verdict("connect") != 0, lie
    async with talking(port) as talk:
        await introduce(talk)
        assert await talk.verdict("publish", channel="lobby", data={}) == 0


async def test_an_answer_is_for_the_question_that_was_asked(port: int, backend: Backend) -> None:
    """Two answers at once over a kept connection: the second one answers nothing that is asked later."""
    yes = json.dumps({"result": {"user": "root"}}).encode()
    no = json.dumps({"error": {"code": 1000, "message": "no"}}).encode()

    async def twice(asked: object, writer: asyncio.StreamWriter) -> None:
        writer.write(response(no) + response(yes))

    backend.behave(twice, answering(no))
    for _ in range(2):
        async with talking(port) as talk:
            assert await talk.verdict("connect") == 1000
