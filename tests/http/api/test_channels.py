"""Publishing, history and presence over HTTP."""

from __future__ import annotations

import asyncio
import base64

import pytest

from hubbub.brokers.contract import Stored
from hubbub.errors import BrokerUnavailable
from hubbub.http.api import channels
from hubbub.http.settings import ApiSettings, HttpSettings
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.model import ClientInfo, Kind, Position
from tests.http.site_stage import site


async def test_what_is_published_is_in_history_and_reaches_subscribers() -> None:
    async with site() as place:
        listener = await place.place.listen("ann", "lobby")
        first = await place.call(
            "publish", {"channel": "lobby", "data": {"n": 1}, "tags": {"a": "b"}}
        )
        epoch = first["result"]["epoch"]
        assert first == {"result": {"offset": 1, "epoch": epoch}}
        assert (await place.call("publish", {"channel": "lobby", "data": "text"}))["result"][
            "offset"
        ] == 2
        await asyncio.sleep(0)
        assert listener.seen() == ['{"n":1}', "text"]
        page = (await place.call("history", {"channel": "lobby", "limit": 10}))["result"]
        assert (page["offset"], page["epoch"]) == (2, epoch)
        assert [each["data"] for each in page["publications"]] == [{"n": 1}, "text"]
        assert page["publications"][0]["tags"] == {"a": "b"}
        assert "info" not in page["publications"][0]


async def test_history_pages() -> None:
    async with site() as place:
        await place.place.say("lobby", "1", "2", "3")
        epoch = (await place.call("history", {"channel": "lobby"}))["result"]["epoch"]

        async def offsets(**asked: object) -> list[int]:
            page = await place.call("history", {"channel": "lobby", **asked})
            return [each["offset"] for each in page["result"]["publications"]]

        assert await offsets() == []
        assert await offsets(limit=-1) == [1, 2, 3]
        assert await offsets(limit=2) == [1, 2]
        assert await offsets(limit=2, reverse=True) == [3, 2]
        assert await offsets(limit=9, since={"offset": 2, "epoch": epoch}) == [3]
        assert await offsets(limit=9, since={"offset": 2}, reverse=True) == [1]
        other = await place.call(
            "history", {"channel": "lobby", "since": {"offset": 1, "epoch": "x"}}
        )
        assert other["error"]["code"] == 112


async def test_a_publication_names_its_sender() -> None:
    async with site() as place:
        sender = ClientInfo("ann", "s1", b'{"a":1}')
        await place.hub.publish("lobby", b"\x00\x01", Kind.BINARY, sender=sender)
        page = await place.call("history", {"channel": "lobby", "limit": 1})
        [kept] = page["result"]["publications"]
        assert kept["info"] == {"user": "ann", "client": "s1", "conn_info": {"a": 1}}
        assert kept["data"] == "AAE="


async def test_bytes_are_published_from_base64() -> None:
    async with site() as place:
        listener = await place.place.listen("ann", "lobby")
        await place.call("publish", {"channel": "lobby", "b64data": "aGVsbG8="})
        await asyncio.sleep(0)
        assert listener.seen() == ["hello"]


async def test_the_same_key_is_one_message() -> None:
    async with site() as place:
        ask = {"channel": "lobby", "data": 1, "idempotency_key": "k"}
        assert await place.call("publish", ask) == await place.call("publish", ask)
        page = await place.call("history", {"channel": "lobby", "limit": 10})
        assert len(page["result"]["publications"]) == 1


async def test_skip_history_reaches_only_those_who_are_there() -> None:
    async with site() as place:
        listener = await place.place.listen("ann", "lobby")
        said = await place.call("publish", {"channel": "lobby", "data": 1, "skip_history": True})
        assert said == {"result": {"offset": 0, "epoch": ""}}
        await asyncio.sleep(0)
        assert listener.seen() == ["1"]
        assert (await place.call("history", {"channel": "lobby"}))["result"]["offset"] == 0


async def test_presence_and_its_counts() -> None:
    async with site() as place:
        for name in ("ann", "bob"):
            await place.place.listen(name, "lobby")
        await asyncio.sleep(0)
        who = (await place.call("presence", {"channel": "lobby"}))["result"]["presence"]
        assert who == {
            f"s-{name}": {"user": name, "client": f"s-{name}"} for name in ("ann", "bob")
        }
        counts = await place.call("presence_stats", {"channel": "lobby"})
        assert counts == {"result": {"num_clients": 2, "num_users": 2}}


@pytest.mark.parametrize(
    ("method", "namespace"),
    [
        ("presence", Namespace(presence=False)),
        ("presence_stats", Namespace(presence=False)),
        ("history", Namespace(history_size=0)),
        ("history", Namespace(ephemeral=True)),
    ],
)
async def test_what_a_channel_does_not_keep_is_not_available(
    method: str, namespace: Namespace
) -> None:
    async with site(namespace=namespace) as place:
        assert (await place.call(method, {"channel": "lobby"}))["error"]["code"] == 108


async def test_half_a_character_is_no_reason_to_refuse() -> None:
    async with site() as place:
        body = b'{"channel":"lobby","data":"cut \\ud83d"}'
        response = await place.client.post("/api/publish", content=body)
        assert response.json()["result"]["offset"] == 1
        page = await place.call("history", {"channel": "lobby", "limit": 1})
        assert page["result"]["publications"][0]["data"] == "cut \ufffd"


async def test_bytes_take_the_place_of_data_because_client_libraries_send_both() -> None:
    async with site() as place:
        listener = await place.place.listen("ann", "lobby")
        request = {"channel": "lobby", "data": "", "b64data": base64.b64encode(b"hello").decode()}
        await place.call("publish", request)
        await place.call("publish", {"channel": "lobby", "data": 1, "b64data": ""})
        await asyncio.sleep(0)
        assert listener.seen() == ["hello", "1"]


async def test_tags_count_as_data() -> None:
    async with site(HttpSettings(payload_limit=100)) as place:
        request = {"channel": "lobby", "data": 1, "tags": {"a": "x" * 98}}
        assert "result" in await place.call("publish", request)
        request["tags"] = {"a": "x" * 99}
        assert (await place.call("publish", request))["error"]["code"] == 107


async def test_versions_are_not_kept() -> None:
    async with site() as place:
        request = {"channel": "lobby", "data": 1, "version": 0, "version_epoch": "", "delta": True}
        assert "result" in await place.call("publish", request)
        assert (await place.call("publish", request | {"version": 2}))["error"]["code"] == 108


async def test_a_broadcast_publishes_to_each_and_tells_of_each() -> None:
    async with site() as place:
        listener = await place.place.listen("ann", "b")
        request = {"channels": ["a", "", "b", "b", "!own"], "data": {"n": 1}, "tags": {"t": "u"}}
        responses = (await place.call("broadcast", request))["result"]["responses"]
        codes = [each.get("error", {}).get("code") for each in responses]
        assert codes == [None, 107, None, None, 107]
        assert [each["result"]["offset"] for each in responses if "result" in each] == [1, 1, 2]
        assert all(len(each) == 1 for each in responses)
        await asyncio.sleep(0)
        assert listener.seen() == ['{"n":1}', '{"n":1}']


async def test_a_broadcast_repeated_with_its_key_is_one_message_in_each_channel() -> None:
    async with site() as place:
        ask = {"channels": ["a", "b"], "data": 1, "idempotency_key": "k"}
        assert await place.call("broadcast", ask) == await place.call("broadcast", ask)
        more = await place.call("broadcast", {**ask, "channels": ["a", "b", "c", "c"]})
        assert [each["result"]["offset"] for each in more["result"]["responses"]] == [1, 1, 1, 1]
        assert place.hub.statistics.published == 8


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"channels": []}, "length >= 1"),
        ({"channels": "news"}, "Expected `array`"),
        ({"channels": [1]}, "Expected `str`"),
        ({"channels": ["a", "b", "c", "d"]}, "to 3 channels at most"),
        ({"channels": ["a"], "data": "x" * 2000}, "larger than 1000 bytes"),
        ({}, "channels"),
    ],
)
async def test_a_wrong_broadcast_reaches_nobody(request_: dict[str, object], words: str) -> None:
    settings = HttpSettings(payload_limit=1000, api=ApiSettings(channels_limit=3))
    async with site(settings) as place:
        error = (await place.call("broadcast", {"data": 1, **request_}))["error"]
        assert error["code"] == 107
        assert words in error["message"]
        assert place.hub.statistics.published == 0


async def test_the_publishes_of_a_broadcast_wait_together_but_not_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with site() as place:
        waiting: list[asyncio.Future[Stored]] = []
        most = 0

        def publish(*_: object, **__: object) -> asyncio.Future[Stored]:
            nonlocal most
            future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
            waiting.append(future)
            most = max(most, len(waiting))
            if len(waiting) == 1:
                asyncio.get_running_loop().call_later(0.001, answer)
            return future

        def answer() -> None:
            first, *others = waiting
            waiting.clear()
            first.set_exception(BrokerUnavailable("it is away"))
            for future in others:
                future.set_result(Stored(Position("e", 1)))

        monkeypatch.setattr(channels, "WINDOW", 10)
        monkeypatch.setattr(place.place.broker.log, "publish", publish)
        names = [f"c{number}" for number in range(25)]
        said = await place.call("broadcast", {"channels": names, "data": 1})
        codes = [each.get("error", {}).get("code", 0) for each in said["result"]["responses"]]
        assert codes == ([100] + [0] * 9) * 2 + [100] + [0] * 4
        assert most == 10
        monkeypatch.setattr(channels, "WINDOW_BYTES", 6)
        await place.call("broadcast", {"channels": names, "data": 11})
        assert most == 10


async def test_history_is_forgotten_and_offsets_go_on() -> None:
    async with site() as place:
        await place.place.say("lobby", "1", "2")
        assert await place.call("history_remove", {"channel": "lobby"}) == {"result": {}}
        page = (await place.call("history", {"channel": "lobby", "limit": -1}))["result"]
        assert (page["publications"], page["offset"]) == ([], 2)
        said = await place.call("publish", {"channel": "lobby", "data": 3})
        assert said["result"] == {"offset": 3, "epoch": page["epoch"]}
