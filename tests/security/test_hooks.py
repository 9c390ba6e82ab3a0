"""A backend that is slow, dead or lies: nobody gets in by it, and who does not need it does not notice."""

from __future__ import annotations

import asyncio
import json
import time
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

TIMEOUT_S = 0.5
AT_ONCE = 40
QUICK_S = 1.0
"""What an answer takes at most that waits for no backend, on a machine that does other things too."""

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


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run a server that asks a backend, which each test runs as it likes."""
    folder: Path = tmp_path_factory.mktemp("server")
    url = f"http://127.0.0.1:{BACKEND}"
    text = SETTINGS.format(secret=SECRET, url=url, timeout=TIMEOUT_S)
    (folder / "hubbub.toml").write_text(text, encoding="utf-8")
    with Served(folder, "--broker", "memory://") as served:
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
            began = time.monotonic()
            codes[how] = await talk.verdict("connect", data={"user": "root"})
            assert time.monotonic() - began < TIMEOUT_S + QUICK_S, how
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


async def test_a_slow_backend_holds_nobody_else_up(port: int, backend: Backend) -> None:
    backend.behave(silent)
    async with talking(port) as quick:
        await introduce(quick)
        await quick.result("subscribe", channel="lobby")

        async def wait() -> int:
            async with talking(port) as talk:
                return await talk.verdict("connect")

        waiting = [asyncio.create_task(wait()) for _ in range(AT_ONCE)]
        took: list[float] = []
        while not all(task.done() for task in waiting):
            began = time.monotonic()
            await quick.result("publish", channel="lobby", data={"n": len(took)})
            await quick.push("pub")
            took.append(time.monotonic() - began)
            await asyncio.sleep(0.01)
        assert [task.result() for task in waiting] == [100] * AT_ONCE
        assert max(took) < QUICK_S


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
