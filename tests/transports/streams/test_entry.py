from __future__ import annotations

import pytest

from hubbub.dialects.contract import Request
from hubbub.model import Packet
from hubbub.sessions.contract import Refusal
from hubbub.transports.streams.entry import Entry

GREETING = (("Vary", "Origin"),)


def entry(method: str = "POST", body: bytes = b"", media: str = "", **query: str) -> Entry:
    headers = {"content-type": media} if media else {}
    made = Entry(Request("/sse", query=query, headers=headers), "sse", method, "1.1", GREETING, 10)
    assert made.take(body) is None
    return made


def test_what_is_said_first() -> None:
    assert entry("GET", cf_connect='{"id":1}').first() == Packet(b'{"id":1}')
    assert entry("GET", b"ignored", cf_connect="é").first() == Packet("é".encode())
    assert entry("POST", b'{"id":1}').first() == Packet(b'{"id":1}')
    assert entry("POST", b"\xff\x00", "Application/Octet-Stream; x=1").first() == Packet(
        b"\xff\x00", True
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (entry("GET"), "lacks cf_connect"),
        (entry("GET", cf_connect=""), "lacks cf_connect"),
        (entry("GET", b"{}"), "lacks cf_connect"),
        (entry("POST", cf_connect="{}"), "body is empty"),
        (entry("POST", b"\xff"), "not UTF-8"),
    ],
)
def test_what_is_missing_is_told_to_the_page(wrong: Entry, says: str) -> None:
    refusal = wrong.first()
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.headers) == (400, GREETING)
    assert says in refusal.reason


def test_a_body_is_limited_however_it_is_cut() -> None:
    one = entry(body=b"x" * 10)
    assert one.first() == Packet(b"x" * 10)
    refusal = one.take(b"x")
    assert refusal is not None
    assert (refusal.status, refusal.headers, "10 bytes" in refusal.reason) == (413, GREETING, True)


def test_the_media_type_is_what_is_offered() -> None:
    assert entry().offered == ()
    assert entry(media="Application/JSON;charset=utf-8").offered == ("application/json",)
