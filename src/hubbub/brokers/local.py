"""Parts of an engine that lives in one process: the feed, remembered keys, and what comes round again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any

from hubbub.brokers.contract import Entry, Receiver
from hubbub.model import ChannelName, Position

Delivery = tuple[ChannelName, Entry | bytes]


class Exchange:
    """Hand entries and announcements to the subscribed receivers of this process, one after the other.

    What a receiver publishes while it takes a delivery waits until that delivery has reached everybody,
    so that all receivers see one order.
    """

    __slots__ = ("_busy", "_prefixes", "_receivers", "_waiting")

    def __init__(self) -> None:
        self._prefixes: dict[str, tuple[Receiver, ...]] = {}
        self._receivers: dict[ChannelName, tuple[Receiver, ...]] = {}
        self._waiting: deque[Delivery] = deque()
        self._busy = False

    def subscribe(self, receiver: Receiver, channels: Iterable[ChannelName]) -> None:
        """Let a receiver take what is delivered to these channels from now on."""
        for channel in channels:
            _join(self._receivers, channel, receiver)

    def unsubscribe(self, receiver: Receiver, channels: Iterable[ChannelName]) -> None:
        """Stop the delivery of these channels to a receiver."""
        for channel in channels:
            _part(self._receivers, channel, receiver)

    def subscribe_prefixes(self, receiver: Receiver, prefixes: Iterable[str]) -> None:
        """Let a receiver take what is delivered to all channels whose names begin so."""
        for prefix in prefixes:
            _join(self._prefixes, prefix, receiver)

    def unsubscribe_prefixes(self, receiver: Receiver, prefixes: Iterable[str]) -> None:
        """Stop the delivery to a receiver for the sake of these prefixes."""
        for prefix in prefixes:
            _part(self._prefixes, prefix, receiver)

    def leave(self, receiver: Receiver) -> None:
        """Forget a receiver altogether."""
        for table in (self._receivers, self._prefixes):
            for name in [name for name, all_ in table.items() if receiver in all_]:
                _part(table, name, receiver)

    def deliver(self, channel: ChannelName, what: Entry | bytes) -> None:
        """Hand an entry, or an announcement's payload, to the channel's receivers."""
        if channel not in self._receivers and not self._prefixes:
            return
        if self._busy:
            self._waiting.append((channel, what))
            return
        self._busy = True
        try:
            self._hand_out(channel, what)
            while self._waiting:
                self._hand_out(*self._waiting.popleft())
        finally:
            self._busy = False

    def _hand_out(self, channel: ChannelName, what: Entry | bytes) -> None:
        receivers = self._receivers.get(channel, ())
        if self._prefixes:
            receivers = self._all(channel, receivers)
        for receiver in receivers:
            try:
                if isinstance(what, Entry):
                    receiver.on_entry(channel, what)
                else:
                    receiver.on_announcement(channel, what)
            except Exception as error:  # noqa: BLE001 - a receiver's fault must not fail the publisher
                asyncio.get_running_loop().call_exception_handler(
                    {"message": f"a receiver failed on channel {channel!r}", "exception": error}
                )

    def _all(self, channel: ChannelName, receivers: tuple[Receiver, ...]) -> tuple[Receiver, ...]:
        """Return those who have subscribed a channel by its name or by a prefix, each once."""
        for prefix, more in self._prefixes.items():
            if channel.startswith(prefix):
                receivers += tuple(each for each in more if each not in receivers)
        return receivers


def _join(table: dict[str, tuple[Receiver, ...]], name: str, receiver: Receiver) -> None:
    receivers = table.get(name, ())
    if receiver not in receivers:
        table[name] = (*receivers, receiver)


def _part(table: dict[str, tuple[Receiver, ...]], name: str, receiver: Receiver) -> None:
    rest = tuple(other for other in table.get(name, ()) if other != receiver)
    if rest:
        table[name] = rest
    else:
        table.pop(name, None)


class Keys:
    """Remember where idempotency keys led, for a while; times are seconds of a monotonic clock."""

    __slots__ = ("_keep_s", "_order", "_places")

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._places: dict[tuple[ChannelName, str], Position] = {}
        self._order: deque[tuple[float, tuple[ChannelName, str]]] = deque()

    def __len__(self) -> int:
        return len(self._places)

    def find(self, channel: ChannelName, key: str, now: float) -> Position | None:
        """Return the place of the first publish with this key, if it is not too long ago."""
        self.expire(now)
        return self._places.get((channel, key))

    def remember(self, channel: ChannelName, key: str, place: Position, now: float) -> None:
        """Keep a key that `find` did not know."""
        self._places[channel, key] = place
        self._order.append((now + self._keep_s, (channel, key)))

    def forget_last(self) -> None:
        """Take the last `remember` back, unless its time is over already."""
        if self._order:
            del self._places[self._order.pop()[1]]

    def expire(self, now: float) -> int:
        """Forget what is too old, and return how many keys that were."""
        expired = 0
        while self._order and self._order[0][0] <= now:
            del self._places[self._order.popleft()[1]]
            expired += 1
        return expired


class Rounds:
    """Name every channel again and again, each once per period, for a look at what it still needs."""

    __slots__ = ("_order", "_period_s")

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._order: deque[tuple[float, ChannelName]] = deque()

    def add(self, channel: ChannelName, now: float) -> None:
        """Let a channel be named one period from now."""
        self._order.append((now + self._period_s, channel))

    def due(self, now: float, limit: int) -> list[ChannelName]:
        """Take out up to `limit` channels whose time has come; the caller adds again those that live on."""
        found: list[ChannelName] = []
        while self._order and self._order[0][0] <= now and len(found) < limit:
            found.append(self._order.popleft()[1])
        return found


def failed(error: Exception) -> asyncio.Future[Any]:
    """Return a future that has failed already."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_exception(error)
    return future
