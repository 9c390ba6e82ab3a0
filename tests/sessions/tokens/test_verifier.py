"""Whose tokens are believed: forged, swapped, old, foreign and broken ones are not."""

from __future__ import annotations

import base64
import hashlib
import hmac
from asyncio import Future
from collections.abc import Coroutine
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as some
from structlog.testing import capture_logs

from hubbub.errors import ConfigurationError, ExpiredToken, HubbubError, InvalidToken
from hubbub.hub.stepping import start
from hubbub.sessions.tokens import ConnectionClaims, TokenSettings, Verifier
from tests.fakes.clock import JumpingClock
from tests.sessions.tokens.issuer import (
    NOW,
    PREVIOUS,
    SECRET,
    PrivateKey,
    believing,
    ec_key,
    eddsa_key,
    handmade,
    jwk,
    public_pem,
    rsa_key,
    shared,
    token,
)

RSA_PEM = public_pem(rsa_key())
EVERYTHING = shared(
    rsa_public_key=RSA_PEM,
    ecdsa_public_key=public_pem(ec_key()),
    eddsa_public_key=public_pem(eddsa_key()),
)
CLAIMS = {"sub": "ann", "exp": NOW + 60}


def at_once(work: Coroutine[Any, Any, Any]) -> Future[Any]:
    done = start(work)
    assert done.done(), "it waits, although every key is here"
    return done


def verifier(
    settings: TokenSettings = EVERYTHING, subscriptions: TokenSettings | None = None
) -> Verifier:
    return Verifier(JumpingClock(), settings, subscriptions)


def outcome(text: str, settings: TokenSettings = EVERYTHING) -> str:
    """Return the user that a token introduces, or why it does not."""
    fault = at_once((known := verifier(settings)).connection(text)).exception()
    if fault is None:
        user: str = at_once(known.connection(text)).result().grant.user
        return user
    assert isinstance(fault, HubbubError)
    if len(text) > 40:
        assert not any(part in str(fault) for part in text.split(".") if part)
    return str(fault)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (SECRET, "HS256"),
        (SECRET, "HS384"),
        (SECRET, "HS512"),
        (rsa_key(), "RS256"),
        (rsa_key(), "RS384"),
        (rsa_key(), "RS512"),
        (ec_key(), "ES256"),
        (eddsa_key(), "EdDSA"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_good_token_is_believed_without_waiting(
    key: PrivateKey | str, algorithm: str
) -> None:
    assert outcome(token(CLAIMS, key, algorithm)) == "ann"


@pytest.mark.parametrize(("curve", "algorithm"), [(ec.SECP384R1, "ES384"), (ec.SECP521R1, "ES512")])
async def test_other_curves(curve: type[ec.EllipticCurve], algorithm: str) -> None:
    known = believing(ecdsa_public_key=public_pem(ec_key(curve)))
    assert outcome(token(CLAIMS, ec_key(curve), algorithm), known) == "ann"
    # A key of another curve cannot even make one that is looked at.
    assert "no key for its algorithm" in outcome(token(CLAIMS, ec_key(), "ES256"), known)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        ("another secret of thirty-two characters", "HS256"),
        (rsa_key(1), "RS256"),
        (ec_key.__wrapped__(), "ES256"),
        (eddsa_key.__wrapped__(), "EdDSA"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_forged_token_is_not(key: PrivateKey | str, algorithm: str) -> None:
    assert "not that of a key we know" in outcome(token(CLAIMS, key, algorithm))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", [b"", b"x"])
async def test_no_algorithm_proves_nothing(name: str, signature: bytes) -> None:
    text = handmade({"alg": name, "typ": "JWT"}, CLAIMS, signature)
    assert "its algorithm is not one that proves anything" in outcome(text)


@pytest.mark.parametrize("name", ["PS256", "ES256K", "HS1", "hs256", "RSA-OAEP", "dir", "ES521"])
async def test_unknown_algorithms_prove_nothing(name: str) -> None:
    text = handmade({"alg": name}, CLAIMS, b"x" * 64)
    assert "its algorithm is not one that proves anything" in outcome(text)


@pytest.mark.parametrize("pem", [RSA_PEM, public_pem(ec_key()), public_pem(eddsa_key())])
@pytest.mark.parametrize("settings", [EVERYTHING, believing(rsa_public_key=RSA_PEM)])
async def test_a_public_key_is_no_secret(pem: str, settings: TokenSettings) -> None:
    """Who knows the public key, as everybody does, must not sign with it as if it were the secret."""
    for secret in (pem.encode(), pem.strip().encode(), pem.replace("\n", "").encode()):
        header, payload = handmade({"alg": "HS256"}, CLAIMS).split(".")[:2]
        digest = hmac.digest(secret, f"{header}.{payload}".encode(), hashlib.sha256)
        signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        assert "the token is not valid" in outcome(f"{header}.{payload}.{signature}", settings)


async def test_a_signature_of_one_algorithm_is_none_of_another() -> None:
    for key, made, claimed in (
        (SECRET, "HS256", "HS512"),
        (SECRET, "HS256", "RS256"),
        (rsa_key(), "RS256", "RS384"),
        (rsa_key(), "PS256", "RS256"),
        (rsa_key(), "RS256", "ES256"),
        (ec_key(), "ES256", "EdDSA"),
        (eddsa_key(), "EdDSA", "HS256"),
    ):
        _, payload, signature = token(CLAIMS, key, made).split(".")
        header = handmade({"alg": claimed}, {}).split(".")[0]
        assert "the token is not valid" in outcome(f"{header}.{payload}.{signature}")


async def test_the_payload_of_one_token_has_no_signature_of_another() -> None:
    header, _, signature = token(CLAIMS).split(".")
    payload = token(CLAIMS | {"sub": "root"}).split(".")[1]
    assert "not that of a key we know" in outcome(f"{header}.{payload}.{signature}")


async def test_keys_in_a_header_are_not_taken() -> None:
    """RFC 7515 section 4.1.3: `jwk`, `jku` and `x5u` are the forger's own."""
    own = jwk(rsa_key(1), "k")
    for headers in ({"jwk": own}, {"jku": "https://evil.example"}, {"x5u": "https://evil.example"}):
        text = token(CLAIMS, rsa_key(1), "RS256", headers)
        assert "not that of a key we know" in outcome(text)


async def test_without_keys_no_token_is_believed() -> None:
    assert outcome(token(CLAIMS), TokenSettings()) == (
        "the token is not valid: no token key is configured on this server"
    )
    assert "no key for its algorithm" in outcome(token(CLAIMS), believing(rsa_public_key=RSA_PEM))


async def test_the_previous_secret_counts_until_its_end() -> None:
    clock = JumpingClock()
    known = Verifier(
        clock,
        shared(hmac_previous_secret=PREVIOUS, hmac_previous_until=NOW + 100),
    )
    old, new = token({"sub": "ann"}, PREVIOUS), token({"sub": "ann"})
    clock.jump(99.9)
    assert (await known.connection(old)).grant.user == "ann"
    clock.jump(0.1)
    with pytest.raises(InvalidToken):
        await known.connection(old)
    assert (await known.connection(new)).grant.user == "ann"


async def test_a_token_gets_old_by_the_clock() -> None:
    clock = JumpingClock()
    known = Verifier(clock, shared(leeway_s=2))
    assert (await known.connection(token(CLAIMS))).grant.expire_at == NOW + 60
    clock.jump(61)
    assert (await known.connection(token(CLAIMS))).grant.expire_at == NOW + 62
    clock.jump(1)
    with pytest.raises(ExpiredToken):
        await known.connection(token(CLAIMS))
    with pytest.raises(InvalidToken):  # that it is old is told to its owner only
        await known.connection(token(CLAIMS, "another secret of thirty-two characters"))


async def test_subscription_tokens_are_signed_like_those_of_connections() -> None:
    text = token({"sub": "ann", "channel": "$a"}, rsa_key(), "RS256")
    for without in (None, TokenSettings()):
        claims = await verifier(EVERYTHING, without).subscription(text)
        assert (claims.user, claims.channel) == ("ann", "$a")


async def test_subscription_tokens_with_keys_of_their_own_need_those() -> None:
    other = "the secret of whoever gives out channels"
    known = verifier(shared(audience="c"), believing(hmac_secret=other, audience="s"))
    claims = {"sub": "ann", "channel": "$a", "aud": "s"}
    assert (await known.subscription(token(claims, other))).channel == "$a"
    assert (await known.connection(token({"aud": "c"}))).grant.user == ""
    for wrong in (token(claims), token(claims | {"aud": "c"}, other)):
        with pytest.raises(InvalidToken):
            await known.subscription(wrong)
    for wrong in (token({"aud": "c"}, other), token({"aud": "s"})):
        with pytest.raises(InvalidToken):
            await known.connection(wrong)


async def test_a_token_for_a_channel_introduces_nobody_and_the_other_way_round() -> None:
    assert "subscription token" in outcome(token({"sub": "ann", "channel": "a"}))
    with pytest.raises(InvalidToken):
        await verifier().subscription(token({"sub": "ann"}))


def test_keys_that_are_none_are_configuration_errors() -> None:
    with pytest.raises(ConfigurationError) as caught:
        verifier(believing(rsa_public_key="x", jwks_url="y"))
    assert [problem.split()[0] for problem in caught.value.problems] == [
        "tokens.rsa_public_key",
        "tokens.jwks_url",
    ]
    with pytest.raises(ConfigurationError) as caught:
        verifier(subscriptions=believing(ecdsa_public_key="x"))
    assert "subscription_tokens.ecdsa_public_key" in str(caught.value)


def test_a_short_secret_is_warned_of_and_not_shown() -> None:
    with capture_logs() as logs:
        verifier(believing(hmac_secret="hush"), believing(hmac_secret="h" * 32))
    assert [log["event"] for log in logs] == ["a secret in [tokens] has fewer than 32 bytes"]
    assert "hush" not in str(logs)


GOOD = [token(CLAIMS), token(CLAIMS, rsa_key(), "RS256"), token(CLAIMS, ec_key(), "ES256")]
HEADERS = some.fixed_dictionaries(
    {"alg": some.sampled_from(["HS256", "RS256", "ES256", "EdDSA", "none"]) | some.text()},
    optional={"kid": some.text() | some.integers(), "crit": some.lists(some.text())},
)


@some.composite
def damaged(draw: some.DrawFn) -> str:
    text = draw(some.sampled_from(GOOD))
    at = draw(some.integers(0, len(text) - 1))
    end = draw(some.integers(at, min(len(text), at + 20)))
    return text[:at] + draw(some.text("ab_-.=", max_size=20)) + text[end:]


@given(
    damaged()
    | some.text(max_size=80)
    | some.builds(handmade, HEADERS, some.just(CLAIMS), some.binary(max_size=300))
)
async def test_whatever_comes_is_a_good_token_or_no_token(text: str) -> None:
    known = verifier()
    for work in (known.connection(text), known.subscription(text)):
        try:
            claims = await work
        except (InvalidToken, ExpiredToken) as fault:
            assert len(text) < 40 or text not in str(fault)
        else:
            assert isinstance(claims, ConnectionClaims)
            assert claims.grant.user == "ann"
            assert any(text.startswith(good.rpartition(".")[0]) for good in GOOD)
