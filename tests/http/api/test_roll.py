from __future__ import annotations

from hubbub.http.settings import ApiKey, ApiSettings, HttpSettings
from tests.http.site_stage import site


async def test_users_and_sessions() -> None:
    async with site() as place:
        ann, _ = place.floor.plain("ann", "room")
        place.floor.plain("bob", "lobby")
        users = (await place.call("users", {"pattern": "*n*"}))["result"]
        assert users == {"users": {"ann": {"num_sessions": 1}}}
        session = {
            "user": "ann",
            "node": "n1",
            "dialect": "text-plain",
            "transport": "websocket",
            "peer": "",
            "age": 0,
            "backlog": 0,
            "num_channels": 1,
        }
        found = (await place.call("sessions", {"channel": "room"}))["result"]
        assert found == {"sessions": {ann.id: session}}
        one = (await place.call("sessions", {"client": ann.id}))["result"]
        assert one == {"sessions": {ann.id: session | {"channels": ["room"]}}}


async def test_pages_are_no_longer_than_they_may_be() -> None:
    async with site(HttpSettings(api=ApiSettings(channels_limit=2))) as place:
        for user in ("ann", "bob", "cid"):
            place.floor.plain(user)
        users = (await place.call("users", {"limit": 99}))["result"]
        assert (list(users["users"]), users["cursor"]) == (["ann", "bob"], "bob")
        rest = (await place.call("users", {"cursor": "bob"}))["result"]
        assert rest == {"users": {"cid": {"num_sessions": 1}}}
        sessions = (await place.call("sessions", {}))["result"]
        assert len(sessions["sessions"]) == 2
        more = (await place.call("sessions", {"cursor": sessions["cursor"]}))["result"]
        assert len(more["sessions"]) == 1


async def test_a_key_for_some_channels_sees_nobody() -> None:
    keys = (ApiKey("chat", "the-chat-key", channels=("chat:*",)),)
    async with site(HttpSettings(keys, open=False)) as place:
        place.client.headers["X-API-Key"] = "the-chat-key"
        for method in ("users", "sessions"):
            answer = await place.client.post(f"/api/{method}", json={})
            assert answer.status_code == 403


async def test_tags_and_groups_are_told_and_asked_for() -> None:
    async with site() as place:
        ann, _ = place.floor.plain("ann")
        place.floor.plain("bob")
        await place.call("tag", {"client": ann.id, "add": ["beta"]})
        await place.call("groups_join", {"group": "team", "client": ann.id})
        for asked in ({"tag": "beta"}, {"tag": "beta", "user": "ann"}, {"user": "ann"}):
            [(name, told)] = (await place.call("sessions", asked))["result"]["sessions"].items()
            assert (name, told["tags"], told["groups"]) == (ann.id, ["beta"], ["team"])
        for asked in ({"tag": "alpha"}, {"tag": "beta", "user": "bob"}):
            assert (await place.call("sessions", asked))["result"]["sessions"] == {}
