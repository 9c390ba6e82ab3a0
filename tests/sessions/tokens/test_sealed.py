from __future__ import annotations

import hashlib
import hmac
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as some

from hubbub.errors import InvalidToken
from hubbub.sessions.tokens.sealed import seal, unseal
from tests.sessions.tokens.issuer import SECRET, handmade, token

LIMIT = 8192


def reason(text: str, limit: int = LIMIT) -> str:
    with pytest.raises(InvalidToken) as caught:
        unseal(text, limit)
    return caught.value.detail


def test_the_parts_are_what_was_signed() -> None:
    text = token({"sub": "ann"}, headers={"kid": "k1"})
    sealed = unseal(text, LIMIT)
    assert (sealed.algorithm, sealed.kid) == ("HS256", "k1")
    assert json.loads(sealed.payload) == {"sub": "ann"}
    digest = hmac.digest(SECRET.encode(), sealed.signed, hashlib.sha256)
    assert (sealed.signed.decode(), sealed.signature) == (text.rpartition(".")[0], digest)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "three parts"),
        ("a.b", "three parts"),
        ("a.b.c.d", "three parts"),
        ("a.b.c\n", "three parts"),
        ("eyJ=.b.c", "three parts"),
        ("é.b.c", "three parts"),
        ("A.A.A", "header"),
        ("AA.AA.AA", "header"),
        (handmade([], {}), "header"),
        (handmade({}, {}), "header"),
        (handmade({"alg": 1}, {}), "header"),
        (handmade({"alg": "HS256", "kid": 1}, {}), "header"),
        (handmade(b'{"alg": "HS256\xff"}', {}), "header"),
        (handmade(b"[" * 3000, {}), "header"),
        (handmade({"alg": "HS256", "crit": ["exp"]}, {}), "extensions"),
        (handmade({"alg": "HS256", "crit": None}, {}), "extensions"),
    ],
)
def test_what_is_no_token_is_told(text: str, words: str) -> None:
    assert words in reason(text)


def test_a_token_has_a_size() -> None:
    text = token({"sub": "a" * 100})
    assert unseal(text, len(text)).algorithm == "HS256"
    assert reason(text, len(text) - 1) == f"it has more than {len(text) - 1} bytes"


def test_no_reason_repeats_the_token() -> None:
    assert "c2VjcmV0" not in reason("c2VjcmV0.c2VjcmV0.c2VjcmV0")


@given(some.text(max_size=60) | some.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True))
def test_garbage_is_nothing_worse_than_invalid(text: str) -> None:
    try:
        unseal(text, LIMIT)
    except InvalidToken:
        return


@given(some.binary(min_size=1, max_size=200))
def test_what_is_sealed_here_is_opened_elsewhere(payload: bytes) -> None:
    text = seal(
        {"alg": "HS256", "typ": "JWT", "kid": "k"},
        payload,
        lambda signed: hmac.digest(SECRET.encode(), signed, hashlib.sha256),
    )
    opened = jwt.api_jws.PyJWS().decode_complete(text, SECRET, ["HS256"])
    assert (opened["payload"], opened["header"]["kid"]) == (payload, "k")
    assert unseal(text, LIMIT).payload == payload
