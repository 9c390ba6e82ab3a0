"""Calling functions of the application: not too many at once, and none for too long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar, cast

import structlog

from hubbub.clock import Clock
from hubbub.errors import TOO_MANY_REQUESTS_ERROR, HookUnavailable, HubbubError, Refused
from hubbub.hooks.burst import Burst
from hubbub.hooks.functions import Function
from hubbub.hooks.settings import FunctionSettings
from hubbub.hooks.turns import Turns

_log = structlog.get_logger(__name__)

T = TypeVar("T")


class Runner:
    """Run functions: `async` ones in the event loop, others in a thread, where they may block.

    Args:
        settings: the bounds. clock: the time.
    """

    def __init__(self, settings: FunctionSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._turns: dict[str, Turns] = {}
        self._bursts: dict[str, Burst] = {}
        self._threads = ThreadPoolExecutor(settings.threads, "hubbub-function")

    async def run(self, function: Function, judge: Callable[[object], T], *arguments: object) -> T:
        """Call a function, and return what `judge` makes of what it returns.

        Raises what the function raises on purpose (a HubbubError), Refused (111) where too many calls wait,
        and HookUnavailable for everything else, which is logged.
        """
        turns = self._turns.get(function.name)
        if turns is None:
            turns = Turns(self._settings.concurrency, self._settings.queue)
            self._turns[function.name] = turns
        limit = asyncio.timeout(self._settings.timeout_s)
        entered = False
        try:
            async with limit:
                await turns.enter()
                entered = True
                call = self._call if function.waits else self._call_in_thread
                returned = await call(function, arguments[: function.takes], turns)
            return judge(returned)
        except HubbubError:
            raise
        except (Exception, asyncio.CancelledError) as fault:
            if _is_cancelled():
                raise
            if limit.expired() and not entered:
                raise Refused(TOO_MANY_REQUESTS_ERROR, f"{function.name} is too slow") from None
            self._complain(function, self._late() if limit.expired() else fault)
            raise HookUnavailable(f"{function.name} failed") from None

    def _late(self) -> TimeoutError:
        return TimeoutError(f"it took longer than {self._settings.timeout_s:g} s")

    async def _call(
        self, function: Function, arguments: tuple[object, ...], turns: Turns
    ) -> object:
        try:
            return await cast(Awaitable[object], function.call(*arguments))
        finally:
            turns.leave()

    async def _call_in_thread(
        self, function: Function, arguments: tuple[object, ...], turns: Turns
    ) -> object:
        loop = asyncio.get_running_loop()

        def leave(called: Future[object]) -> None:
            # A thread cannot be stopped: the turn is over when the function is, whoever still waits for it.
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(turns.leave)

        called = self._threads.submit(function.call, *arguments)
        called.add_done_callback(leave)
        return await asyncio.wrap_future(called)

    def _complain(self, function: Function, fault: BaseException) -> None:
        burst = self._bursts.setdefault(function.name, Burst())
        times = burst.add(self._clock.monotonic())
        if times:
            _log.error(
                "a function of the application failed",
                function=function.name,
                times=times,
                exc_info=fault,
            )

    def close(self) -> None:
        """Begin nothing more in threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _is_cancelled() -> bool:
    """Tell whether somebody cancelled this task; something that it waited for may have been instead."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
