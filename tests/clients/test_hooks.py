"""Applications behind a running server, as the PyPI `centrifuge` SDK meets them: functions, and a backend."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from centrifuge import (  # type: ignore[import-untyped]
    Client,
    ClientEventHandler,
    ConnectedContext,
    DisconnectedContext,
    PublicationContext,
    ReplyError,
    SubscribedContext,
    Subscription,
    SubscriptionEventHandler,
    UnsubscribedContext,
)

from tests.clients.installed import HERE
from tests.docs.served import Served
from tests.hooks.backend import Asked, Backend, Manner, answering, running, silent
from tests.servers import RedisServer

WITHIN_S = 60.0

SETTINGS = """
broker = "memory://"

[hub]
vacancy_s = 0

[namespaces.room]
subscribe_hook = true
publish_hook = true
occupancy_hooks = true
"""


class Person(ClientEventHandler, SubscriptionEventHandler):  # type: ignore[misc] # untyped
    """Somebody with an SDK, who remembers what happened."""

    def __init__(self, port: int, data: object = None) -> None:
        url = f"ws://localhost:{port}/connection/websocket"
        self.client = Client(url, events=self, data=data)
        self.told: list[tuple[str, Any]] = []

    async def on_connected(self, ctx: ConnectedContext) -> None:
        self.told.append(("connected", ctx.client))

    async def on_disconnected(self, ctx: DisconnectedContext) -> None:
        self.told.append(("disconnected", (ctx.code, ctx.reason)))

    async def on_subscribed(self, ctx: SubscribedContext) -> None:
        self.told.append(("subscribed", ctx.channel))

    async def on_unsubscribed(self, ctx: UnsubscribedContext) -> None:
        self.told.append(("unsubscribed", (ctx.code, ctx.reason)))

    async def on_publication(self, ctx: PublicationContext) -> None:
        self.told.append(("publication", ctx.pub.data))

    async def arrive(self) -> Person:
        await self.client.connect()
        await self.hear("connected")
        return self

    async def follow(self, channel: str) -> Subscription:
        subscription = self.client.new_subscription(channel, events=self)
        await subscription.subscribe()
        await self.hear("subscribed", channel)
        return subscription

    async def hear(self, kind: str, *values: object) -> None:
        await until(lambda: any(k == kind and (not values or v in values) for k, v in self.told))

    async def leave(self) -> None:
        await self.client.disconnect()


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    folder = tmp_path_factory.mktemp("functions")
    (folder / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
    with Served(folder, f"{HERE / 'hooked.py'}:app") as served:
        yield served, folder / "told"


async def test_functions_decide_and_know(functions: tuple[Served, Path]) -> None:
    served, told = functions
    ann = await Person(served.port, {"user": "ann"}).arrive()
    bob = await Person(served.port, {"user": "bob"}).arrive()
    hall = await bob.follow("room:hall")
    await ann.follow("room:hall")
    secret = bob.client.new_subscription("room:secret", events=bob)
    await secret.subscribe()
    await bob.hear("unsubscribed", (103, "permission denied"))

    answer = await ann.client.rpc("say", {"room": "hall", "text": "hi"})
    assert answer.data == {"offset": 1}
    await hall.publish({"text": "ho"})
    from_ann, from_bob = {"from": "ann", "text": "hi"}, {"from": "bob", "text": "ho"}
    await bob.hear("publication", from_ann)
    await ann.hear("publication", from_bob)
    assert ("publication", from_ann) not in ann.told

    await bob.leave()
    await ann.leave()
    await until(lambda: '"vacated"' in told.read_text())
    lines = told.read_text().splitlines()
    assert lines[0] == '["occupied", "room:hall"]'
    assert [line for line in lines if "bob" in line] == [
        '["unsubscribed", "bob", 1, "room:hall"]',
        '["disconnected", "bob", 2, {"tenant": 1}]',
    ]


async def test_a_function_turns_somebody_away(functions: tuple[Served, Path]) -> None:
    nobody = Person(functions[0].port)
    await nobody.client.connect()
    await nobody.hear("disconnected", (4501, "say who you are"))


@pytest.mark.parametrize(
    ("method", "data", "code"),
    [("say", {"room": 5}, 107), ("fail", None, 100), ("none", None, 104)],
)
async def test_what_a_client_is_told_of_a_function_that_did_not_answer(
    functions: tuple[Served, Path], method: str, data: object, code: int
) -> None:
    ann = await Person(functions[0].port, {"user": "ann"}).arrive()
    with pytest.raises(ReplyError) as fault:
        await ann.client.rpc(method, data)
    await ann.leave()

    assert fault.value.code == code
    assert "mine" not in fault.value.message


@asynccontextmanager
async def behind_urls(folder: Path, *arguments: str) -> AsyncIterator[tuple[Served, Backend]]:
    """Run a server whose application is the backend, which answers as `answers` says."""
    async with running() as backend:
        url = backend.url
        hooks = "\n".join(
            f'{name} = "{url}/{name}"'
            for name in ("connect", "refresh", "subscribe", "publish", "sub_refresh", "rpc")
        )
        text = f'{SETTINGS}\n[hooks]\n{hooks}\n[hooks.events]\nurl = "{url}/events"\n'
        (folder / "hubbub.toml").write_text(text, encoding="utf-8")
        served = Served(folder, *arguments)
        await asyncio.to_thread(served.__enter__)
        try:
            yield served, backend
        finally:
            await asyncio.to_thread(served.__exit__, None, None, None)


def told_by(backend: Backend) -> list[dict[str, Any]]:
    """Return the events that the backend was told, each once, in their order."""
    events = (
        event for each in backend.asked if each.path == "/events" for event in each.json["events"]
    )
    return list({(event["key"], event["number"]): event for event in events}.values())


def about(backend: Backend, key: str) -> list[dict[str, Any]]:
    return [event for event in told_by(backend) if event["key"] == key]


def answers(**manners: Manner) -> Manner:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await manners.get(asked.path[1:], answering({"result": {}}))(asked, writer)

    return answer


async def test_a_backend_decides_and_knows(tmp_path: Path) -> None:
    async with behind_urls(tmp_path, "--workers", "1") as (served, backend):
        backend.behave(
            answers(
                connect=answering({"result": {"user": "ann", "expire_at": int(time.time()) + 2}}),
                refresh=answering({"result": {"expire_at": int(time.time()) + 3600}}),
                publish=answering({"result": {"data": {"text": "better"}}}),
                rpc=answering({"error": {"code": 1000, "message": "no beer", "temporary": True}}),
            )
        )
        ann = await Person(served.port, {"from": "here"}).arrive()
        room = await ann.follow("room:hall")
        await room.publish({"text": "hi"})
        await ann.hear("publication", {"text": "better"})
        with pytest.raises(ReplyError, match=r"1000.*no beer.*True"):
            await ann.client.rpc("beer", {"pints": 2})
        await until(lambda: any(asked.path == "/refresh" for asked in backend.asked))

        backend.behave(answers(rpc=answering({"disconnect": {"code": 4500, "reason": "enough"}})))
        with pytest.raises(Exception, match=r"disconnect|closed|Error"):
            await ann.client.rpc("beer", {"pints": 3})
        await ann.hear("disconnected", (4500, "enough"))
        await until(lambda: len(told_by(backend)) == 4)

    asked = {each.path: each.json for each in reversed(backend.asked)}
    session = next(value for kind, value in ann.told if kind == "connected")
    assert asked["/connect"]["data"] == {"from": "here"}
    assert asked["/publish"] == {
        **{"client": session, "transport": "websocket", "protocol": "json", "encoding": "json"},
        **{"user": "ann", "channel": "room:hall", "data": {"text": "hi"}},
    }
    mine, rooms = about(backend, session), about(backend, "room:hall")
    assert [each["type"] for each in mine] == ["unsubscribed", "disconnected"]
    assert [each["type"] for each in rooms] == ["occupied", "vacated"]


async def test_a_backend_that_sleeps_keeps_nobody_else_waiting_and_one_that_wakes_is_told_the_rest(
    tmp_path: Path,
) -> None:
    async with behind_urls(tmp_path, "--workers", "1") as (served, backend):
        backend.behave(answers(rpc=silent))
        ann, bob = await Person(served.port).arrive(), await Person(served.port).arrive()
        slow = asyncio.create_task(ann.client.rpc("sleep", None))
        await until(lambda: any(asked.path == "/rpc" for asked in backend.asked))
        await bob.client.publish("lobby", {"text": "quick"})
        assert not slow.done()
        with pytest.raises(ReplyError) as fault:
            await slow
        assert fault.value.code == 100

        backend.behave(answering(b"", "503 Service Unavailable"))
        await ann.leave()
        await until(lambda: any(asked.path == "/events" for asked in backend.asked))
        backend.behave(answers())
    gone = {each["client"] for each in told_by(backend) if each["type"] == "disconnected"}

    assert gone == {value for who in (ann, bob) for kind, value in who.told if kind == "connected"}
    await bob.leave()


async def test_a_channel_is_occupied_once_on_all_workers(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as redis:
        arguments = ("--workers", "2", "--broker", redis.url)
        async with behind_urls(tmp_path, *arguments) as (served, backend):
            people = [await Person(served.port).arrive() for _ in range(6)]
            for person in people:
                await person.follow("room:hall")
            for person in people:
                await person.leave()
            await until(lambda: len(about(backend, "room:hall")) == 2)
            occupied, vacated = about(backend, "room:hall")

    assert (occupied["type"], vacated["type"]) == ("occupied", "vacated")
    assert occupied["number"] < vacated["number"]
