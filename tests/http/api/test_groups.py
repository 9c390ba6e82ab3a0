"""Groups over HTTP."""

from __future__ import annotations

from tests.http.site_stage import site
from tests.sessions.cluster import heard
from tests.sessions.speaker import Speaker


async def test_groups_are_created_joined_left_and_destroyed() -> None:
    async with site() as place:
        ann = Speaker(place.floor)
        await ann.connect(data={"user": "ann"})
        team, client = {"group": "team"}, {"client": ann.session.id}
        assert await place.call("groups_create", team) == {"result": {}}
        assert await place.call("groups_join", {**team, **client}) == {"result": {"joined": True}}
        assert await place.call("groups_join", {**team, "user": "bob"}) == {
            "result": {"joined": True}
        }
        assert await place.call("groups_members", team) == {
            "result": {"exists": True, "clients": [ann.session.id], "users": ["bob"]}
        }
        await place.call("push", {**team, "data": "hi"})
        assert heard(ann) == ["hi"]
        for who in (client, {"user": "bob"}):
            assert await place.call("groups_leave", {**team, **who}) == {"result": {}}
        assert await place.call("groups_members", team) == {
            "result": {"exists": True, "clients": [], "users": []}
        }
        for existed in (True, False):
            assert await place.call("groups_destroy", team) == {"result": {"existed": existed}}
        assert await place.call("groups_join", {**team, "client": "n1.x"}) == {
            "result": {"joined": False}
        }


async def test_groups_are_listed_by_pages() -> None:
    async with site() as place:
        for name in ("a:1", "a:2", "b"):
            await place.call("groups_create", {"group": name})
        page = await place.call("groups", {"prefix": "a:", "limit": 1})
        assert page == {"result": {"groups": ["a:1"], "cursor": "a:1"}}
        page = await place.call("groups", {"prefix": "a:", "limit": 2, "cursor": "a:1"})
        assert page == {"result": {"groups": ["a:2"]}}


async def test_a_member_is_a_session_or_a_user() -> None:
    async with site() as place:
        for method in ("groups_join", "groups_leave"):
            for who in ({}, {"client": "n1.x", "user": "ann"}):
                answer = await place.call(method, {"group": "team", **who})
                assert answer["error"]["code"] == 107
