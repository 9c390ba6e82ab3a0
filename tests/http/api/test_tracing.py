from __future__ import annotations

import pytest

from hubbub.http.settings import ApiKey, HttpSettings
from hubbub.model import Packet
from tests.http.site_stage import site
from tests.hub.stage import turn


async def test_a_trace_goes_on_under_its_name() -> None:
    async with site() as place:
        ann, _ = place.floor.plain("ann")
        begun = (await place.call("trace", {"user": "ann"}))["result"]
        assert begun["events"][0]["way"] == "note"
        ann.received(Packet(b"hello"))
        await turn()
        again = {"user": "ann", "trace": begun["trace"]}
        events = (await place.call("trace", again))["result"]["events"]
        assert (events[0]["way"], events[0]["text"]) == ("in", "hello")
        assert (events[0]["user"], events[0]["session"], events[0]["size"]) == ("ann", ann.id, 5)
        assert (await place.call("trace", again))["result"]["events"] == []


@pytest.mark.parametrize(
    "request_",
    [{}, {"user": "ann", "channel": "room"}, {"channel": "!nodes"}, {"user": "a", "trace": "!"}],
    ids=["nothing", "two", "ours", "name"],
)
async def test_one_thing_is_traced(request_: dict[str, str]) -> None:
    async with site() as place:
        assert (await place.call("trace", request_))["error"]["code"] in {102, 107}


async def test_a_key_for_some_channels_traces_those() -> None:
    keys = (ApiKey("chat", "the-chat-key", channels=("chat:*",)),)
    async with site(HttpSettings(keys, open=False)) as place:
        place.client.headers["X-API-Key"] = "the-chat-key"
        for body in ({"user": "ann"}, {"channel": "room"}):
            assert (await place.client.post("/api/trace", json=body)).status_code == 403
        assert "result" in await place.call("trace", {"channel": "chat:a"})
