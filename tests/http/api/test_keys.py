"""Who may use the API, and what each key is good for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from hubbub.http.api.keys import Caller, Forbidden
from hubbub.http.api.methods import METHODS
from hubbub.http.settings import SCOPES, ApiKey, ApiSettings, HttpSettings, scope_of
from tests.http.site_stage import ORIGIN, Site, site

FIRST, SECOND = ApiKey("first", "the-first-key"), ApiKey("second", "the-second-key")
LOCKED = HttpSettings(keys=(FIRST, SECOND), open=False)

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
    ({"X-API-Key": "x" * 9000}, "not known"),
]


@pytest.mark.parametrize("path", ["info", "batch", ""])
@pytest.mark.parametrize(("headers", "words"), KEYS)
async def test_a_key_is_needed_where_keys_are_configured(
    headers: dict[str, str], words: str, path: str
) -> None:
    bodies = {"batch": b'{"commands":[{"info":{}}]}', "": b'{"method":"info"}'}
    async with site(LOCKED) as place:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        response = await place.client.post(
            f"/api/{path}".rstrip("/"),
            content=bodies.get(path, b"{}"),
            headers=httpx.Headers(raw),
        )
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


async def test_a_key_in_the_address_is_taken_only_where_it_is_wanted() -> None:
    address = "/api/info?api_key=the-first-key"
    async with site(LOCKED) as place:
        response = await place.client.post(address, content=b"{}")
        assert response.status_code == 401
        assert "logged by many" in response.json()["error"]["message"]
    wanted = HttpSettings(keys=(FIRST,), open=False, api=ApiSettings(key_in_url=True))
    async with site(wanted) as place:
        assert (await place.client.post(address, content=b"{}")).status_code == 200
        wrong = await place.client.post("/api/info?api_key=no", content=b"{}")
        assert wrong.status_code == 401
        header = {"X-API-Key": "no"}
        assert (await place.client.post(address, content=b"{}", headers=header)).status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", "hubbub.test"])
async def test_pages_of_other_origins_cannot_use_an_open_api(origin: str) -> None:
    forms = ("application/json", "text/plain", "application/x-www-form-urlencoded")
    async with site() as place:
        for path in ("/api/info", "/api/publish", "/api/batch", "/api"):
            for form in forms:
                headers = {"Origin": origin, "Content-Type": form}
                evil = await place.client.post(path, content=b"{}", headers=headers)
                assert evil.status_code == 403, (path, form)
        own = await place.client.post("/api/info", content=b"{}", headers={"Origin": ORIGIN})
        assert own.status_code == 200
    async with site(LOCKED) as place:
        headers = {"Origin": origin, "X-API-Key": "the-first-key"}
        response = await place.client.post("/api/info", content=b"{}", headers=headers)
        assert response.status_code == 200


# ── scopes ──────────────────────────────────────────────────────────────────────────────────────

READER = ApiKey("reader", "the-readers-key", frozenset({"read"}))
TELLER = ApiKey("teller", "the-tellers-key", frozenset({"broadcast"}))
ORDERS = ApiKey("orders", "the-orders-key", frozenset({"*"}), ("orders:*", "news"))
SCOPED = HttpSettings(keys=(READER, TELLER, ORDERS), open=False)


async def call(place: Site, key: ApiKey, method: str, request: object) -> tuple[int, Any]:
    headers = {"X-API-Key": key.secret}
    response = await place.client.post(f"/api/{method}", json=request, headers=headers)
    return response.status_code, response.json()


def test_every_method_has_a_scope_and_every_scope_its_methods() -> None:
    named = [method for methods in SCOPES.values() for method in methods]
    assert sorted(named) == sorted(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_a_key_may_what_its_scopes_say(method: str) -> None:
    for scopes in ("*", scope_of(method), method):
        Caller(ApiKey("k", "", frozenset({scopes, "other"}))).may(method)
    for scopes in ("", *(set(SCOPES) - {scope_of(method), method})):
        with pytest.raises(Forbidden, match=f"lacks the scope '{scope_of(method)}'"):
            Caller(ApiKey("k", "", frozenset({scopes}))).may(method)


async def test_a_missing_scope_is_named() -> None:
    async with site(SCOPED) as place:
        assert (await call(place, READER, "info", {}))[0] == 200
        status, body = await call(place, READER, "publish", {"channel": "news", "data": 1})
        assert status == 403
        assert body == {
            "error": {
                "code": 103,
                "message": "permission denied: key 'reader' lacks the scope 'publish', "
                "which publish needs",
            }
        }
        assert (await call(place, TELLER, "publish", {"channel": "a", "data": 1}))[0] == 403
        told = await call(place, TELLER, "broadcast", {"channels": ["a"], "data": 1})
        assert told[0] == 200
        assert place.hub.statistics.published == 1


async def test_a_batch_has_the_scopes_of_its_key() -> None:
    async with site(SCOPED) as place:
        commands = [{"info": {}}, {"publish": {"channel": "news", "data": 1}}]
        status, body = await call(place, READER, "batch", {"commands": commands})
        info, publish = body["replies"]
        assert (status, publish["error"]["code"]) == (200, 103)
        assert "info" in info
        assert place.hub.statistics.published == 0


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("publish", {"data": 1}),
        ("history", {}),
        ("history_remove", {}),
        ("presence", {}),
        ("presence_stats", {}),
    ],
)
async def test_a_key_may_be_good_for_some_channels_only(
    method: str, request_: dict[str, Any]
) -> None:
    async with site(SCOPED) as place:
        for channel, expected in [("orders:1", 200), ("news", 200), ("order", 403), ("news2", 403)]:
            status, body = await call(place, ORDERS, method, {"channel": channel, **request_})
            assert status == expected, channel
            if expected == 403:
                assert body["error"]["code"] == 103
                assert "channels orders:*, news only" in body["error"]["message"]


async def test_a_broadcast_reaches_what_its_key_may() -> None:
    async with site(SCOPED) as place:
        request = {"channels": ["orders:1", "lobby", "news"], "data": 1}
        status, body = await call(place, ORDERS, "broadcast", request)
        codes = [each.get("error", {}).get("code") for each in body["result"]["responses"]]
        assert (status, codes) == (200, [None, 103, None])


async def test_a_name_is_counted_and_no_secret() -> None:
    async with site(SCOPED) as place:
        await call(place, READER, "info", {})
        await call(place, READER, "publish", {"channel": "a", "data": 1})
        await call(place, ApiKey("x", "what-is-that"), "info", {})
        await call(place, READER, "no/such", {})
        shown = (await place.client.get("/metrics")).text
        assert 'hubbub_api_calls_total{code="0",method="info",program="reader"} 1.0' in shown
        assert 'hubbub_api_calls_total{code="103",method="publish",program="reader"} 1.0' in shown
        assert 'hubbub_api_calls_total{code="101",method="info",program="unknown"} 1.0' in shown
        assert 'hubbub_api_calls_total{code="104",method="unknown",program="reader"} 1.0' in shown
        assert "the-readers-key" not in shown
        again = (await place.client.get("/metrics")).text
        assert 'hubbub_api_calls_total{code="0",method="info",program="reader"} 1.0' in again


def test_no_secret_is_in_a_representation() -> None:
    assert "the-orders-key" not in repr(SCOPED)
