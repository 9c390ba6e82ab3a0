"""What is on all nodes together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import msgspec
import pytest

from hubbub.http.api import census
from hubbub.http.api.census import INFO, Search
from hubbub.http.settings import ApiKey, ApiSettings, HttpSettings
from hubbub.hub.nodes.orders import Answers
from tests.http.site_stage import Site, site
from tests.hub.stage import shared_world


def test_what_is_wanted() -> None:
    assert Search("", (), "", 1).fits("lobby")
    assert not Search("", (), "lobby", 1).fits("lobby")
    assert Search("", (), "lobby", 1).fits("lobby2")
    assert Search("chat:*", (), "", 1).fits("chat:a")
    assert not Search("chat:*", (), "", 1).fits("chat")
    assert Search("*a", ("chat:*", "news"), "", 1).fits("chat:a")
    assert not Search("*a", ("chat:*", "news"), "", 1).fits("news:a")


async def test_others_get_a_turn_while_many_channels_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with site() as place:
        many = [(f"c{number:05}", 1) for number in range(20_000)]
        monkeypatch.setattr(place.hub, "occupied", lambda: reversed(many))
        asking = asyncio.ensure_future(place.call("channels", {"limit": 3}))
        turns = 0
        while not asking.done():
            await asyncio.sleep(0)
            turns += 1
        assert list((await asking)["result"]["channels"]) == ["c00000", "c00001", "c00002"]
        assert turns >= len(many) // census.STRIDE


@pytest.fixture
async def nodes() -> AsyncIterator[tuple[Site, Site]]:
    """Yield two nodes of one cluster; the first has a key for `chat:*`."""
    world = shared_world()
    keys = (ApiKey("all", "the-first-key"), ApiKey("chat", "the-chat-key", channels=("chat:*",)))
    settings = HttpSettings(keys, open=False, api=ApiSettings(channels_limit=3))
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(site(settings, world=world, name="n1"))
        second = await stack.enter_async_context(site(settings, world=world, name="n2"))
        for name, channel in [("ann", "lobby"), ("bob", "lobby"), ("cid", "chat:a")]:
            await first.place.listen(name, channel)
        for name, channel in [("dan", "lobby"), ("eve", "chat:b"), ("fay", "chat:c")]:
            await second.place.listen(name, channel)
        first.client.headers["X-API-Key"] = second.client.headers["X-API-Key"] = "the-first-key"
        yield first, second


async def test_channels_of_all_nodes_by_pages(nodes: tuple[Site, Site]) -> None:
    for place in nodes:
        first = (await place.call("channels", {}))["result"]
        assert first == {
            "channels": {name: {"num_clients": 1} for name in ("chat:a", "chat:b", "chat:c")},
            "cursor": "chat:c",
        }
        rest = await place.call("channels", {"cursor": first["cursor"], "limit": 99})
        assert rest["result"] == {"channels": {"lobby": {"num_clients": 3}}}
        some = await place.call("channels", {"pattern": "*b*", "limit": 1})
        assert some["result"] == {"channels": {"chat:b": {"num_clients": 1}}, "cursor": "chat:b"}
        assert (await place.call("channels", {"pattern": "x"}))["result"] == {"channels": {}}


async def test_a_key_for_some_channels_sees_no_others(nodes: tuple[Site, Site]) -> None:
    place = nodes[0]
    place.client.headers["X-API-Key"] = "the-chat-key"
    found = (await place.call("channels", {}))["result"]["channels"]
    assert list(found) == ["chat:a", "chat:b", "chat:c"]
    assert (await place.call("channels", {"pattern": "lobby"}))["result"] == {"channels": {}}


async def test_numbers_of_all_nodes(nodes: tuple[Site, Site]) -> None:
    nodes[1].crowd.now, nodes[1].crowd.users = 5, 4
    told = (await nodes[0].call("info", {}))["result"]["nodes"]
    assert [node["uid"] for node in told] == ["n1", "n2"]
    assert [node["num_clients"] for node in told] == [0, 5]
    assert [node["num_users"] for node in told] == [0, 4]
    assert all(node["process"]["rss"] > 1_000_000 for node in told)


async def test_a_node_that_does_not_answer_is_named(
    nodes: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = nodes[0]
    whole = await place.node.control.ask_all(INFO)

    async def ask_all(order: str, payload: bytes = b"", timeout_s: float = 5.0) -> Answers:
        known = {"n1": whole.by_node["n1"], "n4": msgspec.msgpack.encode(["what"]), "n5": b"\xc1"}
        return Answers(known if order == INFO else {}, {"n3": "it knows no such order"}, ("n2",))

    monkeypatch.setattr(place.node.control, "ask_all", ask_all)
    told = (await place.call("info", {}))["result"]
    assert [node["uid"] for node in told["nodes"]] == ["n1"]
    assert told["missing"] == ["n2", "n3", "n4", "n5"]
    assert (await place.call("channels", {}))["result"] == {"channels": {}, "missing": ["n2", "n3"]}
