"""Run a coroutine at once as far as it goes, and make a task only of what is left.

With an embedded broker nearly nothing waits; a task for each command would cost more than the command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def start(work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
    """Run `work` until it first waits; return a future, already done when it never did.

    `work` must not need a current task before its first wait (no `asyncio.timeout` there).
    """
    loop = asyncio.get_running_loop()
    try:
        waiting_for = work.send(None)
    except StopIteration as end:
        finished: asyncio.Future[T] = loop.create_future()
        finished.set_result(end.value)
        return finished
    except asyncio.CancelledError:
        cancelled: asyncio.Future[T] = loop.create_future()
        cancelled.cancel()
        return cancelled
    except Exception as fault:  # noqa: BLE001 - the future carries it to whoever asked
        failed: asyncio.Future[T] = loop.create_future()
        failed.set_exception(fault)
        return failed
    return loop.create_task(_finish(work, waiting_for))


async def apart(work: Awaitable[T]) -> T:
    """Wait for `work` in a task of its own, which may then be timed and cancelled, whoever waits for it."""
    return await asyncio.ensure_future(work)


async def _finish(work: Coroutine[Any, Any, T], waiting_for: object) -> T:
    return await _resume(work, waiting_for)


@coroutine
def _resume(work: Coroutine[Any, Any, T], waiting_for: object) -> Generator[Any, Any, T]:
    while True:
        try:
            try:
                answer = yield waiting_for
            except BaseException as fault:  # noqa: BLE001 - thrown into the coroutine
                waiting_for = work.throw(fault)
            else:
                waiting_for = work.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
