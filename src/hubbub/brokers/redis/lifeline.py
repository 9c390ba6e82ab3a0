"""Keep one connection to Redis up, for ever: connect, greet, and after a loss connect again."""

from __future__ import annotations

import asyncio
import random
from typing import Protocol

from structlog import get_logger

from hubbub.brokers.redis.address import Address
from hubbub.brokers.redis.backoff import Backoff
from hubbub.brokers.redis.link import Link, Unreachable, connect, enter
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.errors import BrokerUnavailable

log = get_logger()

STEADY_S = 10.0
"""A connection that lived so long was good."""


class Owner(Protocol):
    """Use a connection while it stands."""

    async def greet(self, link: Link) -> None:
        """Prepare a fresh connection; raises Unreachable when it cannot be used."""
        ...

    def on_up(self, link: Link) -> None:
        """Start to use the connection; its replies go to `on_reply` from now on."""
        ...

    def on_reply(self, reply: object) -> None:
        """Take the next reply; must not raise."""
        ...

    def on_down(self) -> None:
        """Stop using the connection; another one follows."""
        ...


class Lifeline:
    """One connection that comes back. `reason` is a sentence while it is away, and empty otherwise."""

    __slots__ = (
        "_address",
        "_backoff",
        "_closed",
        "_drops",
        "_ended",
        "_failures",
        "_keeper",
        "_link",
        "_name",
        "_owner",
        "_timeout_s",
        "_up_at",
        "reason",
    )

    def __init__(self, address: Address, settings: RedisSettings, owner: Owner) -> None:
        self._address = address
        self._backoff = Backoff(settings.retry_first_s, settings.retry_most_s)
        self._closed = True
        self._drops = 0
        self._ended = asyncio.Event()
        self._failures = 0
        self._keeper: asyncio.Task[None] | None = None
        self._link: Link | None = None
        self._name = ""
        self._owner = owner
        self._timeout_s = settings.connect_timeout_s
        self._up_at = 0.0
        self.reason = f"Redis at {address}: not started yet"

    @property
    def closed(self) -> bool:
        """Tell whether nobody tries to connect: before `open`, and after `close`."""
        return self._closed

    async def open(self, name: str) -> None:
        """Make the first connection, which CLIENT LIST shows under `name`.

        Raises BrokerUnavailable when it cannot be made; nothing is tried again then.
        """
        self._closed = False
        # Redis refuses spaces and control characters in the name.
        self._name = "".join(mark if "!" <= mark <= "~" else "-" for mark in name)
        try:
            await self._attempt()
        except Unreachable as error:
            raise BrokerUnavailable(self._sentence(str(error))) from error

    def drop(self, reason: str) -> None:
        """Give up the present connection, because of `reason`, and make another one.

        Where one connection after the other must be given up (a replica that was taken for the master), the
        pauses grow as if it could not be reached, whatever worked on it.
        """
        if self._link is not None and self._link.is_open:
            lived_s = asyncio.get_running_loop().time() - self._up_at
            self._drops = self._drops + 1 if lived_s < STEADY_S else 1
            self._failures = self._drops
            self._link.abort(reason)

    def proven(self) -> None:
        """Learn that the connection did its work; the next loss is answered without delay."""
        self._failures = 0

    async def close(self) -> None:
        """End the connection and the attempts at another one."""
        self._closed = True
        self.reason = self._sentence("closed by this node")
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._link is not None:
            self._link.abort("closed by this node")
            await self._ended.wait()

    def _sentence(self, reason: str) -> str:
        return f"Redis at {self._address}: {reason}"

    async def _attempt(self) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                link = await connect(self._address)
                try:
                    await enter(link, self._address, self._name)
                    await self._owner.greet(link)
                except BaseException:
                    link.abort("it could not be used")
                    raise
        except TimeoutError as error:
            raise Unreachable(f"it did not answer within {self._timeout_s:g} s") from error
        if not link.is_open:
            raise Unreachable("it closed the connection")
        link.on_reply, link.on_lost = self._owner.on_reply, self._lost
        self._link = link
        self._ended.clear()
        self.reason = ""
        self._up_at = asyncio.get_running_loop().time()
        self._owner.on_up(link)

    def _lost(self, reason: str) -> None:
        self._link = None
        self._ended.set()
        if self._closed:
            self._owner.on_down()
            return
        self.reason = self._sentence(reason)
        log.warning("redis connection lost", connection=self._name, reason=self.reason)
        self._owner.on_down()
        self._keeper = asyncio.get_running_loop().create_task(self._come_back())

    async def _come_back(self) -> None:
        while True:
            # Spreading a herd needs chance, not secrecy.
            await asyncio.sleep(self._backoff.delay_s(self._failures, random.random()))  # noqa: S311
            self._failures += 1
            try:
                await self._attempt()
            except Unreachable as error:
                reason = self._sentence(str(error))
                if reason != self.reason:
                    log.warning("redis cannot be used", connection=self._name, reason=reason)
                self.reason = reason
            else:
                log.info("redis connection restored", connection=self._name)
                return
