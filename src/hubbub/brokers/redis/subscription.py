"""One connection that hears Redis channels by name: the wish, its confirmation, and the return after a loss.

Wishes of one loop turn go out together; messages are handed over in the turn in which they arrive, without
a task between. After a loss everything is subscribed again, a PING is sent behind it, and when its answer
is there, the listener learns that the subscriptions stand again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from hubbub.brokers.redis.address import Address
from hubbub.brokers.redis.failures import ErrorReply, explain
from hubbub.brokers.redis.lifeline import Lifeline
from hubbub.brokers.redis.link import Arguments, Link, pack
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.brokers.redis.wishes import Wishes
from hubbub.errors import BrokerUnavailable

_RESTORED = b"hubbub-restored"


class Listener(Protocol):
    """Hear what is said on the subscribed names. Nothing here waits or raises."""

    def on_message(self, name: bytes, data: bytes) -> None:
        """Take a message of a name that is, or was a moment ago, subscribed."""
        ...

    def on_restored(self) -> None:
        """Learn that the connection was lost and everything is subscribed again."""
        ...


class _Waiter:
    """Somebody who waits until a number of names is settled."""

    __slots__ = ("done", "missing")

    def __init__(self, missing: set[bytes]) -> None:
        self.missing = missing
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self, name: bytes) -> None:
        self.missing.discard(name)
        if not self.missing and not self.done.done():
            self.done.set_result(None)


class Subscription:
    """Keep one subscription connection to Redis, whatever happens to it."""

    __slots__ = (
        "_batch",
        "_flushing",
        "_interrupted",
        "_lifeline",
        "_link",
        "_listener",
        "_timeout_s",
        "_waiters",
        "_wishes",
        "standing",
    )

    def __init__(self, address: Address, settings: RedisSettings) -> None:
        self._batch = settings.bounds.subscribe_names
        self._flushing = False
        self._interrupted = False
        self._lifeline = Lifeline(address, settings, self)
        self._link: Link | None = None
        self._listener: Listener | None = None
        self._timeout_s = settings.command_timeout_s
        self._waiters: dict[bytes, list[_Waiter]] = {}
        self._wishes = Wishes()
        self.standing = False
        """Whether everything that is wanted is heard."""

    @property
    def reason(self) -> str:
        """Return why nothing is heard, or nothing when all is."""
        if self.standing:
            return ""
        return self._lifeline.reason or "the feed's channels are being subscribed again"

    async def open(self, name: str, listener: Listener) -> None:
        """Connect under a name for CLIENT LIST. Raises BrokerUnavailable when that fails."""
        self._listener = listener
        await self._lifeline.open(name)

    def drop(self, reason: str) -> None:
        """Give up the connection and make another one."""
        self._lifeline.drop(reason)

    def take_heard(self) -> bool:
        """Tell whether anything arrived since the last call."""
        link = self._link
        heard = link is not None and link.heard
        if link is not None:
            link.heard = False
        return heard

    async def close(self) -> None:
        """End the connection."""
        await self._lifeline.close()

    async def subscribe(self, names: Sequence[bytes]) -> None:
        """Hear names; return when Redis has confirmed every one.

        Raises BrokerUnavailable when that takes too long; the names are then released, unless others wait.
        """
        if self._lifeline.closed:
            raise BrokerUnavailable(self._lifeline.reason)
        missing = {name for name in names if not self._wishes.want(name)}
        if not missing:
            return
        waiter = _Waiter(missing)
        for name in missing:
            self._waiters.setdefault(name, []).append(waiter)
        self._wake()
        # Not asyncio.timeout: the hub steps this outside of a task until it first waits.
        await asyncio.wait({waiter.done}, timeout=self._timeout_s)
        if waiter.done.done():
            await waiter.done
            return
        for name in waiter.missing:
            others = self._waiters.get(name, [])
            if waiter in others:
                others.remove(waiter)
            if not others:
                self.release(name)
        raise BrokerUnavailable(
            self._lifeline.reason
            or f"Redis did not confirm a subscription in {self._timeout_s:g} s"
        )

    def wants(self, name: bytes) -> bool:
        """Tell whether a name is wished for, whatever the connection does."""
        return name in self._wishes

    def release(self, name: bytes) -> None:
        """Hear a name no longer."""
        self._wishes.release(name)
        self._wake()

    def _wake(self) -> None:
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._link is None or not self._link.is_open:
            return
        change = self._wishes.take()
        commands = [
            *_batched("SUBSCRIBE", change.subscribe, self._batch),
            *_batched("UNSUBSCRIBE", change.unsubscribe, self._batch),
        ]
        if commands:
            self._link.write(b"".join(map(pack, commands)))
        for name in change.settled:
            self._settle(name)

    def _settle(self, name: bytes) -> None:
        for waiter in self._waiters.pop(name, ()):
            waiter.settle(name)

    # ── the life of the connection (lifeline.Owner) ─────────────────────────

    async def greet(self, link: Link) -> None:
        """Need nothing more than every connection."""

    def on_up(self, link: Link) -> None:
        """Ask for everything again, and mark the place behind it."""
        self._link = link
        self._flush()
        link.write(pack(("PING", _RESTORED)))

    def on_down(self) -> None:
        """Know that anything may be missed from now on."""
        self._link = None
        self.standing = False
        self._interrupted = True
        for name in self._wishes.interrupt():
            self._settle(name)

    def on_reply(self, reply: object) -> None:
        """Take a message, a confirmation, the mark behind a return, or an error."""
        if type(reply) is list and len(reply) == 3 and reply[0] == b"message":
            if self._listener is not None:
                self._listener.on_message(reply[1], reply[2])
        elif isinstance(reply, ErrorReply):
            self._lifeline.drop(explain(reply).sentence)
        elif isinstance(reply, list) and len(reply) == 3:
            # subscribe or unsubscribe, the name, how many are subscribed
            if self._wishes.confirm(reply[1]):
                self._settle(reply[1])
        elif reply in (_RESTORED, [b"pong", _RESTORED]):
            self._stand()

    def _stand(self) -> None:
        self.standing = True
        self._lifeline.proven()
        if self._interrupted:
            self._interrupted = False
            if self._listener is not None:
                self._listener.on_restored()


def _batched(verb: str, names: list[bytes], size: int) -> list[Arguments]:
    return [(verb, *names[at : at + size]) for at in range(0, len(names), size)]
