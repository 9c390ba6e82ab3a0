"""A Redis stream of plain-field entries as a channel: whatever any program `XADD`s becomes a publication.

One reader per process reads the stream and appends each entry to the channel's log, under the entry's id as
idempotency key. All nodes do so, each in the stream's order, so that the log has every entry once and in that
order, whichever nodes live. A client's message takes the same way: it is written to the stream, in the same
fields, and comes back by it; other programs can read it there.

The position in the stream is remembered in the channel itself (tag `stream_id` of each publication). A node
that starts goes on after the last one, or reads what the stream still has where the channel knows none.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TypeAlias

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
from hubbub.hub.envelope import Published
from hubbub.hub.hub import Hub
from hubbub.model import ChannelName, ClientInfo, Position, Publication
from hubbub.sources.payloads import kind_of

_log = structlog.get_logger(__name__)

STREAM_ID = "stream_id"
"""The tag that carries an entry's id."""
BATCH = 200
"""Entries read at once."""
BLOCK_S = 5.0
"""Seconds that one read waits for entries; a connection that is silent for twice as long is given up."""
LAG_S = 60.0
"""Age of an entry from which it is checked whether the channel has it already."""
FROM_START = "0-0"

RawEntry: TypeAlias = tuple[str, list[bytes]]
"""An entry's id, and names and values in turn."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """Say which stream is which channel.

    Args:
        url: the Redis server. stream: the stream's key. channel: the channel's name.
        maxlen: entries that the stream keeps, about; 0 keeps all.
        node: this process's name in CLIENT LIST.
    """

    url: str
    stream: str
    channel: ChannelName
    maxlen: int = 1000
    node: str = ""


def read_entry(entry_id: str, fields: list[bytes]) -> Published | None:
    """Return what an entry says, or None where it has no `message` and so says nothing.

    Args:
        entry_id: the entry's id. fields: names and values in turn; `sender` and `message` are read.
    """
    known = dict(zip(fields[::2], fields[1::2], strict=False))
    message = known.get(b"message")
    if message is None:
        return None
    name = known.get(b"sender", b"").decode("utf-8", "replace")
    sender = ClientInfo(name, "") if name else None
    return Published(message, kind_of(message), sender, {STREAM_ID: entry_id})


class RedisStream:
    """Join a stream and a channel (`sources.contract.Source`)."""

    live = False

    def __init__(self, settings: StreamSettings, hub: Hub, clock: Clock) -> None:
        self._settings = settings
        self._hub = hub
        self._clock = clock
        self._address = parse_address(settings.url)
        self._commands = Commands(self._address, RedisSettings(settings.url), clock)
        self._reader: asyncio.Task[None] | None = None
        self._cursor = FROM_START

    async def start(self) -> None:
        """Connect, find the position, and begin to read."""
        await self._commands.open(f"hubbub:{self._settings.node}:stream-writer")
        self._cursor = await self._last_id()
        self._reader = asyncio.create_task(self._read_for_ever())

    async def close(self) -> None:
        """End both connections."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self._commands.close(1.0)

    def write(self, channel: ChannelName, publication: Publication) -> asyncio.Future[Stored]:
        """Append a client's message to the stream, in plain fields; the reader brings it to the channel."""
        settings = self._settings
        if channel != settings.channel:
            raise Refused(UNKNOWN_CHANNEL, f"the stream's only channel is {settings.channel!r}")
        limit = ("MAXLEN", "~", settings.maxlen) if settings.maxlen else ()
        sender = publication.sender.user if publication.sender else ""
        command = pack(
            (
                *("XADD", settings.stream, *limit, "*"),
                *("sender", sender, "message", publication.data),
                *("timestamp", str(self._clock.epoch_ms())),
            )
        )
        # A second try could write the message twice: whoever sent it is told instead.
        return self._commands.send(command, _stored, Again.NEVER, len(publication.data))

    async def follow(self, channel: ChannelName) -> None:
        """Need nothing: the stream is always read."""

    def unfollow(self, channel: ChannelName) -> None:
        """Need nothing: the history of the channel goes on."""

    async def _last_id(self) -> str:
        """Return the id of the entry that the channel had last, or where reading must begin without one."""
        channel = self._settings.channel
        namespace = self._hub.namespaces.resolve(channel)
        if not namespace.recoverable:
            return await self._commands.send(
                pack(("XREVRANGE", self._settings.stream, "+", "-", "COUNT", 1)), _newest
            )
        page = await self._hub.history(channel, 1, None, reverse=True)
        tags = page.publications[0].tags if page.publications else None
        oldest = self._clock.epoch_ms() - int(namespace.history_ttl_s * 1000)
        return (tags or {}).get(STREAM_ID, f"{max(0, oldest)}-0")

    async def _read_for_ever(self) -> None:
        backoff, failures = Backoff(0.1, 5.0), 0
        while True:
            before = self._cursor
            try:
                await self._read()
            except (Unreachable, BrokerUnavailable, TimeoutError) as fault:
                failures = 1 if self._cursor != before else failures + 1
                if failures == 1:
                    _log.warning("stream waits", stream=self._settings.stream, fault=str(fault))
            await asyncio.sleep(backoff.delay_s(failures, 0.5))

    async def _read(self) -> None:
        """Read on one connection until it breaks. Raises what broke it."""
        async with asyncio.timeout(BLOCK_S * 2):
            link = await connect(self._address)
        try:
            async with asyncio.timeout(BLOCK_S * 2):
                await enter(link, self._address, f"hubbub:{self._settings.node}:stream-reader")
            while True:
                entries = await self._next(link)
                if entries and self._lags(entries[0][0]):
                    # The keys of so old entries may be forgotten: what others brought is behind us too.
                    self._cursor = max(self._cursor, await self._last_id(), key=_parts)
                    entries = [one for one in entries if _parts(one[0]) > _parts(self._cursor)]
                await self._bring(entries)
        finally:
            link.abort("the reader is done with it")

    async def _next(self, link: Link) -> list[RawEntry]:
        """Wait for entries after the cursor; none came in time where the list is empty."""
        block = int(BLOCK_S * 1000)
        command = ("XREAD", "COUNT", BATCH, "BLOCK", block, "STREAMS")
        async with asyncio.timeout(BLOCK_S * 2):
            reply = (await ask(link, [(*command, self._settings.stream, self._cursor)]))[0]
        if isinstance(reply, ErrorReply):
            raise BrokerUnavailable(explain(reply).sentence)
        if not isinstance(reply, list):
            return []
        return [(entry_id.decode(), fields) for entry_id, fields in reply[0][1]]

    def _lags(self, entry_id: str) -> bool:
        return self._clock.epoch_ms() - _parts(entry_id)[0] > LAG_S * 1000

    async def _bring(self, entries: list[RawEntry]) -> None:
        """Append entries to the channel, each once in the cluster; then they are behind us."""
        appended: list[tuple[str, asyncio.Future[Stored] | None]] = []
        for entry_id, fields in entries:
            said = read_entry(entry_id, fields)
            if said is None:
                _log.warning("stream entry without a message skipped", id=entry_id)
            key = f"{self._settings.stream}/{entry_id}"
            future = None if said is None else self._hub.append(self._settings.channel, said, key)
            appended.append((entry_id, future))
        for entry_id, future in appended:
            if future is not None:
                await future
            self._cursor = entry_id


def _parts(entry_id: str) -> tuple[int, int]:
    """Return the two numbers of a stream id, so that ids can be compared."""
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence)


def _newest(reply: list[list[bytes]]) -> str:
    return reply[0][0].decode() if reply else FROM_START


def _stored(reply: object) -> Stored:
    """Return what is known once the stream has the message; its offset comes with the reader."""
    return Stored(Position("", 0))
