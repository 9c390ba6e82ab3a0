"""Chats over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.http.settings import ApiKey, HttpSettings
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.model import ClientInfo
from tests.http.site_stage import Site, site
from tests.hub.stage import turn

CHAT = Namespace(typing=True, edits=True, reactions=True, receipts=True, people=True)
FIRST = {"channel": "room", "offset": 1}


async def shown(place: Site) -> list[tuple[Any, Any, Any]]:
    """Return data, tags and user of what history has."""
    page = (await place.call("history", {"channel": "room", "limit": 9}))["result"]
    return [
        (each["data"], each.get("tags"), each.get("info", {}).get("user"))
        for each in page["publications"]
    ]


async def test_a_program_edits_reacts_and_deletes_whoever_published_it() -> None:
    async with site(namespace=CHAT) as place:
        await place.hub.publish("room", b'"helo"', sender=ClientInfo("ann", "s1"))
        edited = await place.call("edit", {**FIRST, "data": "hello", "user": "bot"})
        assert edited["result"]["offset"] == 2
        await place.call("react", {**FIRST, "reaction": "+", "user": "bob"})
        assert await shown(place) == [
            ("helo", None, "ann"),
            ("hello", {"kind": "edit", "about": "1"}, "bot"),
            ({"reaction": "+"}, {"kind": "reaction", "about": "1"}, "bob"),
        ]
        await place.call("delete", FIRST)
        assert [data for data, _, _ in await shown(place)] == [None, None, {"reaction": "+"}, None]


async def test_bytes_take_the_place_of_data() -> None:
    async with site(namespace=CHAT) as place:
        await place.place.say("room", "1")
        await place.call("edit", {**FIRST, "b64data": "/wA="})
        assert (await shown(place))[1][0] == "/wA="


@pytest.mark.parametrize(
    ("method", "request_", "code"),
    [
        ("edit", FIRST, 107),
        ("edit", {**FIRST, "b64data": "!"}, 107),
        ("edit", {**FIRST, "data": "x" * 2000}, 107),
        ("edit", {**FIRST, "offset": 0, "data": 1}, 107),
        ("edit", {**FIRST, "offset": 2, "data": 1}, 108),
        ("react", {**FIRST, "reaction": ""}, 107),
        ("react", {**FIRST, "reaction": "\n"}, 107),
        ("delete", {"offset": 1}, 107),
        ("typing", {"channel": "room", "user": ""}, 107),
        ("mark", {"channel": "room", "user": ""}, 107),
        ("rooms", {"user": "ann", "channels": ["a"] * 101}, 107),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_what_cannot_be_is_refused(method: str, request_: object, code: int) -> None:
    async with site(HttpSettings(payload_limit=1000), CHAT) as place:
        await place.place.say("room", "1")
        assert (await place.call(method, request_))["error"]["code"] == code


@pytest.mark.parametrize(
    "method",
    [
        *("edit", "delete", "react", "typing", "mark", "receipts"),
        *("people", "status"),
    ],
)
async def test_where_it_is_not_switched_on_it_is_not_available(method: str) -> None:
    async with site() as place:
        await place.place.say("room", "1")
        asked = {**FIRST, "data": 1, "reaction": "+", "user": "ann"}
        assert (await place.call(method, asked))["error"]["code"] == 108


async def test_a_key_is_good_for_its_channels_only() -> None:
    key = ApiKey("k", "a-long-key", channels=("news:*",))
    async with site(HttpSettings(keys=(key,), open=False), CHAT) as place:
        place.client.headers["X-API-Key"] = "a-long-key"
        for method in (
            "edit",
            "delete",
            "react",
            "typing",
            "mark",
            "receipts",
            "rooms",
            "people",
            "status",
        ):
            asked = {**FIRST, "data": 1, "reaction": "+", "user": "ann", "channels": ["room"]}
            response = await place.client.post(f"/api/{method}", json=asked)
            assert (response.status_code, response.json()["error"]["code"]) == (403, 103)


async def test_a_user_is_shown_to_write() -> None:
    async with site(namespace=CHAT) as place:
        _, carrier = place.floor.enveloped("bob", "room")
        await turn()
        await place.call("typing", {"channel": "room", "user": "ann"})
        await place.call("typing", {"channel": "room", "user": "ann", "typing": False})
        await turn()
        assert sum(line.count('"typing":true') for line in carrier.lines()) == 1


async def test_a_program_marks_for_a_user_and_knows_what_is_unread() -> None:
    async with site(namespace=CHAT) as place:
        await place.place.say("room", "1", "2", "3")
        marked = await place.call("mark", {"channel": "room", "user": "ann", "read": 2})
        assert marked == {"result": {"read": 2, "received": 2}}
        receipts = await place.call("receipts", {"channel": "room"})
        assert receipts == {"result": {"users": {"ann": {"read": 2, "received": 2}}}}
        asked = {"user": "ann", "channels": ["room", "!bad", "room"]}
        rooms = (await place.call("rooms", asked))["result"]["rooms"]
        epoch = rooms["room"].pop("epoch")
        assert rooms["room"] == {"unread": 1, "read": 2, "offset": 3}
        assert epoch
        assert rooms["!bad"]["error"]["code"] == 107
        beyond = await place.call("mark", {"channel": "room", "user": "ann", "read": 9})
        assert beyond["error"]["code"] == 107


async def test_a_program_mentions_users() -> None:
    async with site(namespace=Namespace(mentions="to")) as place:
        await place.call("publish", {"channel": "room", "data": {"to": ["bob"]}})
        await place.call("broadcast", {"channels": ["a", "b"], "data": {"to": ["bob"]}})
        page = await place.place.inbox.pull("bob", 9)
        assert [(each.tags or {})["mention"] for each in page.messages] == ["room", "a", "b"]


async def test_a_program_knows_who_was_there_and_gives_a_status() -> None:
    async with site(namespace=CHAT) as place:
        await place.call("publish", {"channel": "room", "data": "hello"})
        place.floor.enveloped("bob", "room")
        await turn()
        status = {"channel": "room", "user": "ann", "state": "away"}
        assert await place.call("status", status) == {"result": {}}
        found = await place.call("people", {"channel": "room"})
        assert found == {"result": {"users": {"ann": {"state": "away"}, "bob": {"online": True}}}}
