"""The inbox for clients that only ask now and then."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.errors import TOO_MANY_REQUESTS_ERROR
from hubbub.sessions.entries import EntryLimits, Turnstile
from hubbub.sessions.hooks import ConnectAsk, ConnectGrant
from tests.http.site_stage import Site, site


async def asked(
    site: Site, name: str, token: str = "bob", query: str = "", **body: object
) -> tuple[int, dict[str, Any]]:
    return await posted(site, f"{name}{query}", token, body)


async def posted(
    site: Site, path: str, token: str, body: dict[str, object]
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await site.client.post(f"/inbox/{path}", json=body, headers=headers)
    return answer.status_code, answer.json()


def knowing(site: Site) -> None:
    async def who(ask: ConnectAsk) -> ConnectGrant:
        assert ask.client.transport == "http"
        return ConnectGrant(ask.token or ask.client.headers.get("cookie", ""))

    site.floor.hooks.connect = who


async def test_a_user_pulls_the_own_messages_once() -> None:
    async with site() as here:
        knowing(here)
        status, sent = await asked(here, "send", "ann", user="bob", data={"text": "hi"}, key="k")
        assert (status, sent["id"], sent["offset"]) == (200, "k", 1)
        assert (await asked(here, "unread"))[1]["senders"] == {"ann": 1}
        _, page = await asked(here, "pull", take=True)
        assert [letter["data"] for letter in page["messages"]] == [{"text": "hi"}]
        assert (await asked(here, "pull", take=True))[1]["messages"] == []
        assert (await asked(here, "ack", query="?device=phone", upto=1))[1]["upto"] == 1
        assert (await asked(here, "read", upto=1))[0] == 200
        assert (await asked(here, "pull", query="?device=x", device="phone"))[1]["messages"] == []
        assert len((await asked(here, "pull", device="tablet"))[1]["messages"]) == 1


async def test_an_open_server_believes_a_name_and_a_hook_sees_cookies() -> None:
    async with site() as here:
        assert (await asked(here, "unread", token="", query="?user=bob"))[0] == 200
        knowing(here)
        answer = await here.client.post("/inbox/unread", json={}, headers={"Cookie": "ann"})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("name", "token", "body", "status"),
    [
        ("pull", "bob", {"limit": "x"}, 400),
        ("read", "bob", {"upto": 9}, 400),
        ("send", "bob", {"user": "a,b", "data": 1}, 400),
        ("unread", "", {}, 403),
        ("burn", "bob", {}, 404),
    ],
)
async def test_what_cannot_be_is_refused(
    name: str, token: str, body: dict[str, object], status: int
) -> None:
    async with site() as here:
        knowing(here)
        found, answer = await posted(here, name, token, body)
        assert (found, "message" in answer["error"]) == (status, True)


async def test_who_may_not_come_in_may_not_ask() -> None:
    async with site() as here:
        found, answer = await asked(here, "unread", "forged")
        assert (found, answer["error"]) == (401, {"code": 401, "message": "invalid token"})


async def test_pages_are_told_what_they_may_ask() -> None:
    async with site() as here:
        origin = {"Origin": "https://chat.example"}
        answer = await here.client.options("/inbox/pull", headers=origin)
        assert answer.status_code == 204
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        assert answer.headers["access-control-allow-origin"] == "https://chat.example"
        big = b'{"user":"bob","data":"' + b"x" * here.node.settings.payload_limit + b'"}'
        answer = await here.client.post("/inbox/send?user=ann", content=big, headers=origin)
        assert answer.status_code == 413


async def test_a_user_may_ask_so_often_and_another_one_still_may() -> None:
    async with site() as here:
        knowing(here)
        burst = EntryLimits().user_inbox_burst
        here.node.entries.user_inbox = Turnstile("requests", 0.1, burst, here.place.clock)
        for _ in range(burst):
            assert (await asked(here, "unread"))[0] == 200
        headers = {"Authorization": "Bearer bob"}
        refused = await here.client.post("/inbox/unread", json={}, headers=headers)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
        assert refused.json()["error"]["code"] == TOO_MANY_REQUESTS_ERROR.code
        assert (await asked(here, "unread", "ann"))[0] == 200
