from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from hubbub.errors import ExpiredToken, InvalidToken
from hubbub.hub.permissions.options import Override
from hubbub.hub.permissions.permission import Operation, Permission
from hubbub.sessions.hooks import ConnectGrant, SubscribeGrant
from hubbub.sessions.tokens import ConnectionClaims, SubscriptionClaims, TokenSettings
from hubbub.sessions.tokens.payload import connection_claims, subscription_claims
from tests.sessions.tokens.issuer import believing

NOW = 1000.0
LENIENT = TokenSettings()
STRICT = TokenSettings(leeway_s=0)

COMMON = ("sub", "exp", "nbf", "iat", "jti", "iss", "aud", "expire_at", "info", "b64info")
CONNECTION = ("channels", "subs", "meta", "caps")
SUBSCRIPTION = ("client", "data", "b64data", "override")


def b64(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def connection(
    claims: object, settings: TokenSettings = LENIENT, now: float = NOW
) -> ConnectionClaims:
    return connection_claims(json.dumps(claims).encode(), settings, now)


def subscription(
    claims: object, settings: TokenSettings = LENIENT, now: float = NOW
) -> SubscriptionClaims:
    return subscription_claims(json.dumps(claims).encode(), settings, now)


def outcome(claims: object, settings: TokenSettings = STRICT, now: float = NOW) -> str:
    try:
        return f"until {connection(claims, settings, now).grant.expire_at}"
    except (InvalidToken, ExpiredToken) as fault:
        return str(fault)


def test_a_whole_connection_token() -> None:
    claims = connection(
        {
            "sub": "ann",
            "exp": 2000,
            "iat": 900.7,
            "jti": "t1",
            "aud": ["x", "y"],
            "info": {"name": "Ann"},
            "meta": {"plan": "gold"},
            "channels": ["a", "b"],
            "subs": {
                "news": {
                    "info": [1],
                    "data": {"hello": 1},
                    "override": {"presence": {"value": False}, "force_recovery": {"value": True}},
                },
                "chat": {"b64info": b64({"a": 1}), "b64data": b64("text")},
            },
            "caps": [
                {"channels": ["news:*"], "match": "wildcard", "allow": ["sub", "hst"]},
                {"channels": ["a"], "allow": ["pub", "prs"]},
            ],
            "unknown": {"claims": "are left alone"},
        }
    )
    assert claims == ConnectionClaims(
        ConnectGrant(
            "ann",
            2000,
            b'{"name": "Ann"}',
            channels=("a", "b"),
            subs={
                "news": SubscribeGrant(
                    0, b"[1]", b'{"hello": 1}', Override(presence=False, force_recovery=True)
                ),
                "chat": SubscribeGrant(0, b'{"a": 1}', b'"text"'),
            },
            meta=b'{"plan": "gold"}',
            permissions=(
                Permission(("news:*",), frozenset({Operation.SUBSCRIBE, Operation.HISTORY}), True),
                Permission(("a",), frozenset({Operation.PUBLISH, Operation.PRESENCE})),
            ),
        ),
        900,
        "t1",
    )


def test_a_whole_subscription_token() -> None:
    claims = subscription(
        {
            "sub": "ann",
            "channel": "$news",
            "client": "s1",
            "exp": 2000,
            "iat": 900,
            "jti": "t2",
            "info": {"a": 1},
            "b64data": b64(7),
            "override": {"join_leave": {"value": True}, "force_positioning": {"value": False}},
        }
    )
    grant = SubscribeGrant(
        2000, b'{"a": 1}', b"7", Override(join_leave=True, force_positioning=False)
    )
    assert claims == SubscriptionClaims("ann", "$news", "s1", grant, 900, "t2")


def test_nothing_said_is_somebody_without_a_name() -> None:
    assert connection({}) == ConnectionClaims(ConnectGrant(""))
    assert subscription({"channel": "c"}) == SubscriptionClaims("", "c")


def test_a_claim_that_is_null_is_not_there() -> None:
    assert connection(dict.fromkeys((*COMMON, *CONNECTION))) == connection({})
    nothing = dict.fromkeys((*COMMON, *SUBSCRIPTION))
    assert subscription(nothing | {"channel": "c"}) == subscription({"channel": "c"})


@pytest.mark.parametrize(
    ("claims", "now", "result"),
    [
        ({}, 1e9, "until 0"),
        ({"exp": 1000}, 999.999, "until 1000"),
        ({"exp": 1000}, 1000, "the token has expired"),
        ({"exp": 1000.5}, 1000.4, "until 1001"),
        ({"exp": 0}, 1000, "the token has expired"),
        ({"nbf": 1000}, 1000, "until 0"),
        ({"nbf": 1000}, 999.999, "the token is not valid: it is not valid yet (nbf)"),
        ({"iat": 1000}, 1000, "until 0"),
        (
            {"iat": 1000},
            999.9,
            "the token is not valid: it was made in the future (iat); look at the clocks",
        ),
        ({"exp": 2000, "expire_at": 5000}, 1000, "until 5000"),
        ({"exp": 2000, "expire_at": 0}, 1000, "until 0"),
        ({"exp": 2000, "expire_at": 0}, 2000, "the token has expired"),
        ({"exp": 2000, "expire_at": 900}, 1000, "the token has expired"),
        ({"expire_at": 1000}, 999, "until 1000"),
    ],
)
def test_times(claims: dict[str, Any], now: float, result: str) -> None:
    assert outcome(claims, STRICT, now) == result


def test_clocks_may_differ_by_the_leeway() -> None:
    five = TokenSettings(leeway_s=5)
    assert outcome({"exp": 1000}, five, 999) == "until 1000"
    assert outcome({"exp": 1000}, five, 1000) == "until 1005"
    assert outcome({"exp": 1000}, five, 1004.9) == "until 1005"
    assert outcome({"exp": 1000}, five, 1005) == "the token has expired"
    assert outcome({"nbf": 1005, "iat": 1005}, five, 1000) == "until 0"
    assert "(nbf)" in outcome({"nbf": 1005.1}, five, 1000)
    assert "(iat)" in outcome({"iat": 1005.1}, five, 1000)


@pytest.mark.parametrize(
    ("claim", "believed"),
    [
        ({"aud": "here"}, True),
        ({"aud": ["there", "here"]}, True),
        ({"aud": "there"}, False),
        ({"aud": []}, False),
        ({"aud": "HERE"}, False),
        ({"aud": "here "}, False),
        ({}, False),
    ],
)
def test_the_audience(claim: dict[str, Any], believed: bool) -> None:
    result = outcome(claim, TokenSettings(audience="here"))
    assert ("(aud)" not in result) is believed
    assert "(aud)" not in outcome(claim)


@pytest.mark.parametrize(("claim", "believed"), [({"iss": "us"}, True), ({"iss": "them"}, False)])
def test_the_issuer(claim: dict[str, Any], believed: bool) -> None:
    assert ("(iss)" not in outcome(claim, TokenSettings(issuer="us"))) is believed
    assert "(iss)" in outcome({}, TokenSettings(issuer="us"))
    assert "(iss)" not in outcome(claim)


def test_a_strange_token_is_invalid_even_if_it_is_old_too() -> None:
    assert "(iss)" in outcome({"exp": 1, "iss": "them"}, TokenSettings(issuer="us"))


def test_the_user_may_be_in_another_claim() -> None:
    other = believing(user_claim="user_id", hmac_secret="x")
    assert connection({"sub": "no", "user_id": "ann"}, other).grant.user == "ann"
    assert connection({"sub": "no"}, other).grant.user == ""
    assert connection({"jti": "ann"}, TokenSettings(user_claim="jti")).grant.user == "ann"


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ([], "is not what it should be"),
        ("ann", "is not what it should be"),
        ({"sub": 42}, "Expected `str | null`, got `int` - at `$.sub`"),
        ({"sub": "a\nb"}, "a user name is printable"),
        ({"sub": "a" * 129}, "a user name is printable"),
        ({"exp": "tomorrow"}, "at `$.exp`"),
        ({"exp": True}, "at `$.exp`"),
        ({"exp": -1}, "at `$.exp`"),
        ({"exp": 1e30}, "at `$.exp`"),
        ({"jti": 1}, "at `$.jti`"),
        ({"aud": {"a": 1}}, "at `$.aud`"),
        ({"channels": "news"}, "at `$.channels`"),
        ({"channels": [1]}, "at `$.channels[0]`"),
        ({"subs": ["news"]}, "at `$.subs`"),
        ({"subs": {"news": {"override": {"presence": True}}}}, "override.presence`"),
        ({"caps": [{"channels": ["a"]}]}, "missing required field `allow`"),
        ({"caps": [{"channels": ["a"], "allow": ["all"]}]}, "allow[0]`"),
        ({"caps": [{"channels": ["a"], "allow": [], "match": "regex"}]}, "match`"),
        ({"b64info": "é"}, "b64info is not base64 of JSON"),
        ({"b64info": "?"}, "b64info is not base64 of JSON"),
        ({"b64info": b64(1) + "=="}, "b64info is not base64 of JSON"),
        ({"b64info": base64.b64encode(b"{x").decode()}, "b64info is not base64 of JSON"),
        ({"b64info": base64.b64encode(b'"\xff"').decode()}, "b64info is not base64 of JSON"),
        ({"b64info": base64.b64encode(b"[" * 5000).decode()}, "b64info is not base64 of JSON"),
        ({"subs": {"a": {"b64data": "?"}}}, "b64data is not base64 of JSON"),
        ({"channel": "news"}, "it is a subscription token"),
    ],
)
def test_what_a_connection_token_must_not_say(claims: object, words: str) -> None:
    assert words in outcome(claims)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"sub": "ann"}, "it names no channel"),
        ({"sub": "ann", "channel": ""}, "it names no channel"),
        ({"channel": 1}, "at `$.channel`"),
        ({"channel": "c", "client": 1}, "at `$.client`"),
        ({"channel": "c", "override": {"presence": 1}}, "at `$.override.presence`"),
    ],
)
def test_what_a_subscription_token_must_not_say(claims: object, words: str) -> None:
    with pytest.raises(InvalidToken, match=r".") as caught:
        subscription(claims)
    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "its claims are not JSON"),
        (b"{", "its claims are not JSON"),
        (b"{} x", "its claims are not JSON"),
        (b'{"info": {]}', "its claims are not JSON"),
        (b'{"info": ' + b"[" * 6000 + b"]" * 6000 + b"}", "its claims are not JSON"),
        (b"[" * 6000, "a claim is not what it should be"),
        (b'{"sub": "\xff"}', "its claims are not UTF-8"),
        (b'{"info": "\xff"}', "its claims are not UTF-8"),
        (b'{"exp": 1e999}', "out of range"),
    ],
)
def test_what_is_no_payload(payload: bytes, words: str) -> None:
    with pytest.raises(InvalidToken) as caught:
        connection_claims(payload, LENIENT, NOW)
    assert words in caught.value.detail


def test_half_characters_are_made_whole() -> None:
    payload = rb'{"sub": "a\ud83d", "info": {"name": "\ud83d"}}'
    claims = connection_claims(payload, LENIENT, NOW)
    assert (claims.grant.user, claims.grant.info) == ("a\ufffd", rb'{"name": "\ufffd"}')
