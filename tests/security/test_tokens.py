"""Tokens that prove nothing, shown to a real server: on connecting, on subscribing, and to stay."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.clients.talk import talking
from tests.docs.served import Served
from tests.security.hostile_tokens import (
    AUDIENCE,
    ISSUER,
    OTHER_SECRET,
    SECRET,
    Forger,
    pem,
    rsa_key,
)

Show: TypeAlias = Callable[[int, str], Awaitable[int]]

RSA = rsa_key()
CHANNEL = "private:ours"
CONNECTING = Forger({}, RSA)
SUBSCRIBING = Forger({"channel": CHANNEL}, RSA)

SETTINGS = f"""
[tokens]
hmac_secret = "{SECRET}"
rsa_public_key = "rsa.pem"
ecdsa_public_key = "ecdsa.pem"
audience = "{AUDIENCE}"
issuer = "{ISSUER}"

[namespaces.private]
subscribe = "nobody"
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run a server that believes three keys."""
    folder: Path = tmp_path_factory.mktemp("server")
    (folder / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "rsa.pem").write_bytes(pem(RSA))
    (folder / "ecdsa.pem").write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    with Served(folder, "--broker", "memory://") as served:
        yield served.port
        assert SECRET not in served.log()


async def on_connecting(port: int, token: str) -> int:
    """Return the code with which somebody who shows a token is sent away; 0: they are let in."""
    async with talking(port) as talk:
        return await talk.verdict("connect", token=token)


async def on_subscribing(port: int, token: str) -> int:
    """Return the code with which somebody is kept out of the channel or sent away; 0: they are let in."""
    async with talking(port) as talk:
        await talk.result("connect", token=CONNECTING.good())
        return await talk.verdict("subscribe", channel=CHANNEL, token=token)


async def on_staying(port: int, token: str) -> int:
    """Return the code with which somebody is sent away who shows a token to stay; 0: they may."""
    async with talking(port) as talk:
        await talk.result("connect", token=CONNECTING.good())
        return await talk.verdict("refresh", token=token)


async def test_good_tokens_are_believed(port: int) -> None:
    assert await on_connecting(port, CONNECTING.good()) == 0
    assert await on_connecting(port, jwt.encode(CONNECTING.claims(), RSA, "RS256")) == 0
    assert await on_connecting(port, CONNECTING.good(aud=["billing", AUDIENCE])) == 0
    assert await on_subscribing(port, SUBSCRIBING.good()) == 0
    assert await on_staying(port, CONNECTING.good()) == 0


@pytest.mark.parametrize("show", [on_connecting, on_staying])
async def test_nobody_gets_in_by_a_hostile_token(port: int, show: Show) -> None:
    codes = {wrong: await show(port, token) for wrong, token in CONNECTING.all().items()}

    assert {wrong: code for wrong, code in codes.items() if code != 3500} == {}


async def test_no_channel_opens_to_a_hostile_token(port: int) -> None:
    codes = {wrong: await on_subscribing(port, token) for wrong, token in SUBSCRIBING.all().items()}

    assert {wrong: code for wrong, code in codes.items() if code not in {103, 3500}} == {}


async def test_tokens_of_one_kind_are_none_of_the_other(port: int) -> None:
    assert await on_connecting(port, SUBSCRIBING.good()) == 3500
    assert await on_subscribing(port, CONNECTING.good()) == 103


async def test_a_token_is_for_one_user_and_one_channel(port: int) -> None:
    assert await on_subscribing(port, SUBSCRIBING.good(sub="li")) == 3500
    assert await on_subscribing(port, SUBSCRIBING.good(channel="private:theirs")) == 3500
    assert await on_subscribing(port, SUBSCRIBING.good(channel="private:*")) == 3500
    assert await on_staying(port, CONNECTING.good(sub="li")) == 3500


async def test_an_expired_token_is_told_from_a_bad_one(port: int) -> None:
    past = int(time.time()) - 60
    assert await on_connecting(port, CONNECTING.good(exp=past)) == 109
    assert await on_subscribing(port, SUBSCRIBING.good(exp=past)) == 109
    assert await on_connecting(port, CONNECTING.good(exp=past, aud="billing")) == 3500
    forged = jwt.encode(CONNECTING.claims(exp=past), OTHER_SECRET, "HS256")
    assert await on_connecting(port, forged) == 3500


async def test_who_was_refused_gets_nothing_more(port: int) -> None:
    async with talking(port) as talk:
        assert await talk.error("connect", token=CONNECTING.good(exp=1)) == 109
        assert await talk.verdict("subscribe", channel="any") == 3501
