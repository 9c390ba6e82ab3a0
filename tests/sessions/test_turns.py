from __future__ import annotations

import asyncio

import pytest

from hubbub.dialects.contract import Command, Rpc
from hubbub.errors import INTERNAL_ERROR, Close
from hubbub.sessions.backlog import Backlog
from hubbub.sessions.contract import Connection
from hubbub.sessions.turns import take
from tests.fakes.carrier import Carrier
from tests.hub.stage import turn


class Worker:
    """Something that is commanded, and notes what it did."""

    def __init__(self) -> None:
        self.connection: Connection = Carrier()
        self.gone = False
        self.backlog: Backlog | None = None
        self.done: list[str] = []
        self.waiting: dict[str, asyncio.Future[None]] = {}

    def handle(self, command: Command) -> asyncio.Future[None] | None:
        assert isinstance(command, Rpc)
        self.done.append(command.method)
        if command.method.startswith("wait"):
            future = self.waiting[command.method] = asyncio.get_running_loop().create_future()
            return future
        if command.method == "fail":
            raise ValueError("on purpose")
        return None

    def fail(self, command: Command, fault: BaseException) -> None:
        self.done.append(str(fault))

    def end(self, close: Close) -> None:
        self.gone = True
        self.done.append(close.reason)

    def take(self, *methods: str) -> None:
        for method in methods:
            take(self, Worker.handle, Rpc(method), 0)


async def test_what_does_not_wait_is_done_at_once() -> None:
    worker = Worker()
    worker.take("a", "fail", "b")
    assert worker.done == ["a", "fail", "on purpose", "b"]


async def test_what_comes_behind_one_that_waits_waits_too() -> None:
    worker = Worker()
    worker.take("a", "wait 1", "b", "wait 2", "c")
    assert worker.done == ["a", "wait 1"]
    worker.waiting["wait 1"].set_result(None)
    await turn(2)
    assert worker.done == ["a", "wait 1", "b", "wait 2"]
    worker.take("d")
    worker.waiting["wait 2"].set_result(None)
    await turn(2)
    assert worker.done[-2:] == ["c", "d"]
    assert worker.backlog is None


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_wait_that_fails(cancelled: bool) -> None:
    worker = Worker()
    worker.take("wait", "b")
    if cancelled:
        worker.waiting["wait"].cancel()
    else:
        worker.waiting["wait"].set_exception(ValueError("later"))
    await turn(2)
    assert worker.done == ["wait", INTERNAL_ERROR.reason] if cancelled else ["wait", "later", "b"]


async def test_who_is_gone_does_nothing_more() -> None:
    worker = Worker()
    worker.take("wait", "b")
    worker.gone = True
    worker.waiting["wait"].set_result(None)
    await turn(2)
    assert worker.done == ["wait"]
    worker.take("c")
    assert worker.done == ["wait"]
