"""What holds for every payload."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as some

from hubbub.errors import ExpiredToken, InvalidToken
from hubbub.sessions.tokens import TokenSettings
from hubbub.sessions.tokens.payload import connection_claims, subscription_claims
from tests.sessions.tokens.test_payload import (
    COMMON,
    CONNECTION,
    LENIENT,
    NOW,
    SUBSCRIPTION,
    b64,
    connection,
)

NUMBERS = some.floats(allow_nan=False, allow_infinity=False)
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | NUMBERS | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=6,
)
CLAIMS = some.dictionaries(
    some.sampled_from([*COMMON, *CONNECTION, *SUBSCRIPTION, "channel"]),
    JSON,
)


@given(some.binary(max_size=100) | CLAIMS.map(lambda claims: json.dumps(claims).encode()))
def test_whatever_is_signed_is_read_or_refused(payload: bytes) -> None:
    for read in (connection_claims, subscription_claims):
        try:
            read(payload, LENIENT, NOW)
        except (InvalidToken, ExpiredToken):
            continue


SOMETHING = JSON.filter(lambda value: value is not None)


@given(SOMETHING, SOMETHING)
def test_json_comes_out_as_it_went_in(info: object, data: object) -> None:
    text = json.dumps({"channel": "c", "info": info, "b64data": b64(data)})
    grant = subscription_claims(text.encode(), LENIENT, NOW).grant
    assert (json.loads(grant.info), json.loads(grant.data)) == (info, data)


@given(exp=some.floats(0, 2000), leeway=some.floats(0, 100), now=some.floats(0, 2000))
def test_what_is_granted_has_never_ended_before_it_begins(
    exp: float, leeway: float, now: float
) -> None:
    try:
        end = connection({"exp": exp}, TokenSettings(leeway_s=leeway), now).grant.expire_at
    except ExpiredToken:
        assert now >= exp + leeway
    else:
        assert end > now or end == 0 == exp
