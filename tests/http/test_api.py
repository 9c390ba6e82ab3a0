"""The API: what it answers, and what it answers to what is wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from hubbub.errors import BrokerUnavailable
from hubbub.http.settings import HttpSettings
from hubbub.hub.namespaces import Namespace
from hubbub.model import ClientInfo, Kind
from tests.http.site_stage import ORIGIN, site

LOCKED = HttpSettings(keys=("the-first-key", "the-second-key"), open=False)


async def test_what_is_published_is_in_history_and_reaches_subscribers() -> None:
    async with site() as place:
        listener = await place.place.listen("ann", "lobby")
        first = await place.call(
            "publish", {"channel": "lobby", "data": {"n": 1}, "tags": {"a": "b"}}
        )
        epoch = first["result"]["epoch"]
        assert first == {"result": {"offset": 1, "epoch": epoch}}
        assert (await place.call("publish", {"channel": "lobby", "data": "text"}))["result"][
            "offset"
        ] == 2
        await asyncio.sleep(0)
        assert listener.seen() == ['{"n":1}', "text"]
        page = (await place.call("history", {"channel": "lobby", "limit": 10}))["result"]
        assert (page["offset"], page["epoch"]) == (2, epoch)
        assert [each["data"] for each in page["publications"]] == [{"n": 1}, "text"]
        assert page["publications"][0]["tags"] == {"a": "b"}
        assert "info" not in page["publications"][0]


async def test_history_pages() -> None:
    async with site() as place:
        await place.place.say("lobby", "1", "2", "3")
        epoch = (await place.call("history", {"channel": "lobby"}))["result"]["epoch"]

        async def offsets(**asked: object) -> list[int]:
            page = await place.call("history", {"channel": "lobby", **asked})
            return [each["offset"] for each in page["result"]["publications"]]

        assert await offsets() == []
        assert await offsets(limit=-1) == [1, 2, 3]
        assert await offsets(limit=2) == [1, 2]
        assert await offsets(limit=2, reverse=True) == [3, 2]
        assert await offsets(limit=9, since={"offset": 2, "epoch": epoch}) == [3]
        assert await offsets(limit=9, since={"offset": 2}, reverse=True) == [1]
        other = await place.call(
            "history", {"channel": "lobby", "since": {"offset": 1, "epoch": "x"}}
        )
        assert other["error"]["code"] == 112


async def test_a_publication_names_its_sender() -> None:
    async with site() as place:
        sender = ClientInfo("ann", "s1", b'{"a":1}')
        await place.hub.publish("lobby", b"\x00\x01", Kind.BINARY, sender=sender)
        page = await place.call("history", {"channel": "lobby", "limit": 1})
        [kept] = page["result"]["publications"]
        assert kept["info"] == {"user": "ann", "client": "s1", "conn_info": {"a": 1}}
        assert kept["data"] == "AAE="


async def test_bytes_are_published_from_base64() -> None:
    async with site() as place:
        listener = await place.place.listen("ann", "lobby")
        await place.call("publish", {"channel": "lobby", "b64data": "aGVsbG8="})
        await asyncio.sleep(0)
        assert listener.seen() == ["hello"]


async def test_the_same_key_is_one_message() -> None:
    async with site() as place:
        ask = {"channel": "lobby", "data": 1, "idempotency_key": "k"}
        assert await place.call("publish", ask) == await place.call("publish", ask)
        page = await place.call("history", {"channel": "lobby", "limit": 10})
        assert len(page["result"]["publications"]) == 1


async def test_skip_history_reaches_only_those_who_are_there() -> None:
    async with site() as place:
        listener = await place.place.listen("ann", "lobby")
        said = await place.call("publish", {"channel": "lobby", "data": 1, "skip_history": True})
        assert said == {"result": {"offset": 0, "epoch": ""}}
        await asyncio.sleep(0)
        assert listener.seen() == ["1"]
        assert (await place.call("history", {"channel": "lobby"}))["result"]["offset"] == 0


async def test_presence_and_its_counts() -> None:
    async with site() as place:
        for name in ("ann", "bob"):
            await place.place.listen(name, "lobby")
        await asyncio.sleep(0)
        who = (await place.call("presence", {"channel": "lobby"}))["result"]["presence"]
        assert who == {
            f"s-{name}": {"user": name, "client": f"s-{name}"} for name in ("ann", "bob")
        }
        counts = await place.call("presence_stats", {"channel": "lobby"})
        assert counts == {"result": {"num_clients": 2, "num_users": 2}}


async def test_info_tells_of_this_node() -> None:
    async with site() as place:
        place.crowd.now = 3
        await place.place.listen("ann", "lobby")
        [node] = (await place.call("info", {}))["result"]["nodes"]
        assert (node["uid"], node["num_clients"], node["num_subs"], node["num_channels"]) == (
            "n1",
            3,
            1,
            1,
        )


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
    ("publish", b'{"channel":"lobby","data":1,"b64data":"MQ=="}', 107, "not both"),
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


@pytest.mark.parametrize(
    ("method", "namespace"),
    [
        ("presence", Namespace(presence=False)),
        ("presence_stats", Namespace(presence=False)),
        ("history", Namespace(history_size=0)),
        ("history", Namespace(ephemeral=True)),
    ],
)
async def test_what_a_channel_does_not_keep_is_not_available(
    method: str, namespace: Namespace
) -> None:
    async with site(namespace=namespace) as place:
        assert (await place.call(method, {"channel": "lobby"}))["error"]["code"] == 108


async def test_unknown_methods_and_verbs() -> None:
    async with site() as place:
        unknown = await place.client.post("/api/nope", json={})
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, 104)
        got = await place.client.get("/api/publish")
        assert (got.status_code, got.headers["allow"]) == (405, "POST")
        assert got.json()["error"]["message"] == "/api/publish does not take GET"


KEYS = [
    ({}, "show a key"),
    ({"X-API-Key": "wrong"}, "not known"),
    ({"X-API-Key": "the-first-keY"}, "not known"),
    ({"X-API-Key": "the-first-key"}, ""),
    ({"X-API-Key": "the-second-key"}, ""),
    ({"Authorization": "apikey the-second-key"}, ""),
    ({"Authorization": "ApiKey the-second-key"}, ""),
    ({"Authorization": "Bearer the-second-key"}, "show a key"),
    ({"Authorization": "apikey"}, "show a key"),
    ({"X-API-Key": "sch\xf6n"}, "not known"),
]


@pytest.mark.parametrize(("headers", "words"), KEYS)
async def test_a_key_is_needed_where_keys_are_configured(
    headers: dict[str, str], words: str
) -> None:
    async with site(LOCKED) as place:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        response = await place.client.post("/api/info", content=b"{}", headers=httpx.Headers(raw))
        assert response.status_code == (401 if words else 200)
        if words:
            assert response.json()["error"]["code"] == 101
            assert words in response.json()["error"]["message"]
            assert "the-" not in response.text


async def test_a_closed_server_without_keys_has_no_api() -> None:
    async with site(HttpSettings(open=False)) as place:
        response = await place.client.post("/api/info", content=b"{}")
        assert response.status_code == 401
        assert "until api_keys has a key" in response.json()["error"]["message"]


async def test_pages_of_other_origins_cannot_use_an_open_api() -> None:
    async with site() as place:
        evil = await place.client.post(
            "/api/info", content=b"{}", headers={"Origin": "https://evil.example"}
        )
        assert evil.status_code == 403
        own = await place.client.post("/api/info", content=b"{}", headers={"Origin": ORIGIN})
        assert own.status_code == 200
    async with site(LOCKED) as place:
        headers = {"Origin": "https://other.example", "X-API-Key": "the-first-key"}
        assert (
            await place.client.post("/api/info", content=b"{}", headers=headers)
        ).status_code == 200


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


async def test_half_a_character_is_no_reason_to_refuse() -> None:
    async with site() as place:
        body = b'{"channel":"lobby","data":"cut \\ud83d"}'
        response = await place.client.post("/api/publish", content=body)
        assert response.json()["result"]["offset"] == 1
        page = await place.call("history", {"channel": "lobby", "limit": 1})
        assert page["result"]["publications"][0]["data"] == "cut \ufffd"
