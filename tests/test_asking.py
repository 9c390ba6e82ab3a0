from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from hubbub.app import Hubbub
from hubbub.asking import NodeAnswers
from hubbub.config import Settings
from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.hub.nodes.orders import NodeGone, NodeSilent, OrderFailed
from tests.servers import RedisServer


class Sum(msgspec.Struct):
    numbers: list[int]


def made(url: str) -> Hubbub:
    app = Hubbub(Settings(broker=url))

    @app.order("where")
    async def where() -> str:
        return app.node

    @app.order("sum")
    def total(data: Sum) -> dict[str, int]:
        return {"sum": sum(data.numbers)}

    @app.order("refuse")
    async def refuse(data: object) -> None:
        raise Refused(BAD_REQUEST_ERROR, f"not {data}")

    @app.order("break")
    async def fail() -> None:
        raise KeyError("secret")

    @app.order("sleep")
    async def sleep(data: str) -> str:
        await asyncio.sleep(60 if data == app.node else 0)
        return "awake"

    return app


@pytest.fixture
async def apps(tmp_path: Path) -> AsyncIterator[tuple[Hubbub, Hubbub]]:
    with RedisServer(tmp_path) as redis:
        async with AsyncExitStack() as stack:
            one, two = made(redis.url), made(redis.url)
            for app in (one, two):
                await stack.enter_async_context(app.running())
            yield one, two


async def test_a_function_runs_on_another_node(apps: tuple[Hubbub, Hubbub]) -> None:
    one, two = apps
    assert await one.ask("where") == one.node
    assert await one.ask("where", node=two.node) == two.node
    assert await one.ask("where", session_id=f"{two.node}.x") == two.node
    assert await one.ask("sum", {"numbers": [1, 2, 3]}, node=two.node) == {"sum": 6}
    assert await one.ask_all("where") == NodeAnswers({each.node: each.node for each in apps})


async def test_what_goes_wrong_is_told(apps: tuple[Hubbub, Hubbub]) -> None:
    one, two = apps
    for order, data, why in (
        ("refuse", 7, "not 7"),
        ("break", None, r"order\('break'\) failed"),
        ("sum", {"numbers": "x"}, "array"),
        ("dance", None, "no function carries out 'dance'"),
    ):
        with pytest.raises(OrderFailed, match=why):
            await one.ask(order, data, node=two.node)
    with pytest.raises(NodeGone, match="no living node"):
        await one.ask("where", node="nobody")
    with pytest.raises(TypeError):
        await one.ask("where", object())


async def test_who_is_silent_is_named_and_the_others_are_heard(
    apps: tuple[Hubbub, Hubbub],
) -> None:
    one, two = apps
    with pytest.raises(NodeSilent):
        await one.ask("sleep", two.node, node=two.node, timeout_s=0.2)
    heard = await one.ask_all("sleep", two.node, timeout_s=0.5)
    assert heard == NodeAnswers({one.node: "awake"}, {}, (two.node,))
    heard = await one.ask_all("refuse", 1)
    assert (heard.by_node, sorted(heard.failed)) == ({}, sorted((one.node, two.node)))
