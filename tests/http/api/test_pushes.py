"""Reaching sessions over HTTP, wherever they are."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.http.api.pushes import PushRequest
from hubbub.http.settings import ApiKey, HttpSettings
from tests.http.site_stage import Site, site
from tests.sessions.cluster import heard
from tests.sessions.speaker import Speaker

LIMITED = HttpSettings(keys=(ApiKey("shop", "k", channels=("orders:*",)),))


async def speaker(place: Site, user: str = "ann") -> Speaker:
    made = Speaker(place.floor)
    await made.connect(data={"user": user})
    return made


async def test_a_push_is_answered_with_what_came_of_it() -> None:
    async with site() as place:
        ann = await speaker(place)
        for whom in ({"client": ann.session.id}, {"user": "ann"}, {"everybody": True}):
            request = {**whom, "event": "news", "data": {"a": 1}}
            assert await place.call("push", request) == {
                "result": {"status": "delivered", "num_sessions": 1}
            }
            assert heard(ann) == [{"event": "news", "data": {"a": 1}}]
        await place.call("push", {"user": "ann", "b64data": "Ynl0ZXM="})
        assert heard(ann) == ["Ynl0ZXM="]
        for whom, status in (
            ({"user": "eve"}, {"status": "offline"}),
            ({"tag": "beta"}, {"status": "offline"}),
            ({"group": "team"}, {"status": "gone"}),
            ({"client": "n9.x"}, {"status": "gone", "gone": ["n9.x"]}),
        ):
            assert await place.call("push", {**whom, "data": 1}) == {"result": status}


async def test_who_is_tagged_is_found_by_the_tag_and_kicked() -> None:
    async with site() as place:
        ann = await speaker(place)
        for asked in ({"add": ["beta", "ios"]}, {"remove": ["ios"]}):
            assert await place.call("tag", {"user": "ann", **asked}) == {
                "result": {"status": "tagged", "num_sessions": 1}
            }
        assert place.floor.registry.tags.of(ann.session.id) == {"beta"}
        kick = {"tag": "beta", "disconnect": {"code": 4500, "reason": "out"}}
        assert await place.call("kick", kick) == {"result": {"status": "kicked", "num_sessions": 1}}
        assert ann.code == 4500
        bob = await speaker(place)
        await place.call("kick", {"user": "ann"})
        assert bob.code == 3503


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("push", {"data": 1}),
        ("push", {"user": "ann", "tag": "beta", "data": 1}),
        ("push", {"user": "ann"}),
        ("push", {"user": "ann", "b64data": "!"}),
        ("push", {"user": "ann", "data": "x" * 100_000}),
        ("push", {"user": "ann", "data": 1, "event": "connect"}),
        ("push", {"user": "ann", "data": 1, "timeout": 61}),
        ("kick", {"user": "ann", "disconnect": {"code": 1000}}),
        ("tag", {"user": "ann", "add": [""]}),
        ("tag", {"user": "ann", "add": ["x"] * 33}),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_cannot_be_is_refused(method: str, request_: dict[str, Any]) -> None:
    async with site(HttpSettings(payload_limit=65536)) as place:
        assert (await place.call(method, request_))["error"]["code"] == 107


async def test_a_key_for_some_channels_reaches_nobody_beside_them() -> None:
    async with site(LIMITED) as place:
        place.client.headers["X-API-Key"] = "k"
        for method in (
            *("push", "kick", "tag", "groups", "groups_create", "groups_destroy"),
            *("groups_join", "groups_leave", "groups_members"),
        ):
            request: dict[str, object] = {"everybody": True, "data": 1}
            if method.startswith("groups_"):
                request = {"group": "team", "user": "ann"}
            response = await place.client.post(f"/api/{method}", json=request)
            assert response.status_code == 403


def test_a_request_has_its_defaults() -> None:
    assert PushRequest().timeout == 3.0
