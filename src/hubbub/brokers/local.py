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

    __slots__ = ("_busy", "_receivers", "_waiting")

    def __init__(self) -> None:
        self._receivers: dict[ChannelName, tuple[Receiver, ...]] = {}
        self._waiting: deque[Delivery] = deque()
        self._busy = False

    def subscribe(self, receiver: Receiver, channels: Iterable[ChannelName]) -> None:
        """Let a receiver take what is delivered to these channels from now on."""
        for channel in channels:
            receivers = self._receivers.get(channel, ())
            if receiver not in receivers:
                self._receivers[channel] = (*receivers, receiver)

    def unsubscribe(self, receiver: Receiver, channels: Iterable[ChannelName]) -> None:
        """Stop the delivery of these channels to a receiver."""
        for channel in channels:
            rest = tuple(other for other in self._receivers.get(channel, ()) if other != receiver)
            if rest:
                self._receivers[channel] = rest
            else:
                self._receivers.pop(channel, None)

    def leave(self, receiver: Receiver) -> None:
        """Forget a receiver altogether."""
        self.unsubscribe(
            receiver, [name for name, all_ in self._receivers.items() if receiver in all_]
        )

    def deliver(self, channel: ChannelName, what: Entry | bytes) -> None:
        """Hand an entry, or an announcement's payload, to the channel's receivers."""
        if channel not in self._receivers:
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
        for receiver in self._receivers.get(channel, ()):
            try:
                if isinstance(what, Entry):
                    receiver.on_entry(channel, what)
                else:
                    receiver.on_announcement(channel, what)
            except Exception as error:  # noqa: BLE001 - a receiver's fault must not fail the publisher
                asyncio.get_running_loop().call_exception_handler(
                    {"message": f"a receiver failed on channel {channel!r}", "exception": error}
                )


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
