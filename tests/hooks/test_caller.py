"""One URL, asked over real sockets: a backend that is slow, dead, lying, or greedy."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from hubbub.errors import (
    TOO_MANY_REQUESTS_ERROR,
    ErrorCode,
    HookUnavailable,
    HubbubError,
    Refused,
    Reject,
)
from hubbub.hooks.caller import Caller, Target
from hubbub.hooks.settings import HookSettings
from hubbub.hooks.signature import sign
from hubbub.hub.contract import Statistics
from tests.fakes.clock import JumpingClock
from tests.hooks.backend import Backend, Manner, answering, hang_up, running, saying, silent
from tests.servers import free_port, make_certificate

YES = answering(b"yes")
USUAL = HookSettings(failures=3, open_s=10.0, timeout_s=10.0)
IMPATIENT = replace(USUAL, timeout_s=0.1)
HUSH = replace(
    USUAL,
    secret=SecretStr("hush-hush"),
    static_headers={
        "Authorization": SecretStr("hush-hush"),
        "Content-Type": SecretStr("text/html"),
    },
)


def taken(body: bytes) -> bytes:
    return body


@dataclass
class Stage:
    caller: Caller
    backend: Backend
    clock: JumpingClock
    statistics: Statistics

    async def ask(self, body: bytes = b"{}", judge: Callable[[bytes], bytes] = taken) -> bytes:
        return await self.caller.ask(body, {}, judge)

    async def fail(self) -> str:
        with pytest.raises(HookUnavailable) as fault:
            await self.ask()
        return fault.value.detail


@asynccontextmanager
async def stage(
    *manners: Manner,
    settings: HookSettings = USUAL,
    repeatable: bool = True,
    query: str = "",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Stage]:
    clock, statistics = JumpingClock(), Statistics()
    async with running(*manners, tls=tls) as backend:
        scheme = "https" if tls else "http"
        url = f"{scheme}://127.0.0.1:{port or backend.port}/hook{query}"
        target = Target("connect", url, repeatable, settings.concurrency)
        caller = Caller(target, settings, clock, statistics)
        try:
            yield Stage(caller, backend, clock, statistics)
        finally:
            caller.close()


async def test_a_question_is_a_post_over_a_connection_that_is_kept() -> None:
    async with stage(YES, query="?token=t") as on:
        assert await on.ask(b'{"a":1}') == b"yes"
        assert await on.ask() == b"yes"

        first = on.backend.asked[0]
        assert (first.path, first.body) == ("/hook?token=t", b'{"a":1}')
        assert first.headers["content-type"] == "application/json"
        assert first.headers["user-agent"] == "hubbub"
        assert on.backend.connections == 1
        assert (on.statistics.hooks_asked, on.statistics.hooks_failed) == (2, 0)


async def test_what_is_sent_is_signed_and_static_headers_win() -> None:
    async with stage(YES, settings=HUSH) as on:
        await on.caller.ask(b"{}", {"authorization": "the client's", "x-other": "ü"}, taken)

        headers = on.backend.asked[0].headers
        now = on.clock.epoch_ms() // 1000
        assert headers["x-hubbub-signature"] == sign(b"hush-hush", now, b"{}")
        assert (headers["authorization"], headers["x-other"]) == ("hush-hush", "ü")
        assert headers["content-type"] == "application/json"


async def test_cookies_are_not_kept_and_redirects_not_followed() -> None:
    moved = answering(b"", "302 Found", "Location: /elsewhere", "Set-Cookie: a=b")
    async with stage(moved, YES) as on:
        assert "status 302" in await on.fail()
        await on.ask()

        assert [asked.path for asked in on.backend.asked] == ["/hook", "/hook"]
        assert "cookie" not in on.backend.asked[1].headers


@pytest.mark.parametrize(
    ("manner", "says"),
    [
        (answering(b"oops", "500 Internal Server Error"), "status 500"),
        (answering(b"", "404 Not Found"), "status 404"),
        (saying(b"SMTP ready\r\n"), "connection failed"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), "connection failed"),
        (answering(b"x" * 2000), "larger than 1000 bytes"),
        (saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000), "larger than 1000 bytes"),
        (hang_up, "connection failed"),
    ],
)
async def test_what_is_no_answer(manner: Manner, says: str) -> None:
    async with stage(manner, settings=replace(USUAL, answer_limit=1000)) as on:
        assert says in await on.fail()
        assert (on.statistics.hooks_asked, on.statistics.hooks_failed) == (1, 1)


@pytest.mark.parametrize(
    "manner",
    [silent, saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha", then_close=False)],
)
async def test_what_comes_too_late_or_too_slowly_is_no_answer(manner: Manner) -> None:
    async with stage(manner, settings=IMPATIENT) as on:
        assert "no answer within 0.1 s" in await on.fail()
        assert on.statistics.hooks_failed == 1


async def test_an_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b"0" * 1_000_000)
    async with stage(answering(bomb, "200 OK", "Content-Encoding: gzip")) as on:
        assert await on.ask() == bomb
        assert "accept-encoding" not in on.backend.asked[0].headers


async def test_nobody_is_there() -> None:
    async with stage(port=free_port()) as on:
        assert "connection failed" in await on.fail()


async def test_a_question_is_asked_again_once_after_the_connection_failed() -> None:
    async with stage(hang_up, YES) as on:
        assert await on.ask() == b"yes"
        assert len(on.backend.asked) == 2

        on.backend.behave(hang_up, hang_up, YES)
        await on.fail()
        assert len(on.backend.asked) == 4


async def test_what_may_have_arrived_is_not_said_twice() -> None:
    async with stage(hang_up, YES, repeatable=False) as on:
        await on.fail()
        assert len(on.backend.asked) == 1


async def test_what_surely_never_arrived_is_said_again_whatever_it_is() -> None:
    """A connection that was closed while it was idle is found out before anything is sent."""
    async with stage(YES, repeatable=False) as on:
        await on.ask()
        on.backend.drop_all()
        await asyncio.sleep(0.05)

        assert await on.ask() == b"yes"
        assert [asked.connection for asked in on.backend.asked] == [1, 2]


async def test_refusals_are_answers() -> None:
    def refuse(body: bytes) -> bytes:
        raise Refused(ErrorCode(1000, "no beer"))

    def reject(body: bytes) -> bytes:
        raise Reject(4500)

    async with stage(YES) as on:
        for _ in range(5):
            with pytest.raises(Refused, match="no beer"):
                await on.ask(judge=refuse)
            with pytest.raises(Reject):
                await on.ask(judge=reject)

        assert len(on.backend.asked) == 10
        assert on.statistics.hooks_failed == 0


async def test_a_backend_that_fails_is_left_alone_until_it_answers_again() -> None:
    broken = answering(b"", "503 Service Unavailable")
    async with stage(broken) as on:
        for _ in range(5):
            await on.fail()
        assert len(on.backend.asked) == 3
        assert "left alone" in await on.fail()

        on.clock.jump(10.0)
        assert "status 503" in await on.fail()
        assert "left alone" in await on.fail()

        on.clock.jump(10.0)
        on.backend.behave(YES)
        assert await on.ask() == b"yes"
        assert await on.ask() == b"yes"


async def test_who_asks_what_a_backend_chokes_on_closes_it_to_nobody() -> None:
    def choke(body: bytes) -> bytes:
        raise HookUnavailable("its answer is no answer")

    wrong = [answering(b"", "500 Internal Server Error"), answering(b"x" * 2000)]
    async with stage(*wrong * 5, YES, settings=replace(USUAL, answer_limit=1000)) as on:
        for _ in range(10):
            await on.fail()
        for _ in range(10):
            with pytest.raises(HookUnavailable):
                await on.ask(judge=choke)
        assert await on.ask() == b"yes"


async def test_one_question_tries_whether_it_answers_again() -> None:
    async with stage(
        answering(b"", "503 Oops"), silent, YES, settings=replace(USUAL, failures=1)
    ) as on:
        await on.fail()
        on.clock.jump(10.0)
        trying = asyncio.create_task(on.ask())
        while len(on.backend.asked) < 2:
            await asyncio.sleep(0.01)
        assert "left alone" in await on.fail()

        trying.cancel()
        await asyncio.gather(trying, return_exceptions=True)
        assert await on.ask() == b"yes"


async def test_too_many_questions_wait_in_turn_or_are_turned_away() -> None:
    narrow = replace(USUAL, timeout_s=0.5, concurrency=1, queue=1, failures=0)
    async with stage(silent, settings=narrow) as on:
        faults = await asyncio.gather(*(on.ask() for _ in range(3)), return_exceptions=True)

        refused = [fault for fault in faults if isinstance(fault, Refused)]
        assert [fault.error for fault in refused] == [TOO_MANY_REQUESTS_ERROR] * len(refused)
        assert len(on.backend.asked) <= 2
        assert all(isinstance(fault, HubbubError) for fault in faults)
        on.backend.behave(YES)
        assert await on.ask() == b"yes"


async def test_a_backend_with_tls_must_be_who_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)
    async with stage(YES, tls=context) as on:
        assert "CERTIFICATE_VERIFY_FAILED" in await on.fail()
        assert on.backend.asked == []

    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    async with stage(YES, tls=context) as on:
        assert await on.ask() == b"yes"


async def test_trouble_is_logged_once_and_without_what_is_secret() -> None:
    oops = answering(b"hush-hush", "500 Oops")
    with capture_logs() as logs:
        async with stage(oops, query="?hush-hush", settings=HUSH) as on:
            for _ in range(5):
                with pytest.raises(HookUnavailable) as fault:
                    await on.caller.ask(b"hush-hush", {"cookie": "hush-hush"}, taken)
                assert "hush" not in str(fault.value)
            on.clock.jump(60.0)
            await on.fail()

    assert [(line["log_level"], line["times"]) for line in logs] == [("warning", 1), ("warning", 5)]
    assert logs[0]["url"] == f"http://127.0.0.1:{on.backend.port}/hook"
    assert "hush" not in str(logs)
