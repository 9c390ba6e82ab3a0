from __future__ import annotations

import pytest

from hubbub.hub.nodes.orders import Answers
from tests.http.site_stage import site
from tests.hub.stage import shared_world, turn


async def test_history_is_forgotten_on_all_nodes() -> None:
    world = shared_world()
    async with site(world=world, name="n1") as first, site(world=world, name="n2") as second:
        await second.place.listen("ann", "room")
        start = await first.place.say("room", "1")
        await first.place.say("room", "2", "3")
        await turn(10)
        bob = await second.place.listen("bob", "room", start)
        assert [each.data for each in bob.arrivals[0].publications] == [b"2", b"3"]
        assert await first.call("history_remove", {"channel": "room"}) == {"result": {}}
        cid = await second.place.listen("cid", "room", start)
        assert (cid.arrivals[0].recovered, cid.arrivals[0].publications) == (False, ())


async def test_a_node_that_may_remember_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with site() as place:

        async def ask_all(order: str, payload: bytes = b"", timeout_s: float = 5.0) -> Answers:
            return Answers({"n1": b""}, {"n3": "it knows no such order"}, ("n2",))

        monkeypatch.setattr(place.node.control, "ask_all", ask_all)
        said = await place.call("history_remove", {"channel": "room"})
        assert said == {"result": {"missing": ["n2", "n3"]}}
