"""One connection that hears Redis channels: the wish, its confirmation, and the return after a loss.

Channels are wished for by name, or many at once by what their names begin with; each message is heard once.
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
from hubbub.brokers.redis.globs import Standing, glob_of
from hubbub.brokers.redis.lifeline import Lifeline
from hubbub.brokers.redis.link import Link, pack
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.brokers.redis.wanted import Wanted
from hubbub.errors import BrokerUnavailable

_RESTORED = b"hubbub-restored"


class Listener(Protocol):
    """Hear what is said on the subscribed names, each message once. Nothing here waits or raises."""

    def on_message(self, name: bytes, data: bytes) -> None:
        """Take a message of a name that is, or was a moment ago, subscribed."""
        ...

    def on_restored(self) -> None:
        """Learn that the connection was lost and everything is subscribed again."""
        ...


class Subscription:
    """Keep one subscription connection to Redis, whatever happens to it."""

    __slots__ = (
        "_flushing",
        "_interrupted",
        "_lifeline",
        "_link",
        "_listener",
        "_names",
        "_patterns",
        "_prefixes",
        "_timeout_s",
        "standing",
    )

    def __init__(self, address: Address, settings: RedisSettings) -> None:
        self._flushing = False
        self._interrupted = False
        self._lifeline = Lifeline(address, settings, self)
        self._link: Link | None = None
        self._listener: Listener | None = None
        batch = settings.bounds.subscribe_names
        self._names = Wanted("SUBSCRIBE", "UNSUBSCRIBE", batch)
        self._patterns = Wanted("PSUBSCRIBE", "PUNSUBSCRIBE", batch)
        self._prefixes = Standing()
        self._timeout_s = settings.command_timeout_s
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
        await self._subscribe(self._names, names)

    async def subscribe_prefixes(self, prefixes: Sequence[bytes]) -> None:
        """Hear all names that begin with these; see `subscribe`."""
        await self._subscribe(self._patterns, [glob_of(prefix) for prefix in prefixes])

    async def _subscribe(self, wanted: Wanted, names: Sequence[bytes]) -> None:
        if self._lifeline.closed:
            raise BrokerUnavailable(self._lifeline.reason)
        waiter = wanted.want(names)
        if waiter is None:
            return
        self._wake()
        # Not asyncio.timeout: the hub steps this outside of a task until it first waits.
        await asyncio.wait({waiter.done}, timeout=self._timeout_s)
        if waiter.done.done():
            await waiter.done
            return
        wanted.give_up(waiter)
        self._wake()
        raise BrokerUnavailable(
            self._lifeline.reason
            or f"Redis did not confirm a subscription in {self._timeout_s:g} s"
        )

    def wants(self, name: bytes) -> bool:
        """Tell whether a name is wished for, whatever the connection does."""
        return name in self._names

    def release(self, name: bytes) -> None:
        """Hear a name no longer."""
        self._names.release(name)
        self._wake()

    def release_prefix(self, prefix: bytes) -> None:
        """Hear names that begin with this no longer, for this reason."""
        self._patterns.release(glob_of(prefix))
        self._wake()

    def _wake(self) -> None:
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._link is None or not self._link.is_open:
            return
        commands = [*self._names.commands(), *self._patterns.commands()]
        if commands:
            self._link.write(b"".join(map(pack, commands)))

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
        self._names.interrupt()
        self._patterns.interrupt()
        self._prefixes.clear()

    def on_reply(self, reply: object) -> None:
        """Take a message, a confirmation, the mark behind a return, or an error."""
        if type(reply) is list and len(reply) == 3 and reply[0] == b"message":
            if self._listener is not None:
                self._listener.on_message(reply[1], reply[2])
        elif isinstance(reply, ErrorReply):
            self._lifeline.drop(explain(reply).sentence)
        elif isinstance(reply, list) and len(reply) == 3:
            # subscribe, unsubscribe, or the same of a pattern; the name; how many are subscribed
            self._confirm(reply[0], reply[1])
        elif isinstance(reply, list) and len(reply) == 4:
            _, glob, name, data = reply  # pmessage
            # What stands by its name has come by its name.
            if self._listener and not self._names.stands(name) and self._prefixes.leads(glob):
                self._listener.on_message(name, data)
        elif reply in (_RESTORED, [b"pong", _RESTORED]):
            self._stand()

    def _confirm(self, kind: bytes, name: bytes) -> None:
        if kind in (b"subscribe", b"unsubscribe"):
            self._names.confirm(name, kind == b"subscribe")
        else:
            self._prefixes.note(name, kind == b"psubscribe")
            self._patterns.confirm(name, kind == b"psubscribe")

    def _stand(self) -> None:
        self.standing = True
        self._lifeline.proven()
        if self._interrupted:
            self._interrupted = False
            if self._listener is not None:
                self._listener.on_restored()
