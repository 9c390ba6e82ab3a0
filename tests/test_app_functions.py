"""The app as a program sees it: it publishes, and its functions are asked and told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from hubbub.app import Hubbub
from hubbub.config import Settings
from hubbub.dialects.contract import Request
from hubbub.model import Kind, Packet
from hubbub.sessions.contract import Accepted
from hubbub.sessions.hooks import Client, ConnectAsk
from hubbub.sessions.operations.caller import Caller
from hubbub.sessions.session import Session
from tests.fakes.carrier import Carrier
from tests.fakes.clock import JumpingClock
from tests.transports.wire import until


@pytest.fixture
async def app() -> AsyncIterator[Hubbub]:
    made = Hubbub(Settings(broker="memory://"), JumpingClock())
    await made.start()
    yield made
    await made.stop()


def enter(app: Hubbub, **query: str) -> tuple[Session, Carrier]:
    admitted = app.doors.admit(Request("/ws/lobby", query=query), [])
    assert isinstance(admitted, Accepted)
    assert isinstance(admitted.conversation, Session)
    carrier = Carrier()
    admitted.conversation.opened(carrier)
    return admitted.conversation, carrier


async def test_a_program_publishes_python_values_and_leaves_somebody_out(app: Hubbub) -> None:
    session, ann = enter(app)
    _, bob = enter(app)
    await app.publish("lobby", {"text": "hi"}, exclude=session.client())
    await app.publish("lobby", "to all", Kind.TEXT, exclude="nobody")
    heard: list[str] = []
    while len(heard) < 2:
        await until(lambda: bob.data)
        heard += bob.lines()

    assert heard == ['{"text":"hi"}', "to all"]
    assert ann.lines() == ["to all"]
    with pytest.raises(TypeError, match="no JSON"):
        app.publish("lobby", object())


async def test_a_program_emits_events_that_are_publications_to_others(app: Hubbub) -> None:
    session, ann = enter(app, format="json")
    ann.lines()
    await app.emit("message", {"a": 1}, channel="lobby")
    await app.emit("say", 1, "two", channel="lobby")
    await app.emit("file", b"a", channel="lobby")
    await app.emit("none", channel="lobby")
    await app.emit("not you", 1, channel="lobby", exclude=session.client())
    heard: list[dict[str, object]] = []
    while len(heard) < 4:
        await until(lambda: ann.data)
        said = [json.loads(line) for line in ann.lines()]
        heard += [each for each in said if each["type"] == "message"]
    assert [(each["data"], each.get("tags")) for each in heard] == [
        ({"a": 1}, None),
        ([1, "two"], {"event": "say", "args": "many"}),
        ("YQ==", {"event": "file"}),
        ([], {"event": "none", "args": "many"}),
    ]
    for name in ("connect", "x" * 129):
        with pytest.raises(ValueError, match="no event may be called"):
            app.emit(name, 1, channel="lobby")


async def test_nothing_is_published_from_a_thread(app: Hubbub) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        await asyncio.to_thread(app.publish, "lobby", "hi")


async def test_a_function_is_called_over_plain_websocket_too() -> None:
    app = Hubbub(Settings(broker="memory://"), JumpingClock())

    @app.on("move")
    async def move(session: Caller, data: dict[str, str]) -> str:
        await session.join(data["room"])
        await app.publish(data["room"], "welcome")
        return f"in {data['room']}"

    await app.start()
    session, carrier = enter(app, format="json")
    heard: list[dict[str, object]] = []

    def types() -> list[object]:
        heard.extend(json.loads(line) for line in carrier.lines())
        return [each["type"] for each in heard]

    for data in ({"room": "r1"}, {"room": 1}):
        call = {"type": "hubbub.call", "method": "move", "data": data, "id": 1}
        session.received(Packet(json.dumps(call).encode()))
    await until(lambda: {"answer", "message", "error"} <= set(types()))
    await app.stop()

    said = {each["type"]: each for each in heard}
    assert said["answer"] == {"type": "answer", "id": 1, "data": "in r1"}
    assert (said["message"]["channel"], said["message"]["data"]) == ("r1", "welcome")
    assert (said["error"]["id"], said["error"]["code"]) == (1, 107)


async def test_functions_of_the_app_are_asked_and_told() -> None:
    app = Hubbub(Settings(broker="memory://"), JumpingClock())
    gone: list[str] = []

    @app.on_connect
    async def who(request: ConnectAsk) -> str:
        return f"user of {request.client.dialect}"

    @app.on_disconnect
    async def left(session: Client) -> None:
        gone.append(session.user)

    await app.start()
    _, carrier = enter(app, format="json")
    await until(carrier.lines)
    members = await app.hub.members("lobby")
    await app.drain(0.0)
    await app.stop()

    assert [info.user for info in members.values()] == ["user of text-json"]
    assert gone == ["user of text-json"]
