"""The wiring: settings become doors, and what comes in through them meets in one hub."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from hubbub.app import TICK_S, Hubbub
from hubbub.config import EndpointSettings, Settings, SourceSettings
from hubbub.dialects.contract import Request
from hubbub.errors import SHUTDOWN, BrokerUnavailable
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.model import Packet
from hubbub.sessions.contract import Accepted, Conversation, Refusal
from hubbub.sessions.gate import AccessSettings
from hubbub.sessions.limits import SessionLimits
from hubbub.sources.redis_pubsub import PubsubSettings, RedisPubsub
from tests.fakes.carrier import Carrier
from tests.fakes.clock import JumpingClock

LIMITS = SessionLimits(ping_interval_s=2 * TICK_S, keepalive_s=2 * TICK_S, idle_s=10.0)


@asynccontextmanager
async def running(**settings: object) -> AsyncIterator[Hubbub]:
    values = {"broker": "memory://", "limits": LIMITS, **settings}
    app = Hubbub(Settings.model_validate(values), JumpingClock())
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


def enter(app: Hubbub, path: str, **query: str) -> tuple[Conversation, Carrier]:
    """Come in as a client, and return its side of the connection."""
    admitted = app.doors.admit(Request(path, query=query), [])
    assert isinstance(admitted, Accepted), admitted
    carrier = Carrier()
    admitted.conversation.opened(carrier)
    return admitted.conversation, carrier


def say(conversation: Conversation, text: str) -> None:
    conversation.received(Packet(text.encode()))


async def delivered(app: Hubbub, channel: str, text: str) -> None:
    """Publish, and return when it is delivered."""
    await app.publish(channel, json.dumps(text).encode())
    await turn()


async def turn() -> None:
    """Let the event loop turn once: this engine's feed is in step with its log, and then the hub flushes."""
    await asyncio.sleep(0)


async def test_every_server_has_a_plain_and_a_centrifuge_endpoint_that_share_channels() -> None:
    async with running() as app:
        plain, plain_carrier = enter(app, "/ws/lobby")
        sdk, sdk_carrier = enter(app, "/connection/websocket")
        say(sdk, '{"id":1,"connect":{}}')
        say(sdk, '{"id":2,"subscribe":{"channel":"lobby"}}')

        say(plain, "hello")
        await turn()

        assert plain_carrier.lines() == ["hello"]
        push = json.loads(sdk_carrier.lines()[-1])
        assert push["push"]["pub"]["data"] == "hello"


@pytest.mark.parametrize(
    ("offered", "query", "binary"),
    [
        ([], {}, False),
        ([], {"cf_protocol": "protobuf"}, True),
        ([], {"format": "protobuf"}, True),
        (["centrifuge-json"], {"format": "protobuf"}, False),
        (["centrifuge-protobuf"], {}, True),
        (["other", "centrifuge-json", "centrifuge-protobuf"], {}, False),
    ],
)
async def test_a_client_chooses_the_coding(
    offered: list[str], query: dict[str, str], binary: bool
) -> None:
    async with running() as app:
        admitted = app.doors.admit(Request("/connection/websocket", query=query), offered)
        assert isinstance(admitted, Accepted)
        assert admitted.subprotocol in offered or not offered
        carrier = Carrier()
        admitted.conversation.opened(carrier)
        hello = b"\x04\x08\x01\x22\x00" if binary else b'{"id":1,"connect":{}}'
        admitted.conversation.received(Packet(hello, binary))
        assert (carrier.data[:1] != b"{", carrier.closes) == (binary, [])


async def test_the_operators_endpoints_come_before_those_that_every_server_has() -> None:
    mine = EndpointSettings(path="/ws/{user}", channel="only", user="{user}", format="json")
    async with running(endpoints=(mine,)) as app:
        _, carrier = enter(app, "/ws/zhang")
        await delivered(app, "only", "hello")

        kinds = [json.loads(line)["type"] for line in carrier.lines()]

    assert kinds[:2] == ["connected", "subscribed"]
    assert "message" in kinds


async def test_a_channel_may_be_a_json_string_of_the_query() -> None:
    push = EndpointSettings(path="/webws", channel="chat:{query.channel}")
    async with running(endpoints=(push,)) as app:
        _, carrier = enter(app, "/webws", channel='"zhang"')
        await delivered(app, "chat:zhang", "for zhang")
        await delivered(app, "chat:li", "for li")

        assert carrier.lines() == ["for zhang"]


async def test_the_query_chooses_the_format_the_user_and_where_to_go_on() -> None:
    async with running() as app:
        first = await app.publish("lobby", b'"missed before"')
        await app.publish("lobby", b'"missed"')
        position = first.position
        since = f"{position.epoch}.{position.offset}.{position.tag}"
        _, carrier = enter(app, "/ws/lobby", format="json", user="zhang", since=since)

        said = [json.loads(line) for line in carrier.lines()]

        assert [one.get("data") for one in said if one["type"] == "message"] == ["missed"]
        assert said[1]["recovered"] is True
        assert [info.user for info in (await app.hub.members("lobby")).values()] == ["zhang"]


@pytest.mark.parametrize(
    ("path", "query", "says"),
    [
        ("/ws/lobby", {"since": "yesterday"}, "position"),
        ("/webws", {}, "channel"),
    ],
)
async def test_an_address_that_says_too_little_is_refused(
    path: str, query: dict[str, str], says: str
) -> None:
    push = EndpointSettings(path="/webws", channel="chat:{query.channel}")
    async with running(endpoints=(push,)) as app:
        refusal = app.doors.admit(Request(path, query=query), [])

    assert isinstance(refusal, Refusal)
    assert (refusal.status, says in refusal.reason) == (400, True)


async def test_a_closed_server_believes_no_name() -> None:
    closed = Namespace(publish="users")  # type: ignore[arg-type] # as a settings file says it
    access = AccessSettings(anonymous=True)
    async with running(default_namespace=closed, open=False, access=access) as app:
        _, carrier = enter(app, "/ws/lobby", format="json", user="zhang")
        members = await app.hub.members("lobby")

    assert [info.user for info in members.values()] == [""]
    assert json.loads(carrier.lines()[0])["type"] == "connected"


async def test_draining_lets_nobody_in_and_sends_everybody_away() -> None:
    async with running() as app:
        carriers = [enter(app, f"/ws/room{number}")[1] for number in range(3)]
        await app.drain(0.0)

        refusal = app.doors.admit(Request("/ws/lobby"), [])

    assert isinstance(refusal, Refusal)
    assert refusal.status == 503
    assert [carrier.closes for carrier in carriers] == [[SHUTDOWN]] * 3


async def test_the_http_side_speaks_for_the_same_node() -> None:
    async with running() as app:
        transport = httpx.ASGITransport(app.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            _, carrier = enter(app, "/ws/lobby")
            answer = await client.post("/api/publish", json={"channel": "lobby", "data": "hi"})
            await turn()
            ready = await client.get("/health/ready")

    assert answer.json()["result"]["offset"] == 1
    assert carrier.lines() == ["hi"]
    assert (ready.status_code, ready.json()["node"]) == (200, app.node)


async def test_an_operators_own_page_takes_the_place_of_the_chat(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>mine</title>")
    async with running(pages=str(tmp_path)) as app:
        transport = httpx.ASGITransport(app.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            page = await client.get("/")

    assert "<title>mine</title>" in page.text


async def test_a_source_that_cannot_start_is_named_and_nothing_goes_on(tmp_path: Path) -> None:
    nobody = f"unix://{tmp_path}/nobody.sock"
    source = SourceSettings(name="push", type="redis_pubsub", url=nobody)
    before = asyncio.all_tasks()

    with pytest.raises(BrokerUnavailable, match=r"source 'push': Redis at .*nobody\.sock"):
        async with running(sources=(source,)):
            pass

    assert asyncio.all_tasks() == before


async def test_two_nodes_have_two_names() -> None:
    async with running() as one, running() as other:
        assert one.node != other.node


async def test_a_source_that_cannot_be_closed_keeps_nothing_else_open() -> None:
    class Stuck(RedisPubsub):
        async def close(self) -> None:
            raise OSError("it does not let go")

    app = Hubbub(Settings.model_validate({"broker": "memory://"}), JumpingClock())
    await app.start()
    app._sources.append(Stuck(PubsubSettings("redis://localhost"), app.hub, app.clock))
    with pytest.raises(OSError, match="let go"):
        await app.stop()
    assert not app.broker.health().ok
