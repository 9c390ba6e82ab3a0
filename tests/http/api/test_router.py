"""The API's paths, and what it answers to what is wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hubbub.errors import BrokerUnavailable
from hubbub.http.settings import ApiSettings, ErrorMode, HttpSettings
from tests.http.site_stage import site

BAD = [
    ("publish", b'{"channel":"c","data":"\xff"}', 107, "not UTF-8"),
    ("publish", b"", 107, "truncated"),
    ("publish", b"{", 107, "truncated"),
    ("publish", b"[]", 107, "Expected `object`"),
    ("publish", b"\xff", 107, ""),
    ("publish", b'{"data":1}', 107, "channel"),
    ("publish", b'{"channel":"lobby"}', 107, "a publish has data or b64data"),
    ("publish", b'{"channel":7,"data":1}', 107, "Expected `str`"),
    ("publish", b'{"channel":"","data":1}', 107, "not a channel name"),
    ("publish", b'{"channel":"!own","data":1}', 107, "not a channel name"),
    ("publish", b'{"channel":"a\\u0000","data":1}', 107, "control characters"),
    ("publish", b'{"channel":"%s","data":1}' % (b"x" * 300), 107, "not a channel name"),
    ("publish", b'{"channel":"lobby","b64data":"*"}', 107, "not base64"),
    ("publish", b'{"channel":"lobby","data":1,"tags":{"a":1}}', 107, "Expected `str`"),
    (
        "publish",
        b'{"channel":"lobby","data":1,"idempotency_key":"%s"}' % (b"k" * 129),
        107,
        "length <= 128",
    ),
    (
        "publish",
        b'{"channel":"lobby","data":"%s"}' % (b"x" * 2000),
        107,
        "the data is larger than 1000 bytes",
    ),
    (
        "publish",
        b'{"channel":"lobby","data":"%s"}' % (b"x" * 5000),
        107,
        "the request is larger than 4000 bytes",
    ),
    ("publish", b"[" * 3900, 107, ""),
    ("history", b"", 107, "truncated"),
    ("history", b'{"channel":"lobby","limit":-2}', 107, ">= -1"),
    ("history", b'{"channel":"lobby","limit":1.5}', 107, "Expected `int`"),
    ("history", b'{"channel":"lobby","since":{"offset":-1}}', 107, ">= 0"),
    ("history", b'{"channel":"lobby","since":5}', 107, "Expected `object"),
    (
        "history",
        b'{"channel":"lobby","limit":1,"reverse":true,"since":{"offset":0}}',
        107,
        "before offset 0",
    ),
    ("presence", b"{}", 107, "channel"),
    ("presence", b'{"channel":"!x"}', 107, "not a channel name"),
    ("presence_stats", b"null", 107, "Expected `object`"),
    ("info", b"7", 107, "Expected `object`"),
]


@pytest.mark.parametrize(("method", "body", "code", "words"), BAD)
async def test_what_is_wrong_is_answered_in_the_envelope(
    method: str, body: bytes, code: int, words: str
) -> None:
    async with site(HttpSettings(body_limit=4000, payload_limit=1000)) as place:
        response = await place.client.post(f"/api/{method}", content=body)
        assert response.status_code == 200
        error = response.json()["error"]
        assert error["code"] == code
        assert words in error["message"]


async def test_unknown_methods_and_verbs() -> None:
    async with site() as place:
        unknown = await place.client.post("/api/nope", json={})
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, 104)
        got = await place.client.get("/api/publish")
        assert (got.status_code, got.headers["allow"]) == (405, "POST")
        assert got.json()["error"]["message"] == "/api/publish does not take GET"


async def test_a_broker_that_is_away_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async with site() as place:

        def away(*_: object, **__: object) -> asyncio.Future[Any]:
            future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            future.set_exception(BrokerUnavailable("Redis is away", 2))
            return future

        monkeypatch.setattr(place.place.broker.log, "publish", away)
        error = (await place.call("publish", {"channel": "lobby", "data": 1}))["error"]
        assert error["code"] == 100
        assert "Redis is away" in error["message"]


async def test_fields_of_other_versions_are_ignored() -> None:
    async with site() as place:
        request = {"channel": "lobby", "data": 1, "no_such_field": {"a": [1]}}
        assert "result" in await place.call("publish", request)
        assert "result" in await place.call("info", {"verbose": True})


async def test_statuses_where_they_are_wanted() -> None:
    wrong = {"channel": "lobby", "since": {"offset": 1, "epoch": "other"}}
    async with site(HttpSettings(api=ApiSettings(error_mode=ErrorMode.TRANSPORT))) as place:
        response = await place.client.post("/api/history", json=wrong)
        assert (response.status_code, response.json()["code"]) == (416, 112)
        headers = {"X-Error-Mode": "body"}
        response = await place.client.post("/api/history", json=wrong, headers=headers)
        assert (response.status_code, response.json()["error"]["code"]) == (200, 112)
        assert "result" in await place.call("publish", {"channel": "lobby", "data": 1})
    async with site() as place:
        for header in ("X-Error-Mode", "X-Centrifugo-Error-Mode"):
            headers = {header: "transport"}
            response = await place.client.post("/api/history", json={}, headers=headers)
            assert (response.status_code, response.json()["code"]) == (400, 107)
            response = await place.client.post("/api/dance", json={}, headers=headers)
            assert (response.status_code, response.json()["code"]) == (404, 104)


async def test_a_fault_of_ours_is_told_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with site() as place:

        def broken(*_: object, **__: object) -> object:
            raise RuntimeError("hunter2")

        monkeypatch.setattr(place.hub, "publish", broken)
        envelope = await place.call("publish", {"channel": "lobby", "data": 1})
        assert envelope == {"error": {"code": 100, "message": "internal server error"}}
