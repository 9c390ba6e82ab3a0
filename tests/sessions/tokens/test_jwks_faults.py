"""A key server that is slow, dead or lying: nobody gets in by it, nobody is thrown out for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

import pytest
from structlog.testing import capture_logs

from hubbub.errors import IdentityUnavailable
from hubbub.hub.stepping import start
from hubbub.sessions.tokens import Verifier
from tests.fakes.clock import JumpingClock
from tests.sessions.tokens.issuer import believing
from tests.sessions.tokens.key_server import KeyHouse, answer, key_house, key_set
from tests.sessions.tokens.rotation import BY_NEW, BY_NOBODY, BY_OLD, NEW, OLD, settings, user

BODY = json.dumps({"keys": [OLD]}).encode()
LIES: dict[str, tuple[Iterable[bytes], str]] = {
    "nothing": ([b""], "Server disconnected"),
    "no HTTP": ([b"\x00\x01" * 100 + b"\r\n\r\n"], "."),
    "no JSON": ([answer(b"<html>hello</html>")], "no set of keys"),
    "no keys": ([key_set()], "no key that tokens"),
    "an error": ([answer(BODY, "500 Oh")], "status 500"),
    "not modified": ([answer(b"", "304 Not Modified")], "status 304"),
    "elsewhere": ([answer(b"", "302 Found", "Location: http://127.0.0.1:9/")], "status 302"),
    "too much": ([answer(b" " * 2000 + BODY)], "more than 1500 bytes"),
    "endless": (
        [
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            *[b"3e8\r\n" + b" " * 1000 + b"\r\n"] * 99,
        ],
        "more than 1500 bytes",
    ),
    "endless head": ([b"HTTP/1.1 200 OK\r\n", *[b"X-Long: " + b"x" * 4000 + b"\r\n"] * 99], "."),
    "cut short": ([answer(BODY)[:-10]], "."),
    "squeezed": (
        [answer(b"\x1f\x8b\x08\x00", "200 OK", "Content-Encoding: gzip")],
        "no set of keys",
    ),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lying_server_is_a_temporary_failure_and_the_keys_stay(
    house: KeyHouse, clock: JumpingClock, lie: str
) -> None:
    known = Verifier(clock, settings(house, jwks_limit=1500))
    assert await user(known, BY_OLD) == "ann"
    house.says, words = LIES[lie]
    clock.jump(601)
    with capture_logs() as logs:
        assert await user(known, BY_OLD) == "ann"
        for _ in range(3):
            with pytest.raises(
                IdentityUnavailable, match=f"the key server is of no help: .*{words}"
            ):
                await known.connection(BY_NOBODY)
            clock.jump(1)
        # One who has a key does not wait for a server that was away just now.
        clock.jump(5)
        asked = house.asked
        assert start(known.connection(BY_OLD)).done()
        house.says_keys(NEW)
        while house.asked == asked:
            await asyncio.sleep(0.001)
    assert [log["host"] for log in logs] == ["127.0.0.1"]
    assert await user(known, BY_NEW) == "bob"
    with pytest.raises(IdentityUnavailable):
        await known.connection(BY_OLD)
    await known.close()


async def test_a_dead_server(clock: JumpingClock) -> None:
    async with key_house() as house:
        known = Verifier(clock, settings(house))
    with capture_logs() as logs:
        results = await asyncio.gather(
            *(known.connection(BY_OLD) for _ in range(100)), return_exceptions=True
        )
    assert {type(each) for each in results} == {IdentityUnavailable}
    assert len(logs) == 1


async def test_a_slow_server(house: KeyHouse, clock: JumpingClock) -> None:
    known = Verifier(clock, settings(house, jwks_timeout_s=0.05))
    house.open.clear()
    with pytest.raises(IdentityUnavailable, match=r"takes longer than 0\.05 s"):
        await known.connection(BY_OLD)


async def test_a_server_may_say_it_byte_by_byte(known: Verifier, house: KeyHouse) -> None:
    house.says = [bytes([each]) for each in key_set(OLD)]
    assert await user(known, BY_OLD) == "ann"


async def test_a_password_in_the_address_is_not_shown(house: KeyHouse, clock: JumpingClock) -> None:
    house.says = [answer(b"")]
    url = house.url.replace("http://", "http://us:hunter2@").replace("/keys", "/keys?token=hunter3")
    known = Verifier(clock, believing(jwks_url=url))
    with capture_logs() as logs, pytest.raises(IdentityUnavailable) as caught:
        await known.connection(BY_OLD)
    assert b"Authorization: Basic " in house.headers
    assert "hunter" not in f"{logs} {caught.value} {known!r}"
