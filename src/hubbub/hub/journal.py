"""An internal log that every node reads from its beginning, and goes on following over the broker's feed.

Whatever is appended reaches every node at least once, late rather than never: where the chain of tags shows a
gap, the feed was interrupted, or some time has passed, the node asks for what it missed. What the owner of a
journal does with an entry must therefore bear to be repeated, and to come out of order after a gap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Set
from dataclasses import dataclass

import structlog

from hubbub.brokers.contract import Broker, Entry, HistoryPage, HistoryQuery, Outcome, Stored
from hubbub.errors import BrokerUnavailable
from hubbub.model import ChannelName, Position, Retention

_log = structlog.get_logger(__name__)

PAGE = 1000
"""Entries read at once."""
LOOK_S = 10.0
"""Seconds between looks for a last entry that was lost on the way."""
RETRY_S = 0.5
"""Seconds between attempts to read while the broker is away."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a journal is about.

    Args:
        name: the internal channel. retention: how much of it is kept.
        take: called with the payload of each entry.
        lost: called with all payloads of the log, when it turned out to be another one than this node has
            read so far (the broker lost data): whoever knows more may append it again.
    """

    name: ChannelName
    retention: Retention
    take: Callable[[bytes], None]
    lost: Callable[[Set[bytes]], None]


class Journal:
    """Follow one internal log (a `brokers.contract.Receiver`)."""

    __slots__ = ("_broker", "_position", "_reading", "_subject", "_unread")

    def __init__(self, broker: Broker, subject: Subject) -> None:
        self._broker = broker
        self._subject = subject
        self._position: Position | None = None
        self._reading: asyncio.Task[None] | None = None
        self._unread = False

    @property
    def names(self) -> tuple[ChannelName, ...]:
        """Return what the feed has to bring here."""
        return (self._subject.name,)

    async def start(self) -> None:
        """Read everything that is kept; nothing later is missed. Raises BrokerUnavailable."""
        await self._broker.feed.subscribe(self.names)
        await self._read_all()

    def append(self, payload: bytes, key: str) -> asyncio.Future[Stored]:
        """Append an entry, once per `key`; the future raises BrokerUnavailable."""
        subject = self._subject
        return self._broker.log.publish(subject.name, payload, subject.retention, key)

    def look(self) -> None:
        """Find out in the background whether anything was missed."""
        self._unread = True
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._catch_up())

    def doubt(self) -> None:
        """Compare with the whole log again at the next look."""
        self._position = None

    async def close(self) -> None:
        """Follow no longer."""
        self._broker.feed.unsubscribe(self.names)
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait((self._reading,))

    # ── what the feed brings (brokers.contract.Receiver) ────────────────────────────────────────

    def on_entry(self, channel: ChannelName, entry: Entry) -> None:
        """Take an entry, whatever is missing before it."""
        self._subject.take(entry.payload)
        at = self._position
        if at is None:
            return  # it is being read
        if (entry.epoch, entry.offset, entry.previous) == (at.epoch, at.offset + 1, at.tag):
            self._position = entry.position
        elif entry.epoch != at.epoch or entry.offset > at.offset:
            self.look()

    def on_announcement(self, channel: ChannelName, payload: bytes) -> None:
        """Skip it: what counts is in the log."""

    def on_restored(self) -> None:
        """Find out what was missed."""
        self.look()

    # ── reading ─────────────────────────────────────────────────────────────────────────────────

    async def _catch_up(self) -> None:
        while self._unread:
            self._unread = False
            try:
                await self._read_on()
            except BrokerUnavailable as fault:
                _log.debug("a journal waits", journal=self._subject.name, fault=str(fault))
            except Exception as fault:  # noqa: BLE001 - giving up would hide all that is still to come
                _log.error("a journal cannot be read", journal=self._subject.name, exc_info=fault)
            else:
                continue
            self._unread = True
            await asyncio.sleep(RETRY_S)

    async def _read_on(self) -> None:
        subject, at = self._subject, self._position
        if at is not None:
            missed = await self._broker.log.recover(subject.name, at, PAGE, subject.retention)
            if missed.outcome is Outcome.OK:
                for entry in missed.entries:
                    subject.take(entry.payload)
                self._advance(missed.top)
                return
            _log.info("journal is read anew", journal=subject.name, reason=missed.outcome.value)
        subject.lost(await self._read_all())

    async def _read_all(self) -> Set[bytes]:
        """Take everything that is kept, and return it."""
        self._position = None
        found: set[bytes] = set()
        first = page = await self._page(0)
        while page.top.epoch == first.top.epoch:
            for entry in page.entries:
                self._subject.take(entry.payload)
                found.add(entry.payload)
            if len(page.entries) < PAGE:
                self._position = page.top
                return found
            page = await self._page(page.entries[-1].offset)
        return await self._read_all()  # the log was born again meanwhile

    async def _page(self, since: int) -> HistoryPage:
        subject = self._subject
        query = HistoryQuery(PAGE, since)
        return await self._broker.log.history(subject.name, query, subject.retention)

    def _advance(self, top: Position) -> None:
        """Stand at `top`, unless the feed has led further meanwhile."""
        at = self._position
        if at is None or at.epoch != top.epoch or at.offset < top.offset:
            self._position = top
