"""The methods about inboxes, as programs call them."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.http.settings import ApiKey, ApiSettings, HttpSettings
from tests.http.site_stage import Site, site

BOB = {"user": "bob"}


async def result(site: Site, method: str, **request: object) -> dict[str, Any]:
    envelope = await site.call(method, request)
    found: dict[str, Any] = envelope["result"]
    return found


async def test_what_is_sent_is_pulled_once() -> None:
    async with site() as here:
        sent = await result(here, "send", **BOB, sender="ann", data={"text": "hi"})
        await result(here, "send", **BOB, b64data="/w==", tags={"about": "tea"})
        unread = await result(here, "inbox_unread", **BOB)
        first = await result(here, "inbox_pull", **BOB, take=True)
        second = await result(here, "inbox_pull", **BOB, take=True)

        assert (sent["offset"], len(sent["id"])) == (1, 16)
        assert (unread["total"], unread["senders"]) == (2, {"ann": 1, "": 1})
        assert [(m["offset"], m["data"], m.get("sender")) for m in first["messages"]] == [
            (1, {"text": "hi"}, "ann"),
            (2, "/w==", None),
        ]
        assert first["messages"][1]["tags"] == {"about": "tea"}
        assert (second["messages"], second["upto"]) == ([], 2)
        assert (await result(here, "inbox_unread", **BOB))["total"] == 0


async def test_a_key_makes_a_message_one() -> None:
    async with site() as here:
        ask = {**BOB, "data": 1, "idempotency_key": "k"}
        await result(here, "send", **ask)
        again = await result(here, "send", **ask)
        assert (again["id"], again["offset"], again["duplicate"]) == ("k", 1, True)


async def test_devices_acknowledge_and_users_read() -> None:
    async with site() as here:
        for number in range(5):
            await result(here, "send", **BOB, data=number, sender="ann" if number else "li")
        done = await result(here, "inbox_ack", **BOB, device="phone", offsets=[2, 5])
        assert (done["upto"], done["ahead"], done["offset"]) == (0, 2, 5)
        done = await result(here, "inbox_ack", **BOB, device="phone", upto=1)
        assert (done["upto"], done["ahead"]) == (2, 1)
        left = await result(here, "inbox_pull", **BOB, device="phone")
        assert [m["offset"] for m in left["messages"]] == [3, 4]
        top = await result(here, "inbox_read", **BOB, upto=3, sender="ann")
        assert top["offset"] == 5
        assert (await result(here, "inbox_unread", **BOB))["senders"] == {"ann": 2, "li": 1}


async def test_a_page_is_bounded() -> None:
    async with site(HttpSettings(api=ApiSettings(inbox_limit=2))) as here:
        for number in range(5):
            await result(here, "send", **BOB, data=number)
        pages = [await result(here, "inbox_pull", **BOB, limit=100)]
        while pages[-1].get("more"):
            pages.append(await result(here, "inbox_pull", **BOB, since=pages[-1]["upto"]))

        assert [len(page["messages"]) for page in pages] == [2, 2, 1]


@pytest.mark.parametrize(
    ("method", "request_", "code"),
    [
        ("send", {"user": "a,b", "data": 1}, 107),
        ("send", {"user": "", "data": 1}, 107),
        ("send", {"user": "bob"}, 107),
        ("send", {"user": "bob", "data": 1, "tags": {"id": "x"}}, 107),
        ("send", {"user": "bob", "b64data": "?"}, 107),
        ("inbox_ack", {"user": "bob", "upto": 9}, 107),
        ("inbox_read", {"user": "bob", "upto": 9}, 107),
        ("inbox_read", {"user": "bob", "upto": 0, "epoch": "nope"}, 112),
        ("inbox_ack", {"user": "bob", "device": "x" * 65}, 107),
    ],
)
async def test_what_cannot_be_is_refused(method: str, request_: object, code: int) -> None:
    async with site() as here:
        envelope = await here.call(method, request_)
        assert envelope["error"]["code"] == code


async def test_a_key_reaches_the_inboxes_of_its_channels() -> None:
    keys = (
        ApiKey("own", "k" * 20, channels=("#z*",)),
        ApiKey("pub", "p" * 20, frozenset({"publish"})),
    )
    async with site(HttpSettings(keys=keys, open=False)) as here:

        async def code(key: str, method: str, **request: object) -> int:
            answer = await here.client.post(
                f"/api/{method}", json=request, headers={"X-API-Key": key}
            )
            return int(answer.json().get("error", {}).get("code", 0))

        assert await code("k" * 20, "send", user="zhang", data=1) == 0
        assert await code("k" * 20, "send", user="li", data=1) == 103
        assert await code("k" * 20, "send", user="zhang", data=1, sender="li") == 103  # the copy
        assert await code("k" * 20, "send", user="zhang", data=1, sender="zhu") == 0
        assert await code("k" * 20, "inbox_pull", user="li") == 103
        assert await code("p" * 20, "send", user="li", data=1) == 0
        assert await code("p" * 20, "inbox_unread", user="li") == 103
