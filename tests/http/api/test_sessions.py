"""Acting on sessions over HTTP, wherever they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from hubbub.http.settings import ApiKey, HttpSettings
from hubbub.sessions.limits import SessionLimits
from tests.http.site_stage import Site, site
from tests.hub.stage import shared_world, turn
from tests.sessions.speaker import Speaker


@pytest.fixture
async def nodes() -> AsyncIterator[tuple[Site, Site]]:
    """Yield two nodes of one cluster."""
    world = shared_world()
    async with AsyncExitStack() as stack:
        limits = SessionLimits(channels=2)
        first = await stack.enter_async_context(site(world=world, name="n1", limits=limits))
        second = await stack.enter_async_context(site(world=world, name="n2", limits=limits))
        yield first, second


async def speaker(place: Site, user: str) -> Speaker:
    made = Speaker(place.floor)
    await made.connect(data={"user": user})
    return made


async def test_a_users_sessions_follow_a_channel_on_all_nodes(nodes: tuple[Site, Site]) -> None:
    first, second = nodes
    here, there = await speaker(first, "ann"), await speaker(second, "ann")
    bob = await speaker(second, "bob")
    request = {"user": "ann", "channel": "room", "info": {"seat": 7}, "data": {"a": 1}}
    assert await first.call("subscribe", request) == {"result": {"num_sessions": 2}}
    for each in (here, there):
        pushed = next(push for push in each.pushes() if "subscribe" in push)
        assert (pushed["channel"], pushed["subscribe"]["data"]) == ("room", {"a": 1})
    await second.call("publish", {"channel": "room", "data": "hello"})
    await turn(10)
    for each in (here, there):
        assert [push["pub"]["data"] for push in each.pushes() if "pub" in push] == ["hello"]
    assert bob.pushes() == []
    members = (await second.call("presence", {"channel": "room"}))["result"]["presence"]
    assert [member["chan_info"] for member in members.values()] == [{"seat": 7}] * 2
    # Once more is the same.
    assert await second.call("subscribe", request) == {"result": {"num_sessions": 2}}
    assert [push for push in here.pushes() if "subscribe" in push] == []

    request = {"user": "ann", "channel": "room"}
    assert await second.call("unsubscribe", request) == {"result": {"num_sessions": 2}}
    for each in (here, there):
        assert [push["unsubscribe"] for push in each.pushes() if "unsubscribe" in push] == [
            {"code": 2000, "reason": "server unsubscribe"}
        ]
    assert (await first.call("presence_stats", {"channel": "room"}))["result"]["num_clients"] == 0


async def test_what_was_missed_is_sent(nodes: tuple[Site, Site]) -> None:
    first, second = nodes
    ann = await speaker(second, "ann")
    for number in (1, 2, 3):
        position = (await first.call("publish", {"channel": "room", "data": number}))["result"]
    since = {"offset": 1, "epoch": position["epoch"]}
    await first.call("subscribe", {"user": "ann", "channel": "room", "recover_since": since})
    pushed = [push for push in ann.pushes() if "join" not in push]
    assert [push["subscribe"]["offset"] for push in pushed[:1]] == [3]
    assert [push["pub"]["data"] for push in pushed[1:]] == [2, 3]


async def test_all_channels_are_left_where_none_is_named(nodes: tuple[Site, Site]) -> None:
    ann = await speaker(nodes[0], "ann")
    for channel in ("a", "b"):
        await nodes[1].call("subscribe", {"user": "ann", "channel": channel})
    await nodes[1].call("unsubscribe", {"user": "ann"})
    assert ann.session.following == {}


async def test_a_session_that_follows_as_much_as_it_may_is_told_of(
    nodes: tuple[Site, Site],
) -> None:
    ann = await speaker(nodes[0], "ann")
    for channel in ("a", "b"):
        await nodes[1].call("subscribe", {"user": "ann", "channel": channel})
    error = (await nodes[1].call("subscribe", {"user": "ann", "channel": "c"}))["error"]
    assert (error["code"], error["message"]) == (106, "limit exceeded: channel limit")
    assert (ann.code, set(ann.session.following)) == (0, {"a", "b"})


async def test_a_user_is_disconnected_on_all_nodes(nodes: tuple[Site, Site]) -> None:
    first, second = nodes
    here, there = await speaker(first, "ann"), await speaker(second, "ann")
    kept, bob = await speaker(second, "ann"), await speaker(first, "bob")
    request: dict[str, Any] = {"user": "ann", "whitelist": [kept.session.id]}
    assert await first.call("disconnect", request) == {"result": {"num_sessions": 2}}
    assert [each.code for each in (here, there, kept, bob)] == [3503, 3503, 0, 0]
    assert here.carrier.closes[0].reason == "force disconnect"
    own = {"code": 4501, "reason": "see you"}
    await first.call("disconnect", {"user": "ann", "disconnect": own})
    assert (kept.carrier.closes[0].code, kept.carrier.closes[0].reason) == (4501, "see you")
    assert await first.call("disconnect", {"user": "ann"}) == {"result": {"num_sessions": 0}}


async def test_one_session_is_named_by_its_ids(nodes: tuple[Site, Site]) -> None:
    first, second = nodes
    ann, other = await speaker(first, "ann"), await speaker(first, "ann")
    ident, secret = ann.session.id, first.floor.services.seal.secret(ann.session.id)
    for whom in (
        {"user": "bob", "client": ident},
        {"user": "ann", "client": ident[:-1]},
        {"client": other.session.id, "session": secret},
        {"session": ident},
        {"session": secret[:-1]},
        {"user": "ann", "session": second.floor.services.seal.secret(ident)},
    ):
        assert (await second.call("disconnect", whom))["result"]["num_sessions"] == 0
    assert (ann.code, other.code) == (0, 0)
    named = {"user": "ann", "client": ident, "session": secret}
    assert (await second.call("disconnect", named))["result"]["num_sessions"] == 1
    assert (ann.code, other.code) == (3503, 0)
    await first.call("disconnect", {"client": other.session.id})
    assert other.code == 3503


async def test_a_session_lasts_as_long_as_it_is_told(nodes: tuple[Site, Site]) -> None:
    first, second = nodes
    ann, bob = await speaker(first, "ann"), await speaker(first, "bob")
    until = first.place.clock.epoch_ms() // 1000 + 20
    request = {"user": "ann", "expire_at": until, "info": {"role": "guest"}}
    assert await second.call("refresh", request) == {"result": {"num_sessions": 1}}
    assert ann.session.info.conn_info == b'{"role":"guest"}'
    [pushed] = ann.pushes()
    assert (pushed["refresh"]["expires"], pushed["refresh"]["ttl"]) == (True, 20)
    first.floor.tick(30)
    assert (ann.code, bob.code) == (3005, 0)
    await second.call("refresh", {"user": "bob", "expired": True})
    assert bob.code == 3005


async def test_what_is_revoked_ends_on_all_nodes(nodes: tuple[Site, Site]) -> None:
    first, second = nodes
    here, there = await speaker(first, "ann"), await speaker(second, "ann")
    bob, cid = await speaker(first, "bob"), await speaker(first, "cid")
    assert await first.call("revoke", {"user": "ann"}) == {"result": {}}
    await turn(10)
    assert [each.code for each in (here, there, bob, cid)] == [3500, 3500, 0, 0]
    await second.call("revoke", {"session": bob.session.id, "ttl": 60})
    await turn(10)
    assert [each.code for each in (bob, cid)] == [3503, 0]


WRONG = [
    ("subscribe", {"channel": "a"}, 107, "name a user, a client or a session"),
    ("subscribe", {"user": "ann"}, 107, "channel"),
    ("subscribe", {"user": "ann", "channel": ""}, 107, "not a channel name"),
    ("subscribe", {"user": "ann", "channel": "a", "b64info": "?"}, 107, "b64info is not base64"),
    ("subscribe", {"user": "ann", "channel": "a", "data": "x" * 2000}, 107, "larger than 1000"),
    ("subscribe", {"user": "ann", "channel": "a", "expire_at": -1}, 107, ">= 0"),
    ("subscribe", {"user": "ann", "channel": "a", "override": {"presence": 1}}, 107, "object"),
    ("unsubscribe", {"channel": "a"}, 107, "name a user"),
    ("unsubscribe", {"user": "ann", "channel": "!a"}, 107, "not a channel name"),
    ("disconnect", {}, 107, "name a user"),
    ("disconnect", {"user": "ann", "disconnect": {"code": 5000}}, 107, "from 3000 to 4999"),
    ("disconnect", {"user": "a", "disconnect": {"code": 4000, "reason": "x" * 124}}, 107, "123"),
    ("disconnect", {"user": "a", "disconnect": {"reason": "x" * 124}}, 107, "123"),
    ("disconnect", {"user": "ann", "whitelist": "all"}, 107, "array"),
    ("disconnect", {"user": "x" * 129}, 107, "length <= 128"),
    ("refresh", {"expired": True}, 107, "name a user"),
    ("refresh", {"user": "ann", "expire_at": "tomorrow"}, 107, "Expected `int`"),
    ("revoke", {}, 107, "one of them"),
    ("revoke", {"user": "ann", "token": "t"}, 107, "one of them"),
    ("revoke", {"user": "ann", "ttl": 10**9}, 107, "at most"),
]


@pytest.mark.parametrize(("method", "request_", "code", "words"), WRONG)
async def test_what_is_wrong_is_told_and_done_nowhere(
    method: str, request_: dict[str, Any], code: int, words: str
) -> None:
    async with site(HttpSettings(payload_limit=1000)) as place:
        ann = await speaker(place, "ann")
        error = (await place.call(method, request_))["error"]
        assert error["code"] == code
        assert words in error["message"]
        assert (ann.code, ann.pushes()) == (0, [])


async def test_a_time_that_is_over_subscribes_nobody() -> None:
    async with site() as place:
        ann = await speaker(place, "ann")
        request = {"user": "ann", "channel": "a", "expire_at": 1}
        assert (await place.call("subscribe", request))["error"]["code"] == 110
        assert ann.session.following == {}


async def test_a_key_for_some_channels_orders_nothing_in_others() -> None:
    key = ApiKey("chat", "a-long-key", channels=("chat:*",))
    async with site(HttpSettings(keys=(key,), open=False)) as place:
        place.client.headers["X-API-Key"] = "a-long-key"
        for method, channel, status in [
            ("subscribe", "chat:a", 200),
            ("subscribe", "lobby", 403),
            ("unsubscribe", "lobby", 403),
            ("unsubscribe", "", 403),
            ("unsubscribe", "chat:a", 200),
        ]:
            request = {"user": "ann", "channel": channel}
            response = await place.client.post(f"/api/{method}", json=request)
            assert response.status_code == status
