"""Keys from a key server on loopback."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from hubbub.errors import IdentityUnavailable, InvalidToken
from hubbub.hub.stepping import start
from hubbub.sessions.tokens import Verifier
from tests.fakes.clock import JumpingClock
from tests.sessions.tokens.issuer import (
    PrivateKey,
    ec_key,
    eddsa_key,
    jwk,
    public_pem,
    rsa_key,
    shared,
    token,
)
from tests.sessions.tokens.key_server import KeyHouse
from tests.sessions.tokens.rotation import BY_NEW, BY_NOBODY, BY_OLD, NEW, OLD, settings, user


async def test_keys_are_fetched_once_and_then_at_hand(known: Verifier, house: KeyHouse) -> None:
    assert await user(known, BY_OLD) == "ann"
    for _ in range(3):
        assert start(known.connection(BY_OLD)).done()
    assert house.asked == 1
    assert b"GET /keys " in house.headers
    assert b"Accept-Encoding: identity" in house.headers


@pytest.mark.parametrize(
    ("key", "algorithm"), [(rsa_key(), "RS512"), (ec_key(), "ES256"), (eddsa_key(), "EdDSA")]
)
async def test_keys_of_all_kinds(
    known: Verifier, house: KeyHouse, key: PrivateKey, algorithm: str
) -> None:
    house.says_keys(jwk(key, "k", use="sig", alg=algorithm))
    assert await user(known, token({"sub": "ann"}, key, algorithm, {"kid": "k"})) == "ann"


async def test_a_key_is_for_its_algorithm_only(known: Verifier, house: KeyHouse) -> None:
    house.says_keys(jwk(rsa_key(), "old", alg="RS256"))
    for text in (
        token({}, rsa_key(), "RS384", {"kid": "old"}),
        token({}, ec_key(), "ES256", {"kid": "old"}),
        token({}, rsa_key(1), "RS256", {"kid": "old"}),
    ):
        with pytest.raises(InvalidToken):
            await known.connection(text)
    assert house.asked == 1


async def test_a_secret_from_a_key_server_is_not_believed(known: Verifier, house: KeyHouse) -> None:
    house.says_keys({"kty": "oct", "k": "c2VjcmV0", "kid": "k"}, OLD)
    with pytest.raises(InvalidToken, match="no key for its algorithm"):
        await known.connection(token({}, "secret", "HS256", {"kid": "k"}))
    assert house.asked == 0


async def test_a_token_must_name_its_key(known: Verifier, house: KeyHouse) -> None:
    with pytest.raises(InvalidToken, match="kid"):
        await known.connection(token({}, rsa_key(), "RS256"))
    assert house.asked == 0


async def test_rotation_is_seen_at_the_first_new_token(
    known: Verifier, house: KeyHouse, clock: JumpingClock
) -> None:
    assert await user(known, BY_OLD) == "ann"
    clock.jump(5)
    house.says_keys(OLD, NEW)
    assert await user(known, BY_NEW) == "bob"
    clock.jump(5)
    house.says_keys(NEW)
    with pytest.raises(InvalidToken):
        await known.connection(BY_NOBODY)
    with pytest.raises(IdentityUnavailable):  # withdrawn just now
        await known.connection(BY_OLD)
    clock.jump(5)
    with pytest.raises(InvalidToken):
        await known.connection(BY_OLD)
    assert (await user(known, BY_NEW), house.asked) == ("bob", 4)


async def test_a_new_key_between_two_fetches_is_a_matter_of_trying_again(
    known: Verifier, house: KeyHouse, clock: JumpingClock
) -> None:
    await known.connection(BY_OLD)
    house.says_keys(OLD, NEW)
    clock.jump(2)
    with pytest.raises(IdentityUnavailable) as caught:
        await known.connection(BY_NEW)
    assert (caught.value.retry_after_s, house.asked) == (3, 1)
    clock.jump(3)
    assert await user(known, BY_NEW) == "bob"


async def test_old_keys_are_fetched_anew(
    known: Verifier, house: KeyHouse, clock: JumpingClock
) -> None:
    await known.connection(BY_OLD)
    clock.jump(599)
    await known.connection(BY_OLD)
    assert house.asked == 1
    house.says_keys(NEW)
    clock.jump(1)
    with pytest.raises(InvalidToken):  # withdrawn
        await known.connection(BY_OLD)
    assert house.asked == 2


async def test_a_thousand_unknown_keys_at_once_are_one_fetch(
    known: Verifier, house: KeyHouse, clock: JumpingClock
) -> None:
    house.open.clear()
    texts = [
        BY_OLD if each % 2 else token({}, rsa_key(1), "RS256", {"kid": f"k{each % 50}"})
        for each in range(1000)
    ]
    waiting = [start(known.connection(text)) for text in texts]
    assert not any(each.done() for each in waiting)
    house.open.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(each, InvalidToken) for each in results) == 500
    assert sum(not isinstance(each, BaseException) for each in results) == 500
    with capture_logs() as logs:
        late = await asyncio.gather(
            *(known.connection(text) for text in texts[::2]), return_exceptions=True
        )
    assert {type(each) for each in late} == {IdentityUnavailable}
    assert (house.asked, logs) == (1, [])


async def test_a_fetch_that_takes_long_is_not_begun_twice(
    known: Verifier, house: KeyHouse, clock: JumpingClock
) -> None:
    house.open.clear()
    waiting = [start(known.connection(BY_OLD))]
    clock.jump(60)
    waiting.append(start(known.connection(BY_OLD)))
    await asyncio.sleep(0.01)
    house.open.set()
    await asyncio.gather(*waiting)
    assert house.asked == 1


async def test_one_that_gives_up_waiting_disturbs_nobody(known: Verifier, house: KeyHouse) -> None:
    house.open.clear()
    waiting = [start(known.connection(BY_OLD)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    house.open.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert all(not isinstance(each, BaseException) for each in results[1:])
    assert house.asked == 1


async def test_closing_ends_a_fetch_and_those_that_wait(
    house: KeyHouse, clock: JumpingClock
) -> None:
    known = Verifier(clock, settings(house), settings(house))
    await known.close()
    house.open.clear()
    waiting = start(known.connection(BY_OLD)), start(known.subscription(BY_OLD))
    await asyncio.sleep(0.01)
    await known.close()
    for each in waiting:
        with pytest.raises(IdentityUnavailable, match="this server stops"):
            await each


async def test_our_own_keys_need_no_server(house: KeyHouse, clock: JumpingClock) -> None:
    own = shared(
        jwks_url=house.url,
        rsa_public_key=public_pem(rsa_key(2)),
        ecdsa_public_key=public_pem(ec_key()),
    )
    known = Verifier(clock, own)
    assert start(known.connection(token({}))).done()
    assert start(known.connection(token({}, rsa_key(2), "RS256", {"kid": "any"}))).done()
    assert house.asked == 0
    assert await user(known, BY_OLD) == "ann"
    await known.close()
