"""A Redis stream of plain-field entries as a channel: whatever any program `XADD`s becomes a publication.

One reader per process reads the stream and appends each entry to the channel's log, under the entry's id as
idempotency key. All nodes do so, each in the stream's order and never one before the last is there, so that
the log has every entry once and in that order, whichever nodes live. A client's message takes the same way:
it is written to the stream, in the same fields, and comes back by it; other programs can read it there.

The position in the stream is remembered in the channel itself (tag `stream_id` of each publication). A node
that starts goes on after the last one, or reads what the stream still has where the channel knows none.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

import structlog

from hubbub.brokers.contract import Stored
from hubbub.brokers.redis.address import parse_address
from hubbub.brokers.redis.backoff import Backoff
from hubbub.brokers.redis.command import Again
from hubbub.brokers.redis.connection import Commands
from hubbub.brokers.redis.failures import ErrorReply, explain
from hubbub.brokers.redis.link import Link, Unreachable, ask, connect, enter, pack
from hubbub.brokers.redis.settings import RedisSettings
from hubbub.clock import Clock
from hubbub.errors import UNKNOWN_CHANNEL, BrokerUnavailable, Refused
from hubbub.hub.hub import Hub
from hubbub.model import ChannelName, Position, Publication
from hubbub.sources.entries import FROM_START, STREAM_ID, order, read_entry, write_entry
from hubbub.sources.payloads import PAYLOAD_LIMIT
from hubbub.sources.pulse import EVERY_S, PATIENCE_S, Pulse

_log = structlog.get_logger(__name__)

BATCH = 200
"""Entries read at once."""
BLOCK_S = 5.0
"""Seconds that one read waits for entries; a connection that is silent for twice as long is given up."""
SURE_S = 60.0
"""Seconds for which this node trusts the keys of what other nodes have brought: a fifth of their life."""

RawEntry: TypeAlias = tuple[str, list[bytes]]
"""An entry's id, and names and values in turn."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """Say which stream is which channel.

    Args:
        url: the Redis server. stream: the stream's key. channel: the channel's name.
        maxlen: entries that the stream keeps, about; 0 keeps all.
        node: this process's name in CLIENT LIST.
        payload_limit: bytes of the largest message that is taken; larger ones are skipped.
        pulse_s, patience_s: seconds between two signs of life, and that one may take.
    """

    url: str
    stream: str
    channel: ChannelName
    maxlen: int = 1000
    node: str = ""
    payload_limit: int = PAYLOAD_LIMIT
    pulse_s: float = EVERY_S
    patience_s: float = PATIENCE_S


class RedisStream:
    """Join a stream and a channel (`sources.contract.Source`)."""

    live = False

    def __init__(self, settings: StreamSettings, hub: Hub, clock: Clock) -> None:
        self._settings = settings
        self._hub = hub
        self._clock = clock
        self._address = parse_address(settings.url)
        self._commands = Commands(self._address, RedisSettings(settings.url), clock)
        self._pulse = Pulse(self._ping, self._deaf, settings.pulse_s, settings.patience_s)
        self._reader: asyncio.Task[None] | None = None
        self._cursor = FROM_START
        self._sure_since = (0.0, 0.0)
        self._warned = False

    async def start(self) -> None:
        """Connect, find the position, and begin to read. Raises BrokerUnavailable."""
        try:
            await self._commands.open(f"hubbub:{self._settings.node}:stream-writer")
            newest = await self._newest()
            await self._find_place()
            if self._cursor == FROM_START:
                # The channel knows no entry: what is older than its history may be left out.
                self._cursor = min(newest, self._oldest(), key=order)
        except BaseException:
            await self.close()
            raise
        self._pulse.start()
        self._reader = asyncio.create_task(self._read_for_ever())

    async def close(self) -> None:
        """End both connections and every task."""
        await self._pulse.close()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self._commands.close(1.0)

    # ── the way out (hub.contract.Outlet) ───────────────────────────────────────────────────────

    def write(self, channel: ChannelName, publication: Publication) -> asyncio.Future[Stored]:
        """Append a client's message to the stream, in plain fields; the reader brings it to the channel."""
        settings = self._settings
        if channel != settings.channel:
            raise Refused(UNKNOWN_CHANNEL, f"the stream's only channel is {settings.channel!r}")
        limit = ("MAXLEN", "~", settings.maxlen) if settings.maxlen else ()
        command = pack(("XADD", settings.stream, *limit, "*", *write_entry(publication)))
        # A second try could write the message twice: whoever sent it is told instead.
        return self._commands.send(command, _stored, Again.NEVER, len(publication.data))

    async def follow(self, channel: ChannelName) -> None:
        """Need nothing: the stream is always read."""

    def unfollow(self, channel: ChannelName) -> None:
        """Need nothing: the history of the channel goes on."""

    # ── the place in the stream ─────────────────────────────────────────────────────────────────

    async def _find_place(self) -> None:
        """Put the cursor behind all that the channel has, whoever brought it."""
        now = self._now()
        namespace = self._hub.namespaces.resolve(self._settings.channel)
        if namespace.recoverable:
            page = await self._hub.history(self._settings.channel, 1, None, reverse=True)
            tags = page.publications[0].tags if page.publications else None
            known = (tags or {}).get(STREAM_ID, FROM_START)
        else:
            # A channel that keeps nothing cannot tell; it is for what is said from now on.
            known = await self._newest()
        self._cursor = max(self._cursor, known, key=order)
        self._sure_since = now

    async def _newest(self) -> str:
        """Return the id of the stream's last entry."""
        stream = self._settings.stream
        return await self._commands.send(pack(("XREVRANGE", stream, "+", "-", "COUNT", 1)), _id)

    def _oldest(self) -> str:
        """Return the id from which on entries are young enough for the channel's history."""
        namespace = self._hub.namespaces.resolve(self._settings.channel)
        age_ms = namespace.history_ttl_s * 1000 if namespace.recoverable else 0
        return f"{max(0, self._clock.epoch_ms() - int(age_ms))}-0"

    def _now(self) -> tuple[float, float]:
        # Both clocks: one stands still while the machine sleeps, the other one can be set.
        return self._clock.monotonic(), self._clock.epoch_ms() / 1000

    def _is_sure(self) -> bool:
        """Tell whether all that is after the cursor was brought, if at all, so late that its key is known."""
        pairs = zip(self._now(), self._sure_since, strict=True)
        return all(now - since <= SURE_S for now, since in pairs)

    # ── the way in ──────────────────────────────────────────────────────────────────────────────

    async def _read_for_ever(self) -> NoReturn:
        backoff, failures, told = Backoff(0.1, 5.0), 0, ""
        while True:
            before = self._cursor
            fault = await self._read_until_it_breaks()
            failures = 1 if self._cursor != before else failures + 1
            if fault != told or failures == 1:
                _log.warning("stream waits", stream=self._settings.stream, fault=fault)
            told = fault
            await asyncio.sleep(backoff.delay_s(failures, 0.5))

    async def _read_until_it_breaks(self) -> str:
        try:
            await self._read()
        except (Unreachable, BrokerUnavailable) as fault:
            return str(fault)
        except TimeoutError:
            return f"Redis did not answer in {BLOCK_S * 2:g} s"
        except Exception as fault:  # noqa: BLE001 - the room must not go quiet for ever, whatever it was
            _log.error("stream cannot be read", stream=self._settings.stream, exc_info=fault)
            return repr(fault)

    async def _read(self) -> NoReturn:
        """Read on one connection until it breaks. Raises what broke it."""
        async with asyncio.timeout(BLOCK_S * 2):
            link = await connect(self._address)
        try:
            async with asyncio.timeout(BLOCK_S * 2):
                await enter(link, self._address, f"hubbub:{self._settings.node}:stream-reader")
            while True:
                asked = self._now()
                entries = await self._next(link)
                await self._bring(entries)
                if len(entries) < BATCH:
                    # The stream had no more when it was asked: what follows is younger than that.
                    self._sure_since = asked
        finally:
            link.abort("the reader is done with it")

    async def _next(self, link: Link) -> list[RawEntry]:
        """Wait for entries after the cursor; none came in time where the list is empty."""
        if not link.is_open:
            raise Unreachable("the connection was lost")
        stream = self._settings.stream
        command = ("XREAD", "COUNT", BATCH, "BLOCK", int(BLOCK_S * 1000), "STREAMS")
        async with asyncio.timeout(BLOCK_S * 2):
            reply = (await ask(link, [(*command, stream, self._cursor)]))[0]
        if isinstance(reply, ErrorReply):
            raise Unreachable(f"{stream!r} cannot be read: {explain(reply).sentence}")
        if not isinstance(reply, list):
            return []
        return [(entry_id.decode(), fields) for entry_id, fields in reply[0][1]]

    async def _bring(self, entries: list[RawEntry]) -> None:
        """Append entries to the channel, each once in the cluster; one that is there is behind us.

        They are not sent together: if one failed in the middle, those after it would be before it for ever.
        """
        for entry_id, fields in entries:
            if not self._is_sure():
                await self._find_place()
            if order(entry_id) > order(self._cursor):
                await self._append(entry_id, fields)
                self._cursor = entry_id

    async def _append(self, entry_id: str, fields: list[bytes]) -> None:
        said = read_entry(entry_id, fields)
        if said is None:
            self._skip(entry_id, "it has no field `message`")
        elif len(said.data) > self._settings.payload_limit:
            self._skip(entry_id, f"its message has {len(said.data)} bytes")
        else:
            key = f"{self._settings.stream}/{entry_id}"
            await self._hub.append(self._settings.channel, said, key)

    def _skip(self, entry_id: str, reason: str) -> None:
        """Pass over an entry; the first one is worth a warning, a program that writes thousands is not."""
        tell = _log.debug if self._warned else _log.warning
        tell("stream entry skipped", stream=self._settings.stream, id=entry_id, reason=reason)
        self._warned = True

    # ── whether the writer's connection lives; the reader's has its own time limit ──────────────

    async def _ping(self) -> None:
        try:
            await self._commands.send(pack(("PING",)), _nothing)
        except BrokerUnavailable as fault:
            _log.debug("stream writer waits", fault=str(fault))

    def _deaf(self) -> None:
        self._commands.drop("it gave no sign of life")


def _id(reply: list[list[bytes]]) -> str:
    return reply[0][0].decode() if reply else FROM_START


def _nothing(reply: object) -> None:
    """Need nothing of an answer but that it came."""


def _stored(reply: object) -> Stored:
    """Return what is known once the stream has the message; its offset comes with the reader."""
    return Stored(Position("", 0))
