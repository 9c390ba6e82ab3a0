"""Asking one URL: in time, in turn, again where that is safe, and not at all while nobody is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import structlog

from hubbub.clock import Clock
from hubbub.errors import TOO_MANY_REQUESTS_ERROR, HookUnavailable, Refused
from hubbub.hooks.breaker import Breaker
from hubbub.hooks.burst import Burst
from hubbub.hooks.connection import Broken, Response, TooLarge
from hubbub.hooks.pool import Address, Pool, Unreachable
from hubbub.hooks.settings import HookSettings
from hubbub.hooks.signature import HEADER, sign
from hubbub.hooks.turns import Turns
from hubbub.hub.contract import Statistics

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_LEFT_ALONE = "it is left alone for a while, because it failed"

_AWAY = frozenset({502, 503, 504})
"""Statuses by which a proxy says that nobody is there."""

_DEFAULTS = {"user-agent": "hubbub"}
_FIXED = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked.

    Args:
        name: the question, as the log calls it. url: where. repeatable: whether to ask again does no harm.
        concurrency: questions at once.
    """

    name: str
    url: str
    repeatable: bool
    concurrency: int


class Caller:
    """Ask one URL.

    Args:
        target: what. settings: the bounds. clock: the time. statistics: where to count.
    """

    def __init__(
        self,
        target: Target,
        settings: HookSettings,
        clock: Clock,
        statistics: Statistics,
    ) -> None:
        self._target = target
        self._settings = settings
        self._clock = clock
        self._statistics = statistics
        self._address = Address.of(target.url)
        self._pool = Pool(self._address, settings.answer_limit)
        self._secret = settings.secret.get_secret_value().encode()
        static = settings.static_headers
        self._static = {name.lower(): value.get_secret_value() for name, value in static.items()}
        self._turns = Turns(target.concurrency, settings.queue)
        self._breaker = Breaker(settings.failures, settings.open_s)
        self._burst = Burst()

    async def ask(self, body: bytes, headers: Mapping[str, str], judge: Callable[[bytes], T]) -> T:
        """Ask, and return what `judge` makes of the answer's body.

        Args:
            body: JSON. headers: those of the client's that go along.

        Raises HookUnavailable, Refused (111 where too much is asked already), or what `judge` raises.
        """
        self._statistics.hooks_asked += 1
        deadline = asyncio.get_running_loop().time() + self._settings.timeout_s
        try:
            await self._wait(deadline)
            try:
                return await self._judged(self._request(body, headers), judge, deadline)
            finally:
                self._turns.leave()
        except HookUnavailable as fault:
            self._complain(fault)
            raise

    async def _wait(self, deadline: float) -> None:
        """Wait for this question's turn, unless the backend is left alone."""
        if self._breaker.is_open(self._clock.monotonic()):
            raise HookUnavailable(_LEFT_ALONE)
        try:
            async with asyncio.timeout_at(deadline):
                await self._turns.enter()
        except TimeoutError:
            raise Refused(TOO_MANY_REQUESTS_ERROR, "the application is too slow") from None

    async def _judged(self, request: bytes, judge: Callable[[bytes], T], deadline: float) -> T:
        """Ask, and let the breaker know whether anybody is there.

        A wrong answer is an answer: who asks what the backend chokes on must not close it to everybody.
        """
        ticket = self._breaker.allow(self._clock.monotonic())
        if ticket is None:
            raise HookUnavailable(_LEFT_ALONE)
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._response(request)
        except HookUnavailable:
            self._breaker.settle(ticket, self._clock.monotonic(), ok=False)
            raise
        except TimeoutError:
            self._breaker.settle(ticket, self._clock.monotonic(), ok=False)
            limit = f"{self._settings.timeout_s:g} s"
            raise HookUnavailable(f"no answer within {limit}") from None
        except BaseException:
            self._breaker.abandon(ticket)
            raise
        there = response is None or response.status not in _AWAY
        self._breaker.settle(ticket, self._clock.monotonic(), ok=there)
        if response is None:
            limit = f"{self._settings.answer_limit} bytes"
            raise HookUnavailable(f"its answer is larger than {limit}")
        if not 200 <= response.status < 300:
            raise HookUnavailable(f"it answered with status {response.status}")
        return judge(response.body)

    async def _response(self, request: bytes) -> Response | None:
        """Return the response, None for one that is too large; ask again where that is safe."""
        tries = 1 + self._settings.retries
        while True:
            tries -= 1
            try:
                return await self._pool.ask(request)
            except TooLarge:
                return None
            except (Unreachable, Broken) as fault:
                # What never arrived may be said again, whatever it is.
                repeatable = self._target.repeatable or isinstance(fault, Unreachable)
                if not tries or not repeatable:
                    raise HookUnavailable(f"the connection failed: {fault}") from None

    def _request(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        everything = {**_DEFAULTS, **headers, **self._static, **_FIXED}
        if self._secret:
            everything[HEADER] = sign(self._secret, self._clock.epoch_ms() // 1000, body)
        address = self._address
        lines = [f"POST {address.target} HTTP/1.1", f"host: {address.authority}"]
        lines += [f"{name}: {value}" for name, value in everything.items()]
        lines.append(f"content-length: {len(body)}\r\n\r\n")
        return "\r\n".join(lines).encode("latin-1") + body

    def _complain(self, fault: HookUnavailable) -> None:
        self._statistics.hooks_failed += 1
        times = self._burst.add(self._clock.monotonic())
        if times:
            _log.warning(
                "the application does not answer",
                hook=self._target.name,
                url=self._address.shown,
                fault=fault.detail,
                times=times,
            )

    def close(self) -> None:
        """End the connections."""
        self._pool.close()
