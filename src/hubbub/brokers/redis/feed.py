"""The subscription connection: which channels this node hears, and their frames in order.

One connection carries every channel. Wishes of one loop turn go out together; frames are decoded and
handed over in the turn in which they arrive, without a task between. After a loss everything is
subscribed again, a PING is sent behind it, and when its answer is there, the receiver learns that the
feed stands again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

from hubbub.brokers.redis.address import Address
from hubbub.brokers.redis.command import Again
from hubbub.brokers.redis.connection import Commands
from hubbub.brokers.redis.delivery import Delivery
from hubbub.brokers.redis.failures import ErrorReply, explain
from hubbub.brokers.redis.frames import encode_announcement
from hubbub.brokers.redis.keys import Layout
from hubbub.brokers.redis.lifeline import Lifeline
from hubbub.brokers.redis.link import Arguments, Link, pack
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.brokers.redis.wishes import Wishes
from hubbub.errors import BrokerUnavailable
from hubbub.model import ChannelName

_RESTORED = b"hubbub-restored"


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


class RedisFeed:
    """Carry entries and announcements from Redis to this node's receiver."""

    __slots__ = (
        "_batch",
        "_channels",
        "_commands",
        "_delivery",
        "_flushing",
        "_interrupted",
        "_layout",
        "_lifeline",
        "_link",
        "_probe_wire",
        "_timeout_s",
        "_waiters",
        "_wishes",
        "standing",
    )

    def __init__(
        self, address: Address, settings: RedisSettings, commands: Commands, layout: Layout
    ) -> None:
        self._batch = settings.bounds.subscribe_names
        self._channels: dict[bytes, ChannelName] = {}
        self._commands = commands
        self._delivery: Delivery | None = None
        self._flushing = False
        self._interrupted = False
        self._layout = layout
        self._lifeline = Lifeline(address, settings, self)
        self._link: Link | None = None
        self._probe_wire = b""
        self._timeout_s = settings.command_timeout_s
        self._waiters: dict[bytes, list[_Waiter]] = {}
        self._wishes = Wishes()
        self.standing = False

    @property
    def reason(self) -> str:
        """Return why the feed is not heard, or nothing when it stands."""
        if self.standing:
            return ""
        return self._lifeline.reason or "the feed's channels are being subscribed again"

    async def open(self, name: str, delivery: Delivery, probe_channel: ChannelName) -> None:
        """Connect under a name for CLIENT LIST and hear the probe's channel.

        Raises BrokerUnavailable when that fails.
        """
        self._delivery = delivery
        self._probe_wire = self._layout.channel(probe_channel).wire
        await self._lifeline.open(name)
        await self._subscribe([self._probe_wire])

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

    # ── the contract ────────────────────────────────────────────────────────

    async def subscribe(self, channels: Sequence[ChannelName]) -> None:
        """Subscribe this node; return when Redis has confirmed every name.

        Raises BrokerUnavailable when that takes too long; the names are then unsubscribed, unless
        others wait.
        """
        if self._lifeline.closed:
            raise BrokerUnavailable(self._lifeline.reason)
        wires = []
        for channel in channels:
            wire = self._layout.channel(channel).wire
            self._channels[wire] = channel
            wires.append(wire)
        await self._subscribe(wires)

    def unsubscribe(self, channels: Sequence[ChannelName]) -> None:
        """Stop the delivery of these channels."""
        for channel in channels:
            self._release(self._layout.channel(channel).wire)

    def announce(self, channel: ChannelName, payload: bytes) -> asyncio.Future[None]:
        """Send an unstored message to subscribed nodes, in order with this node's publishes."""
        wire = self._layout.channel(channel).wire
        command = pack(("PUBLISH", wire, encode_announcement(payload)))
        return self._commands.send(command, _nothing, Again.NEVER, len(payload))

    # ── wishes ──────────────────────────────────────────────────────────────

    async def _subscribe(self, wires: list[bytes]) -> None:
        missing = {wire for wire in wires if not self._wishes.want(wire)}
        if not missing:
            return
        waiter = _Waiter(missing)
        for wire in missing:
            self._waiters.setdefault(wire, []).append(waiter)
        self._wake()
        # Not asyncio.timeout: the hub steps this outside of a task until it first waits.
        await asyncio.wait({waiter.done}, timeout=self._timeout_s)
        if waiter.done.done():
            await waiter.done
            return
        for wire in waiter.missing:
            others = self._waiters.get(wire, [])
            if waiter in others:
                others.remove(waiter)
            if not others:
                self._release(wire)
        raise BrokerUnavailable(
            self._lifeline.reason
            or f"Redis did not confirm a subscription in {self._timeout_s:g} s"
        )

    def _release(self, wire: bytes) -> None:
        self._channels.pop(wire, None)
        self._wishes.release(wire)
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
        for wire in change.settled:
            self._settle(wire)

    def _settle(self, wire: bytes) -> None:
        for waiter in self._waiters.pop(wire, ()):
            waiter.settle(wire)

    # ── the life of the connection ──────────────────────────────────────────

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
        for wire in self._wishes.interrupt():
            self._settle(wire)

    def on_reply(self, reply: object) -> None:
        """Take a frame, a confirmation, the mark behind a return, or an error."""
        if type(reply) is list and len(reply) == 3 and reply[0] == b"message":
            channel = self._channels.get(reply[1])
            if channel is not None:
                cast(Delivery, self._delivery).deliver(channel, reply[2])
            elif reply[1] == self._probe_wire:
                cast(Delivery, self._delivery).take_probe(reply[2])
            return
        self._take_answer(reply)

    def _take_answer(self, reply: object) -> None:
        if isinstance(reply, ErrorReply):
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
            cast(Delivery, self._delivery).on_restored()


def _batched(verb: str, wires: list[bytes], size: int) -> list[Arguments]:
    return [(verb, *wires[at : at + size]) for at in range(0, len(wires), size)]


def _nothing(reply: object) -> None:
    """Take PUBLISH's count of receivers, of which nothing follows."""
